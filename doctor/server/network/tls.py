"""How the server speaks TLS: `load_context`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from doctor import paths
from doctor.errors import BadSetting

if TYPE_CHECKING:
    import ssl

    from doctor.server.settings import Settings


#: Bytes of a file with certificates or a key; a chain of ten has about 20,000.
_MAX_BYTES: Final = 1 << 20


class _EncryptedKeyError(Exception):
    """OpenSSL asks for the passphrase of a key; without an answer it would ask at the terminal."""


def _refuse_encrypted() -> str:
    raise _EncryptedKeyError


def load_context(settings: Settings) -> ssl.SSLContext | None:
    """Return the TLS context of the settings, None without TLS. Raises `BadSetting`."""
    if settings.tls_cert is None:
        return None
    import ssl  # noqa: PLC0415 - a server without TLS starts faster without it

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    key = settings.tls_key or settings.tls_cert
    files = f"--tls-cert {settings.tls_cert}, --tls-key {key}"
    try:
        for path in (settings.tls_cert, key):
            with paths.reading(path) as file:
                if os.fstat(file.fileno()).st_size > _MAX_BYTES:
                    raise BadSetting(f"{path}: larger than any certificate or key in PEM")
        context.load_cert_chain(settings.tls_cert, key, password=_refuse_encrypted)
    except _EncryptedKeyError:
        text = f"{key}: this key is encrypted, and nobody is there to type its passphrase; "
        hint = f"write it without one: openssl pkey -in {key} -out plain.pem"
        raise BadSetting(text + hint) from None
    except ssl.SSLError as error:
        raise BadSetting(f"{files}: not a certificate and its key in PEM") from error
    except OSError as error:
        raise BadSetting(f"{files}: {error.strerror}") from error
    return context
