"""The client: a window and a console that talk with a doctor server."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - nothing else here runs on an older one
    sys.exit(
        "This program needs Python 3.11 or newer, and this is Python "
        f"{sys.version_info[0]}.{sys.version_info[1]}; install a newer one and start it with that."
    )
