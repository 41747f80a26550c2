"""Watching and attending: people who read a patient's conversation, and answer in it."""
