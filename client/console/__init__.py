"""The conversation in plain lines, for a terminal, a pipe or a screen reader."""

from client.console.program import run

__all__ = ["run"]
