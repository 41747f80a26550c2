"""Start the servers that are measured: the doctor's with two scripts, and the peers beside it."""

from __future__ import annotations

import contextlib
import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import doctor
from bench import script_of_1966

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
#: The copy of the program that `make compiled` makes.
COMPILED_ROOT = ROOT / "build" / "compiled"
COMPILED = "doctor compiled"
SERVERS = (
    *("doctor 1966", "doctor shipped", "echo", "durable echo", "textbook"),
    *([COMPILED] if (COMPILED_ROOT / "server.py").exists() else []),
)


@contextlib.contextmanager
def serving(name: str, work: Path, *options: str) -> Iterator[tuple[int, int]]:
    """Run a server; yield its port and its process."""
    place = Path(tempfile.mkdtemp(dir=work))
    if name.startswith("doctor"):
        command = [sys.executable, "server.py", "--port", "0", "--patients", str(place), *options]
        command += ["--log", str(work / "log")]
        if name == "doctor 1966":
            script = work / "size.script"
            script.write_text(script_of_1966.text(), encoding="utf-8")
            command += ["--script", str(script)]
    else:
        kind = {"durable echo": "durable"}.get(name, name)
        command = [sys.executable, str(HERE / "peers.py"), kind, str(place)]
    # The peers print a traceback for each client that hangs up on them.
    errors = None if name.startswith("doctor") else subprocess.DEVNULL
    process = subprocess.Popen(
        command,
        cwd=COMPILED_ROOT if name == COMPILED else ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        yield int(line.rpartition(":")[2]), process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        process.stdout.close()
        shutil.rmtree(place, ignore_errors=True)


def allow_descriptors() -> None:
    """Raise this process's limit of open descriptors as far as allowed."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextlib.contextmanager
def beside(server: int) -> Iterator[None]:
    """Run on the processors that a server does not keep to, where there are others."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, allowed - os.sched_getaffinity(server) or allowed)
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def describe_machine() -> str:
    """Return what decides about a figure: versions, processors, system and script."""
    script = (ROOT / "doctor/scripts/doctor.script").stat().st_size
    return (
        f"doctor {doctor.__version__} (script of {script:,} bytes), Python"
        f" {platform.python_version()}, {os.cpu_count()} processors, {platform.system()}"
        f" {platform.release()} {platform.machine()}"
    )
