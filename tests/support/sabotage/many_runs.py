"""Run the programs many times, each run in a fork of one process that has imported them already.

    python many_runs.py TREE < jobs.json > results.json

A job is `{"arguments": [...], "faults": [...], "serve": bool, "lines": [...]}`. One that serves
runs `server.py`: once it listens somebody comes as `name`, says the lines, and it gets SIGTERM.
A result is `{"status", "out", "err", "codes"}`; `codes` are those that the visitor heard.
"""

# ruff: noqa: PTH118
from __future__ import annotations

import contextlib
import io
import json
import os
import runpy
import select
import signal
import socket
import sys
import tempfile
import time
import traceback
from typing import Any

PATIENCE = 20.0
TREE = sys.argv[1]


def _program(arguments: list[str], serve: bool) -> int:
    """Run a program in this process; return its exit status."""
    sys.argv = ["server.py" if serve else "doctor", *arguments]
    try:
        if serve:
            runpy.run_path(os.path.join(TREE, "server.py"), run_name="__main__")
        else:
            runpy.run_module("doctor", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:  # noqa: BLE001 - as the interpreter does at the end of a program
        traceback.print_exc()
        return 1
    return 0


def _run(job: dict[str, Any]) -> dict[str, Any]:
    serve = bool(job.get("serve"))
    read, write = os.pipe()
    with tempfile.TemporaryFile() as err:
        child = os.fork()
        if not child:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(write, 1)
            os.dup2(err.fileno(), 2)
            sys.stdout = io.TextIOWrapper(io.FileIO(1, "w"), encoding="utf-8", write_through=True)
            sys.stderr = io.TextIOWrapper(io.FileIO(2, "w"), encoding="utf-8", write_through=True)
            import sitecustomize  # type: ignore[import-not-found] # of this directory

            sitecustomize.install(job.get("faults", []))
            status = _program(job["arguments"], serve)
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)
        os.close(write)
        out, codes = b"", list[int]()
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and select.select([read], [], [], PATIENCE)[0]:
            data = os.read(read, 65_536)
            if not data:
                break
            out += data
            if serve and not codes and out.endswith(b"\n") and b"listening" in out:
                port = int(out.split(b"\n")[0].rpartition(b":")[2])
                codes = _visit(port, job.get("name", "Ada"), job.get("lines", []))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGTERM)
        os.close(read)
        if time.monotonic() >= until:
            os.kill(child, signal.SIGKILL)
        _, waited = os.waitpid(child, 0)
        err.seek(0)
        told = err.read()
    return {
        "status": os.waitstatus_to_exitcode(waited),
        "out": out.decode("utf-8", "replace"),
        "err": told.decode("utf-8", "replace"),
        "codes": codes,
    }


def _visit(port: int, name: str, lines: list[str]) -> list[int]:
    """Come, say the lines and leave; return what the last line of each reply began with."""
    codes: list[int] = []
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as link:
        file = link.makefile("rwb")
        for line in (None, name, *lines, "/quit"):
            if line is not None:
                file.write(line.encode() + b"\n")
                file.flush()
            said = file.readline()
            while said[3:4] == b"-":
                said = file.readline()
            if not said:
                codes.append(0)
                break
            codes.append(int(said[:3]))
    return codes


def main() -> None:
    """Import the programs, then do each job."""
    sys.path.insert(0, TREE)
    os.chdir(TREE)
    jobs = json.load(sys.stdin)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        with tempfile.TemporaryDirectory() as nothing:
            _program(["list", "--patients", nothing], serve=False)
        _program(["--help"], serve=True)
    json.dump([_run(job) for job in jobs], sys.stdout)


if __name__ == "__main__":
    main()
