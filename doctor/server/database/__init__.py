"""What an operator sets about histories in a database."""
