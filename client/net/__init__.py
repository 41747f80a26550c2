"""The patient's end of the protocol: connections and conversations; no user interface."""
