"""The client's side of the protocol: connections and conversations; no user interface."""
