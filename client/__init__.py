"""The patient's side: a window and a console that talk with a doctor server."""
