"""File systems without locks, local sockets, modes or synced directories, and odd locales."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.programs import (
    TREE,
    Fault,
    Server,
    clean,
    doctor,
    environment,
    said,
    verify,
)


@pytest.mark.parametrize("error", ["ENOLCK", "EOPNOTSUPP", "ENOSYS", "EINVAL"])
@pytest.mark.parametrize("left", ["4194303\n", "", None])
def test_a_file_system_without_locks(tmp_path: Path, error: str, left: str | None) -> None:
    """Where locks cannot be had the server says that, and never that another server is there."""
    patients = tmp_path / "p"
    patients.mkdir(mode=0o700)
    if left is not None:
        (patients / ".lock").write_text(left)
    faults: list[Fault] = [{"fault": "flock", "error": error}]
    with Server(patients, faults=faults, started=False) as server:
        assert server.process.stdout is not None
        line = server.process.stdout.readline()
        if line:  # it serves where that is safe, and says what is missing
            server.port = int(line.decode().rpartition(":")[2])
            assert [reply.code for reply in server.visit("Ada", "Line one.")] == [230, 250]
            assert server.stop() == 0
        else:
            assert server.wait() == 2
            assert len(server.errors().splitlines()) == 1
        errors = server.errors()
    assert "in use by" not in errors
    assert "4194303" not in errors
    assert "lock" in errors.lower()


@pytest.mark.parametrize("words", [["forget", "Ada", "--yes"], ["rename", "Ada", "Eve"],
                                   ["repair", "Ada"]], ids=lambda words: words[0])  # fmt: skip
def test_commands_without_locks(tmp_path: Path, words: list[str]) -> None:
    """A command that needs a lock which cannot be had says that in one line, or does its work."""
    patients = tmp_path / "p"
    with Server(patients) as server:
        server.visit("Ada", "Line one.")
        server.stop()
    ran = doctor(*words, "--patients", patients, faults=[{"fault": "flock", "error": "ENOLCK"}])
    assert "in use" not in ran.err
    assert not ran.status or (clean(ran) and "lock" in ran.err.lower())


LACKS: dict[str, Fault] = {
    "local-sockets-EPERM": {"fault": "unix_sockets", "error": "EPERM"},
    "local-sockets-EINVAL": {"fault": "unix_sockets", "error": "EINVAL"},
    "local-sockets-EOPNOTSUPP": {"fault": "unix_sockets", "error": "EOPNOTSUPP"},
    "directory-sync-EINVAL": {
        "fault": "call", "name": "fsync", "error": "EINVAL", "directories": True,
    },
    "directory-sync-EACCES": {
        "fault": "call", "name": "fsync", "error": "EACCES", "directories": True,
    },
    "chmod": {"fault": "call", "name": "chmod", "error": "EPERM"},
    "fchmod": {"fault": "call", "name": "fchmod", "error": "EPERM"},
    "links": {"fault": "call", "name": "link", "error": "EPERM"},
}  # fmt: skip


@pytest.mark.parametrize("lack", LACKS)
def test_a_file_system_that_lacks_something(tmp_path: Path, lack: str) -> None:
    """A server serves without what is only a comfort, and says what is missing."""
    patients = tmp_path / "p"
    with Server(patients, faults=[LACKS[lack]]) as server:
        replies = server.visit("Ada", "Line one.", "Line two.")
        assert [reply.code for reply in replies] == [230, 250, 250]
        assert server.stop() == 0
        assert "Traceback" not in server.errors()
        if "sockets" in lack:
            assert [line for line in server.complaints() if "control" in line.lower()]
    assert said(patients, "Ada") == ["Line one.", "Line two."]


NAMES = ["Zoë", "山田", "Ærøskøbing", "Михаил", "😀", "e\u0301lan"]


@pytest.fixture(scope="module")
def locales(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Return environments of several locales; that of ISO-8859-1 only where it can be made."""
    found = {
        "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        "POSIX": {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    }
    where = tmp_path_factory.mktemp("locales")
    if shutil.which("localedef") and Path("/usr/share/i18n/locales/en_US").exists():
        for charset in ("ISO-8859-1", "ISO-8859-15"):
            packed = Path(f"/usr/share/i18n/charmaps/{charset}.gz")
            if not packed.exists():
                continue
            (where / charset).write_bytes(gzip.decompress(packed.read_bytes()))
            name = f"en_US.{charset}"
            subprocess.run(
                ["localedef", "-i", "en_US", "-f", str(where / charset), str(where / name)],
                capture_output=True, check=False,
            )  # fmt: skip
            if (where / name).is_dir():
                found[charset] = {"LC_ALL": name, "LOCPATH": str(where)}
    return found


@pytest.mark.parametrize("locale", ["ISO-8859-1", "ISO-8859-15", "C", "POSIX"])
def test_file_names_are_utf_8_in_every_locale(
    tmp_path: Path, locale: str, locales: dict[str, dict[str, str]]
) -> None:
    """A history is one file whatever the locale of the server, and the inspector sees it."""
    if locale not in locales:
        pytest.skip(f"the locale en_US.{locale} cannot be made here (localedef, its charmap)")
    more = locales[locale]
    asked = subprocess.run(
        [sys.executable, "-c", "import sys; print(sys.getfilesystemencoding())"],
        env=environment((), more), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert asked.stdout.strip() != "utf-8"
    patients = tmp_path / "p"
    first, second = NAMES[:3], NAMES[3:]
    with Server(patients) as server:
        for name in first:
            assert server.visit(name, "Line one.")[1].code == 250
        assert server.stop() == 0
    with Server(patients, more=more) as server:
        for name in first:
            replies = server.visit(name, "Line two.")
            assert [reply.code for reply in replies] == [230, 250], name
            assert replies[0].row("exchanges") == "1", name
        for name in second:
            replies = server.visit(name, "Line one.", "Line two.")
            assert [reply.code for reply in replies] == [230, 250, 250], name
        assert server.stop() == 0
    assert len(list(patients.glob("*.dat"))) == len(NAMES)
    for name in NAMES:
        assert said(patients, name) == ["Line one.", "Line two."], name
    assert verify(patients).status == 0
    shown = subprocess.run(
        [sys.executable, "-m", "doctor", "show", NAMES[0], "--patients", str(patients)],
        cwd=TREE, env=environment((), more, PYTHONIOENCODING="utf-8"),
        capture_output=True, check=False,
    )  # fmt: skip
    assert "Line two." in shown.stdout.decode(errors="replace"), shown.stderr
