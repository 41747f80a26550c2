"""How the server speaks TLS: `load_context`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor import paths
from doctor.errors import BadSetting

if TYPE_CHECKING:
    import ssl

    from doctor.server.settings import Settings


def load_context(settings: Settings) -> ssl.SSLContext | None:
    """Return the TLS context of the settings, None without TLS. Raises `BadSetting`."""
    if settings.tls_cert is None:
        return None
    import ssl  # noqa: PLC0415 - a server without TLS starts faster without it

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # An end without TLS's close_notify is an end; lines are complete in themselves. Without this a
    # client that just disconnects, or a stop of the server, would leave a session that cannot send
    # its 421.
    context.options |= getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    key = settings.tls_key or settings.tls_cert
    files = f"--tls-cert {settings.tls_cert}, --tls-key {key}"
    try:
        for path in (settings.tls_cert, key):
            paths.reading(path).close()
        context.load_cert_chain(settings.tls_cert, key)
    except ssl.SSLError as error:
        raise BadSetting(f"{files}: not a certificate and its key in PEM") from error
    except OSError as error:
        raise BadSetting(f"{files}: {error.strerror}") from error
    return context
