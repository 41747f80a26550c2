"""Run the gateway as the options of `python -m client --web` say."""

from __future__ import annotations

import contextlib
import gc
import logging
import signal
import ssl
import sys
import webbrowser
from typing import TYPE_CHECKING, Final

from client.model.language import tr
from client.net.address import ServerAddress
from client.net.local_server import LocalServer, ProbeResult, StartError, probe
from client.web.gateway import Gateway, GatewaySettings
from client.web.options import VISITORS_OF_ADDRESS, WEB_HOST, WEB_PORT
from client.web.origins import is_local
from doctor.protocol import PORT

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

#: Descriptors of a visitor (a socket and a selector at each end, one to spare), and those that are
#: not any visitor's.
_DESCRIPTORS: Final = 5
_SPARE: Final = 400


class _BadOption(Exception):
    """An option cannot be used; the message says why."""


def run(options: argparse.Namespace) -> int:
    """Run the gateway until SIGINT or SIGTERM; return the exit status: 0, 1, or 2."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    try:
        settings = _settings(options)
    except _BadOption as error:
        print(f"client: {error}", file=sys.stderr)
        return 2
    try:
        with _local_server(options, settings.server):
            made = Gateway(settings)
            # What is loaded stays until the end: a collection need not look at it, which takes
            # every visitor's time.
            gc.collect()
            gc.freeze()
            _stop_on_signals(made)
            print(
                tr("The doctor's page is at {url} (Ctrl+C stops it)").format(url=made.url),
                flush=True,
            )
            if options.open:
                webbrowser.open(made.url)
            made.serve()
    except StartError as error:
        print(f"client: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        print(
            tr("client: cannot listen at {where}: {strerror}").format(
                where=where, strerror=error.strerror or error
            ),
            file=sys.stderr,
        )
        return 1
    return 0


def _stop_on_signals(gateway: Gateway) -> None:
    """Let SIGINT and SIGTERM stop a gateway; a second one ends the program at once."""

    def stop(*_: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
        gateway.stop()

    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        signal.signal(number, stop)


def _settings(options: argparse.Namespace) -> GatewaySettings:
    host = options.host or WEB_HOST
    server_host, server_port = options.server or ("127.0.0.1", PORT)
    visitors = _enough_descriptors(options.connections)
    return GatewaySettings(
        server=ServerAddress(server_host, server_port, options.tls, options.ca),
        host=host,
        port=options.port or WEB_PORT,
        tls=_tls(options.tls_cert, options.tls_key),
        origins=frozenset(options.origin or ()),
        visitors=visitors,
        of_address=options.address_connections or VISITORS_OF_ADDRESS,
        local_too=options.address_connections is not None,
        sends_proxy=options.send_proxy,
    )


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        if key is not None:
            raise _BadOption(tr("--tls-key: a key without --tls-cert protects nothing"))
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    files = tr("--tls-cert {certificate}, --tls-key {key}").format(
        certificate=certificate, key=key or certificate
    )
    try:
        context.load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        raise _BadOption(
            tr("{files}: not a certificate and its key in PEM").format(files=files)
        ) from error
    except OSError as error:
        raise _BadOption(f"{files}: {error.strerror}") from error
    return context


def _enough_descriptors(visitors: int) -> int:
    """Raise the limit of descriptors; return how many visitors it is enough for."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return visitors
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    if soft == resource.RLIM_INFINITY:
        return visitors
    return max(1, min(visitors, (soft - _SPARE) // _DESCRIPTORS))


@contextlib.contextmanager
def _local_server(options: argparse.Namespace, address: ServerAddress) -> Iterator[None]:
    """Start a server if that is wanted and none is running, and stop it at the end.

    Raises `StartError`.
    """
    found = probe(address) if options.start and is_local(address.host) else ProbeResult.DOCTOR
    if found is ProbeResult.OTHER_PROGRAM:
        raise StartError(
            tr("another program, which is not a doctor, answers at {address}").format(
                address=address
            )
        )
    if found is ProbeResult.DOCTOR:
        yield
        return
    started = LocalServer.start(address, options.patients)
    try:
        print(tr("A doctor was started at {address}.").format(address=started.address), flush=True)
        yield
    finally:
        started.stop()
