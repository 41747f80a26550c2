"""The doctor: a script, the machine that plays it, its patients and their histories.

This package root holds the version and nothing else, so that a client that needs
`doctor.protocol` loads no more than that.
"""

__version__ = "1.0.0"
