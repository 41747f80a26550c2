"""The machine of 1966: a script, a state and a line make a reply and the next state."""
