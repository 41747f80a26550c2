"""The options of `python -m client --web`; `client.web.run` does what they say."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from client.model.language import tr
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
        tr(
            "--host and --port are those of the page (default: {web_host} and {web_port});\n"
            "--tls and --ca are for the connection to the server."
        ).format(web_host=WEB_HOST, web_port=WEB_PORT),
    )
    group.add_argument(
        "--server",
        type=_server,
        metavar="HOST:PORT",
        help=tr("the doctor's server (default: 127.0.0.1:{port})").format(port=PORT),
    )
    group.add_argument(
        "--open", action="store_true", help=tr("open the page in the default browser")
    )
    group.add_argument(
        "--tls-cert", type=Path, metavar="FILE", help=tr("certificate chain: the page uses HTTPS")
    )
    group.add_argument(
        "--tls-key",
        type=Path,
        metavar="FILE",
        help=tr("key of the certificate, if it is elsewhere"),
    )
    group.add_argument(
        "--send-proxy",
        action="store_true",
        help=tr(
            "tell the server each visitor's address by the PROXY protocol; the server must have "
            "the address of this computer in --proxy-from"
        ),
    )
    group.add_argument(
        "--origin",
        type=_origin,
        action="append",
        metavar="URL",
        help=tr(
            "address of the page as its visitors see it, such as https://doctor.example; needed "
            "behind a proxy and for a name that is not this computer's"
        ),
    )
    _add_limits(group)


def _add_limits(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--connections",
        type=_count,
        default=VISITORS,
        metavar="N",
        help=tr("visitors at once (default: {visitors})").format(visitors=VISITORS),
    )
    group.add_argument(
        "--address-connections",
        type=_count,
        metavar="N",
        help=tr(
            "visitors at once from one address (default: {visitors_of_address}; this "
            "computer is exempt unless the option is given)"
        ).format(visitors_of_address=VISITORS_OF_ADDRESS),
    )


def _server(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if host and port.isascii() and port.isdecimal() and 0 < int(port) < 65536:
        return host, int(port)
    raise argparse.ArgumentTypeError(tr("a server is HOST:PORT, such as 127.0.0.1:5000"))


def _origin(text: str) -> str:
    if is_origin(text):
        return text
    raise argparse.ArgumentTypeError(
        tr("an origin is a scheme and a host without a path, such as https://doctor.example")
    )


def _count(text: str) -> int:
    if text.isascii() and text.isdecimal() and 0 < int(text) <= 1_000_000:
        return int(text)
    raise argparse.ArgumentTypeError(tr("a whole number from 1 to 1000000"))
