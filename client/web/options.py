"""The options of `python -m client --web`; `client.web.run` does what they say."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from client.web.origins import is_origin
from doctor.protocol import PORT

WEB_HOST: Final = "127.0.0.1"
WEB_PORT: Final = 8000
#: Visitors at once, and from one address.
VISITORS: Final = 1000
VISITORS_OF_ADDRESS: Final = 100


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that only `--web` uses."""
    group = parser.add_argument_group(
        "with --web",
        f"--host and --port are those of the page (default: {WEB_HOST} and {WEB_PORT});\n"
        "--tls and --ca are for the connection to the server.",
    )
    group.add_argument(
        "--server",
        type=_server,
        metavar="HOST:PORT",
        help=f"the doctor's server (default: 127.0.0.1:{PORT})",
    )
    group.add_argument("--open", action="store_true", help="open the page in the default browser")
    group.add_argument(
        "--tls-cert", type=Path, metavar="FILE", help="certificate chain: the page uses HTTPS"
    )
    group.add_argument(
        "--tls-key", type=Path, metavar="FILE", help="key of the certificate, if it is elsewhere"
    )
    group.add_argument(
        "--send-proxy",
        action="store_true",
        help="tell the server each visitor's address by the PROXY protocol; the server must have "
        "the address of this computer in --proxy-from",
    )
    group.add_argument(
        "--origin",
        type=_origin,
        action="append",
        metavar="URL",
        help="address of the page as its visitors see it, such as https://doctor.example; needed "
        "behind a proxy and for a name that is not this computer's",
    )
    group.add_argument(
        "--connections",
        type=_count,
        default=VISITORS,
        metavar="N",
        help=f"visitors at once (default: {VISITORS})",
    )
    group.add_argument(
        "--address-connections",
        type=_count,
        metavar="N",
        help=f"visitors at once from one address (default: {VISITORS_OF_ADDRESS}; this computer is "
        "exempt unless the option is given)",
    )


def _server(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if host and port.isascii() and port.isdecimal() and 0 < int(port) < 65536:
        return host, int(port)
    raise argparse.ArgumentTypeError("a server is HOST:PORT, such as 127.0.0.1:5000")


def _origin(text: str) -> str:
    if is_origin(text):
        return text
    raise argparse.ArgumentTypeError(
        "an origin is a scheme and a host without a path, such as https://doctor.example"
    )


def _count(text: str) -> int:
    if text.isascii() and text.isdecimal() and 0 < int(text) <= 1_000_000:
        return int(text)
    raise argparse.ArgumentTypeError("a whole number from 1 to 1000000")
