"""Patients change a copy of the script in a session, where the operator allows it."""
