"""Exchanges and their bytes: transcripts, frames, pickles and records; pure functions."""
