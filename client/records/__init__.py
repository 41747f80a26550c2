"""The operator's window for saved histories and live conversations."""
