"""Rooms: several patients talk in one conversation, with the doctor as its host."""
