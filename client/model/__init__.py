"""Values that the windows and the console show; no user interface, no network."""
