"""The server: one thread for each client."""
