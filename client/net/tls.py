"""The part of a connection that speaks TLS; loaded only where TLS is asked for.

Belongs to the thread of the connection.
"""

from __future__ import annotations

import selectors
import ssl
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from client.net.transport import ServerAddress

#: What a socket that never blocks raises when it has to be tried again.
AGAIN: Final = (ssl.SSLWantReadError, ssl.SSLWantWriteError)


def secured(
    link: socket.socket, place: ServerAddress, until: Callable[[socket.socket, int], None]
) -> ssl.SSLSocket:
    """Return the link with TLS 1.2 or newer on it, its certificate checked; it owns `link` now.

    `until` waits for an event of a socket. Raises `ssl.SSLError`, and what `until` raises.
    """
    context = ssl.create_default_context(cafile=place.authority or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    secure = context.wrap_socket(link, server_hostname=place.host, do_handshake_on_connect=False)
    try:
        while True:
            try:
                secure.do_handshake()
            except ssl.SSLWantReadError:
                until(secure, selectors.EVENT_READ)
            except ssl.SSLWantWriteError:
                until(secure, selectors.EVENT_WRITE)
            else:
                return secure
    except BaseException:
        secure.close()
        raise


def explained(error: OSError, place: ServerAddress) -> str:
    """Say in words what went wrong with TLS, or "" where it was something else."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate of {place} cannot be trusted: {error.verify_message}."
    if isinstance(error, ssl.SSLError):
        return f"{place} does not speak TLS as this client does."
    return ""
