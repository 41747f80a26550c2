"""`python -m client`: its options, its errors if something is missing, and `--start`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import doctor
from client.__main__ import main, parser
from tests.support.helpers import live_server

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 60


def client(
    *options: str, said: str = "", without: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the client with pipes; `without` names a module that cannot be imported."""
    words = [sys.executable, "-m", "client", *options]
    if without:
        blocked = f"import sys; sys.modules[{without!r}] = None; sys.argv[0] = 'client'\n"
        words = [
            sys.executable,
            "-c",
            f"{blocked}from client.__main__ import main; sys.exit(main())",
            *options,
        ]
    return subprocess.run(
        words,
        input=said,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        timeout=_PATIENCE,
        check=False,
    )


@pytest.mark.parametrize(
    ("module", "remedy"),
    [
        ("breezypythongui", "pip install breezypythongui==1.1.2"),
        ("tkinter", "python3-tk"),
        ("platformdirs", "pip install"),
    ],
)
def test_what_is_missing_is_named_with_its_remedy(module: str, remedy: str) -> None:
    """Without a library the program prints one line that says what to do, with status 1."""
    done = client(without=module)
    assert done.returncode == 1
    assert remedy in done.stderr
    assert "--console" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("module", ["breezypythongui", "tkinter", "platformdirs"])
def test_the_console_needs_nothing_installed(tmp_path: Path, module: str) -> None:
    """The console needs only the standard library."""
    with live_server(tmp_path) as server:
        port = str(server.address[1])
        done = client("--console", "--port", port, "--name", "Ada", said="hello\n", without=module)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2


def test_windows_need_a_display(tmp_path: Path) -> None:
    """Without a display, the records window and the full-screen mode say so and end."""
    for option in ("--records", "--exhibit"):
        done = client(option, DISPLAY="", DOCTOR_CLIENT_CONFIG=str(tmp_path / "c.json"))
        assert (done.returncode, done.stderr) == (1, "client: there is no display\n")


def test_one_kind_of_window_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    """Options that exclude each other, and shortened options, are errors with status 2."""
    for words in (["--exhibit", "--console"], ["--records", "--exhibit"], ["--con"]):
        with pytest.raises(SystemExit) as left:
            parser().parse_args(words)
        assert left.value.code == 2
        assert words[-1] in capsys.readouterr().err


def test_examples_stand_on_lines_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` ends with examples to copy, one on each line."""
    with pytest.raises(SystemExit):
        main(["--help"])
    _, examples = capsys.readouterr().out.split("examples:\n")
    assert all("python -m client" in line for line in examples.splitlines())


def test_without_display_and_terminal_it_is_the_server(tmp_path: Path) -> None:
    """`--start` without display and terminal runs the server, with one notice."""
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    words = ["--start", "--port", _free_port(), "--patients", str(tmp_path / "patients")]
    with subprocess.Popen(
        [sys.executable, "-m", "client", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**environment, "DOCTOR_CLIENT_CONFIG": str(tmp_path / "client.json")},
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline()
        finally:
            process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=_PATIENCE)
    assert err.startswith("* No display and no terminal: this is the server; Ctrl+C stops it.\n")
    assert "console" not in err


def test_version_is_the_project_s(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` prints the project's version."""
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert doctor.__version__ in capsys.readouterr().out


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "٣"])
def test_ports_are_numbers(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An invalid port is an error with status 2 that says what a port is."""
    with pytest.raises(SystemExit) as left:
        parser().parse_args(["--port", port])
    assert left.value.code == 2
    assert "from 1 to 65535" in capsys.readouterr().err


def test_an_authority_that_is_no_file_is_status_2() -> None:
    """`--ca` with a missing file is refused before anything opens."""
    done = client("--ca", "/nowhere/ca.pem")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_start_starts_a_doctor_and_stops_it(tmp_path: Path) -> None:
    """With `--start` and no server running, one is started, used and stopped."""
    port = _free_port()
    done = client(
        "--console",
        "--start",
        "--port",
        port,
        "--name",
        "Ada",
        "--patients",
        str(tmp_path / "patients"),
        said="My mother hates me.\n",
        XDG_STATE_HOME=str(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    assert f"A doctor was started at 127.0.0.1:{port}" in done.stderr
    assert "mother" in done.stdout
    assert (tmp_path / "patients" / "Ada.dat").exists()
    again = client("--console", "--port", port, "--name", "Ada", said="hello\n")
    assert "Is the server running?" in again.stderr


def test_start_uses_a_doctor_that_is_there(tmp_path: Path) -> None:
    """With `--start` and a running server, that one is used and keeps running."""
    with live_server(tmp_path) as server:
        port = str(server.address[1])
        done = client("--console", "--start", "--port", port, "--name", "Ada", said="hello\n")
        assert done.returncode == 0
        assert "was started" not in done.stderr
        assert server.context.store.names() == ["Ada"]


def test_start_does_not_take_another_s_port() -> None:
    """If another program answers, a message says so, and no server is started."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])

        def answer() -> None:
            with listener.accept()[0] as link:
                link.sendall(b"SSH-2.0-Other\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        done = client("--console", "--start", "--port", port, "--name", "Ada", said="hello\n")
        thread.join()
    assert done.returncode == 1
    assert "not a doctor" in done.stderr
    assert "--port" in done.stderr


def _free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])
