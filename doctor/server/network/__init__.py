"""One client's socket: accepted, limited, read as lines, and answered in time."""
