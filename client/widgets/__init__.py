"""The widgets that the windows are made of. Tk's thread alone."""
