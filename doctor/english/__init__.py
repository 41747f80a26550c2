"""English for the doctor: words, their kinds, clauses and reflection; pure functions."""
