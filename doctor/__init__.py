"""The doctor: a script, the machine that plays it, its patients and their histories.

This package root holds the version and nothing else, so that a client that needs
`doctor.protocol` loads no more than that. It is what a program imports first, so it ends one that
is run by a Python that is too old.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - nothing else here runs on an older one
    sys.exit(
        "This program needs Python 3.11 or newer, and this is Python "
        f"{sys.version_info[0]}.{sys.version_info[1]}; install a newer one and start it with that."
    )

__version__ = "1.0.0"
