"""The window of a conversation, its dialogs and its full-screen mode. Tk's thread alone."""
