"""The commands of an installed wheel: `doctor-server` and `doctor-client`.

In the tree, `server.py` and `client` are at the top, where a reader looks first. A wheel must not
put such general names into site-packages: there they are in this directory, which each command puts
first on the path of its own process. `setup.py` puts them here; see docs/architecture.md.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path


def _main(module: str) -> int:
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    return int(import_module(module).main())


def server() -> int:
    """Run `server.py`."""
    return _main("server")


def client() -> int:
    """Run the client."""
    return _main("client.__main__")
