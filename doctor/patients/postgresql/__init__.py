"""Histories as rows in PostgreSQL, which several servers may use at the same time."""
