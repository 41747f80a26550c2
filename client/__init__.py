"""The client: a window and a console that talk with a doctor server."""
