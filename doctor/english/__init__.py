"""English as the doctor needs it: words, their kinds, clauses and reflection; pure functions."""
