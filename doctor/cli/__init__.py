"""The command line: `python -m doctor COMMAND ...`."""
