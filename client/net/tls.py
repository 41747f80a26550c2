"""TLS on a client's connection; imported only where TLS is used.

Used by the thread that owns the connection.
"""

from __future__ import annotations

import selectors
import ssl
from typing import TYPE_CHECKING, Final

from client.model.language import tr

if TYPE_CHECKING:
    import socket
    from collections.abc import Generator

    from client.net.address import ServerAddress

#: What a socket that never blocks raises when the call has to be repeated.
RETRY: Final = (ssl.SSLWantReadError, ssl.SSLWantWriteError)


def wrap_socket(
    sock: socket.socket, address: ServerAddress
) -> Generator[tuple[socket.socket, int], None, ssl.SSLSocket]:
    """Return a TLS socket (1.2 or newer) over `sock`, its certificate checked; it owns `sock`.

    Yields the socket and the event that the handshake waits for. Raises `ssl.SSLError`.
    """
    context = ssl.create_default_context(cafile=address.authority or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    secure = context.wrap_socket(sock, server_hostname=address.host, do_handshake_on_connect=False)
    try:
        while True:
            try:
                secure.do_handshake()
            except ssl.SSLWantReadError:
                yield secure, selectors.EVENT_READ
            except ssl.SSLWantWriteError:
                yield secure, selectors.EVENT_WRITE
            else:
                return secure
    except BaseException:
        secure.close()
        raise


def describe_error(error: OSError, address: ServerAddress) -> str:
    """Return a sentence about a TLS error, or "" for any other error."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return tr("The certificate of {address} cannot be trusted: {verify_message}.").format(
            address=address, verify_message=error.verify_message
        )
    if isinstance(error, ssl.SSLError):
        return tr("{address} does not speak TLS as this client does.").format(address=address)
    return ""
