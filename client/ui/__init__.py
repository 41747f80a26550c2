"""The windows of a conversation, their dialogs and menus. Tk's thread only."""
