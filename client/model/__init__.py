"""What a window or a console shows, as values; no user interface, no network."""
