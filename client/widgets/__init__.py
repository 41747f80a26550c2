"""The widgets of the windows. Tk's thread only."""
