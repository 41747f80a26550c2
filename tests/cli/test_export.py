"""`export`: histories as files for other programs, never over one that is there."""

from __future__ import annotations

import csv
import io
import json
import stat
from pathlib import Path

import pytest

from doctor.cli import export
from doctor.errors import DoctorError
from doctor.report import formats
from tests.support.histories import DAY, TUESDAY, keep, run, said

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    """Ada with three exchanges and Björn with one."""
    directory = tmp_path / "patients"
    directory.mkdir()
    keep(directory, "Ada", *(said(f"line {n}", at=TUESDAY + n * DAY) for n in range(3)))
    keep(directory, "Björn", said("=1+1"))
    return directory


def test_export_of_one_is_what_show_prints(patients: Path) -> None:
    """The JSON of an export and of `show` are the same text."""
    shown = run("show", "Ada", "--format", "json", "--patients", str(patients))
    assert run("export", "Ada", "--patients", str(patients)).out == shown.out


def test_export_of_all_as_json_is_a_list(patients: Path) -> None:
    """All histories are one list of the objects that one history is."""
    made = json.loads(run("export", "--all", "--patients", str(patients)).out)
    assert [(each["patient"], len(each["exchanges"])) for each in made] == [
        ("Ada", 3),
        ("Björn", 1),
    ]


def test_export_as_csv(patients: Path) -> None:
    """A table has a row for each exchange of each patient; formulas are disarmed unless --raw."""
    words = ("export", "--all", "--format", "csv", "--patients", str(patients))
    rows = list(csv.DictReader(io.StringIO(run(*words).out, newline="")))
    assert [(row["name"], row["patient"]) for row in rows] == [
        ("Ada", "line 0"), ("Ada", "line 1"), ("Ada", "line 2"), ("Björn", "'=1+1")
    ]  # fmt: skip
    assert "=1+1" in [
        row["patient"] for row in csv.DictReader(io.StringIO(run(*words, "--raw").out, newline=""))
    ]


@pytest.mark.parametrize("form", sorted(formats.FORMATS))
def test_export_into_a_file(patients: Path, tmp_path: Path, form: str) -> None:
    """A file holds what standard output would, is readable by its owner alone, and says so."""
    target = tmp_path / "out"
    words = ("export", "Ada", "--format", form, "--patients", str(patients))
    ran = run(*words, "-o", str(target))
    assert (ran.status, ran.out) == (0, "")
    assert ran.err == f"{target}: 1 history\n"
    assert target.read_bytes().decode() == run(*words).out
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_export_overwrites_nothing_silently(patients: Path, tmp_path: Path) -> None:
    """A file that is there stays, whatever it is, until --force says otherwise."""
    target, link = tmp_path / "out", tmp_path / "link"
    target.write_text("mine")
    link.symlink_to(tmp_path / "nowhere")
    for there in (target, link):
        ran = run("export", "Ada", "-o", str(there), "--patients", str(patients))
        assert ran.status == 2
        assert "--force" in ran.err
    assert target.read_text() == "mine"
    ran = run("export", "Ada", "-o", str(target), "--force", "--patients", str(patients))
    assert ran.status == 0
    assert json.loads(target.read_text())["patient"] == "Ada"


def test_a_file_that_comes_while_one_is_written_stays(tmp_path: Path) -> None:
    """A file of the same name, made by another program in between, is not replaced either."""
    target = tmp_path / "out"

    def write() -> None:
        with export.new_file(target, force=False) as file:
            file.write("ours")
            target.write_text("theirs")

    with pytest.raises(DoctorError):
        write()
    assert target.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_system_without_links(
    patients: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a file can have one name only it gets it all the same, and never somebody else's."""

    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    target = tmp_path / "out"
    words = ("export", "Ada", "-o", str(target), "--patients", str(patients))
    assert run(*words).status == 0
    assert json.loads(target.read_text())["patient"] == "Ada"
    theirs = tmp_path / "theirs"

    def write() -> None:
        with export.new_file(theirs, force=False):
            theirs.write_text("theirs")

    with pytest.raises(DoctorError):
        write()
    assert theirs.read_text() == "theirs"


def test_export_into_a_directory_asks_for_a_file(patients: Path, tmp_path: Path) -> None:
    """A directory in place of a file is named as what it is, with `--force` too."""
    for words in ((), ("--force",)):
        ran = run("export", "--all", "-o", str(tmp_path), "--patients", str(patients), *words)
        assert (ran.status, ran.out) == (2, "")
        assert "is a directory: name a file in it" in ran.err


def test_export_into_no_directory(patients: Path, tmp_path: Path) -> None:
    """A directory that is not there is named in the error."""
    missing = tmp_path / "missing"
    ran = run("export", "Ada", "-o", str(missing / "x"), "--patients", str(patients))
    assert ran.status == 2
    assert ran.err == f"python -m doctor export: there is no directory {missing}; make it first\n"


def test_an_export_that_fails_leaves_nothing(
    patients: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure half-way leaves neither half a file nor a temporary one."""

    def fail(*_: object) -> object:
        yield "half of it"
        raise OSError("no space left")

    monkeypatch.setitem(formats.FORMATS, "json", fail)
    before = set(tmp_path.iterdir())
    ran = run("export", "Ada", "-o", str(tmp_path / "out"), "--patients", str(patients))
    assert ran.status == 2
    assert set(tmp_path.iterdir()) == before


def test_a_long_export_is_whole(tmp_path: Path) -> None:
    """A table longer than what is gathered at once has every row once."""
    keep(tmp_path, "Ada", *(said(f"line {n} " + "word " * 40) for n in range(900)))
    ran = run("export", "Ada", "--format", "csv", "--patients", str(tmp_path))
    rows = csv.DictReader(io.StringIO(ran.out, newline=""))
    assert [int(row["number"]) for row in rows] == list(range(1, 901))


def test_export_of_a_part(patients: Path) -> None:
    """`--last` and `--since` choose exchanges of each history."""
    words = ("export", "--all", "--format", "csv", "--patients", str(patients))
    last = csv.DictReader(io.StringIO(run(*words, "--last", "1").out, newline=""))
    assert [row["patient"] for row in last] == ["line 2", "'=1+1"]
    since = csv.DictReader(io.StringIO(run(*words, "--since", "2026-03-05").out, newline=""))
    assert [row["patient"] for row in since] == ["line 2"]


@pytest.mark.parametrize("words", [(), ("Ada", "--all")])
def test_export_says_whose(patients: Path, words: tuple[str, ...]) -> None:
    """Neither nobody nor both one and all can be exported."""
    assert run("export", *words, "--patients", str(patients)).status == 2


def test_the_columns_are_documented() -> None:
    """The page about inspecting names every column and says what it holds."""
    page = (ROOT / "docs" / "inspecting.md").read_text(encoding="utf-8")
    for column in formats.COLUMNS:
        assert f"| `{column.name}` | {column.meaning} |" in page


def test_a_mark_tells_a_spreadsheet_that_it_is_utf_8(patients: Path, tmp_path: Path) -> None:
    """With `--bom` a CSV begins with the mark, once, and says the same behind it."""
    words = ("export", "--all", "--patients", str(patients), "--format", "csv")
    plain, marked = tmp_path / "plain.csv", tmp_path / "marked.csv"
    assert run(*words, "-o", str(plain)).status == 0
    assert run(*words, "--bom", "-o", str(marked)).status == 0
    assert marked.read_bytes() == b"\xef\xbb\xbf" + plain.read_bytes()


@pytest.mark.parametrize("form", ["json", "markdown", "html", "pickle"])
def test_a_mark_is_for_csv_alone(patients: Path, form: str) -> None:
    """`--bom` would spoil every other format, and is refused there."""
    ran = run("export", "Ada", "--patients", str(patients), "--format", form, "--bom")
    assert (ran.status, ran.out) == (2, "")
    assert "--bom is for --format csv" in ran.err


def test_a_pickle_has_no_period(patients: Path) -> None:
    """A part of a history cannot be a pickle, whichever end is given."""
    for period in (("--since", "2026-03-03"), ("--until", "2026-03-03")):
        words = ("export", "Ada", "--patients", str(patients), "--format", "pickle")
        assert "one whole history" in run(*words, *period).err
