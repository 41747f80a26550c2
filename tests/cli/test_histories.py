"""`list`, `show`, `search`, `stats` and `verify`: reading histories, changing nothing."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from doctor.cli import histories, reading
from doctor.patients.files import disk
from doctor.patients.opening import load, open_store
from tests.support.fake_machine import FakeMachine
from tests.support.histories import DAY, MINUTE, TUESDAY, keep, run, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ESCAPE = "\x1b"


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    """Three patients: Ada with two sessions and a mark, Björn, and one in another script."""
    keep(
        tmp_path,
        "Ada",
        said(),
        said("I had a dream.", "What did you dream?", at=TUESDAY + MINUTE, keyword="DREAM"),
        said("xyzzy", "Please go on.", at=TUESDAY + DAY, session=2, keyword="NONE", mark="care"),
    )
    keep(tmp_path, "Björn", said("My dog hates me.", at=TUESDAY + 2 * DAY))
    keep(tmp_path, "小明", *(said(f"line {n}", at=TUESDAY - DAY) for n in range(5)), lock=b"x")
    return tmp_path


def damage(path: Path) -> None:
    """Change a byte in the middle of the last exchange's frame."""
    data = bytearray(path.read_bytes())
    at = data.rindex(b"Please go on.")
    data[at] ^= 1
    path.write_bytes(data)


# --- list -----------------------------------------------------------------------------------------


def test_list_aligns_its_columns(patients: Path) -> None:
    """Each patient has a line with counts and times, aligned also where letters are wide."""
    ran = run("list", "--patients", str(patients))
    assert ran.status == 0
    heading, *lines, last = ran.out.splitlines()
    assert heading.split() == [
        "NAME", "SESSIONS", "EXCHANGES", "FIRST", "SEEN", "LAST", "SEEN", "MARKED"
    ]  # fmt: skip
    assert lines[0].split() == ["Ada", "2", "3", "2026-03-03", "10:12", "2026-03-04", "10:12", "1"]
    assert lines[2].endswith("passphrase")
    assert heading.index("FIRST") == lines[0].index("2026") == lines[2].index("2026") + 2
    assert last == "3 patients, 9 exchanges"


def test_list_as_json(patients: Path) -> None:
    """A program gets an object for each patient, times in ISO 8601 with their zone."""
    ada, *_ = json.loads(run("list", "--patients", str(patients), "--format", "json").out)
    assert ada == {
        "patient": "Ada",
        "sessions": 2,
        "exchanges": 3,
        "first_seen": "2026-03-03T10:12:00.000+00:00",
        "last_seen": "2026-03-04T10:12:00.000+00:00",
        "marked": 1,
        "last_marked": "2026-03-04T10:12:00.000+00:00",
        "locked": False,
        "damaged": False,
    }


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ((), ["Ada", "Björn", "小明"]),
        (("--reverse",), ["小明", "Björn", "Ada"]),
        (("--sort", "exchanges"), ["小明", "Ada", "Björn"]),
        (("--sort", "sessions"), ["Ada", "Björn", "小明"]),
        (("--sort", "last-seen"), ["Björn", "Ada", "小明"]),
        (("--sort", "first-seen"), ["Björn", "Ada", "小明"]),
        (("--sort", "marked"), ["Ada", "Björn", "小明"]),
        (("--filter", "BJÖ"), ["Björn"]),
        (("--marked",), ["Ada"]),
        (("--since", "2026-03-04"), ["Ada", "Björn"]),
    ],
)
def test_list_sorts_and_filters(patients: Path, options: tuple[str, ...], names: list[str]) -> None:
    """The list comes in the order and with the patients that were asked for."""
    ran = run("list", "--patients", str(patients), "--format", "json", *options)
    assert [row["patient"] for row in json.loads(ran.out)] == names


def test_list_goes_on_past_a_file_that_is_none(patients: Path) -> None:
    """A file that no doctor wrote is told of and marked; the others are listed."""
    (patients / "Eve.dat").write_bytes(b"cos\nsystem\n(S'touch /tmp/x'\ntR.")
    ran = run("list", "--patients", str(patients))
    assert ran.status == 0
    assert "Eve.dat" in ran.err
    assert re.search(r"^Eve .* damaged$", ran.out, re.MULTILINE)
    assert "4 patients" in ran.out


def test_list_reads_no_whole_file(patients: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are as they should be are listed from their beginning."""

    def refuse(path: Path) -> None:
        raise AssertionError(f"{path} was read")

    monkeypatch.setattr(disk, "read", refuse)
    assert run("list", "--patients", str(patients)).status == 0


def test_list_of_nobody_and_of_nowhere(tmp_path: Path) -> None:
    """An empty directory has no patients; one that is not there is an error in a line."""
    assert run("list", "--patients", str(tmp_path)).out == "no patients\n"
    ran = run("list", "--patients", str(tmp_path / "none"))
    assert ran.status == 2
    assert ran.err.count("\n") == 1


# --- show -----------------------------------------------------------------------------------------


def test_show_tells_a_history_session_by_session(patients: Path) -> None:
    """Sessions have headings with their day, lines their local time and speaker."""
    ran = run("show", "ADA", "--patients", str(patients))
    assert ran.out == (
        "Ada\n"
        "2 sessions, Tuesday 3 March 2026 to Wednesday 4 March 2026, 3 exchanges, 1 marked line\n"
        "\n"
        "--- Session 1, Tuesday 3 March 2026 ---\n"
        "\n"
        "10:12  Ada     My mother hates me.\n"
        "       Doctor  Tell me more about your family.\n"
        "\n"
        "10:13  Ada     I had a dream.\n"
        "       Doctor  What did you dream?\n"
        "\n"
        "--- Session 2, Wednesday 4 March 2026 ---\n"
        "\n"
        "10:12  Ada     xyzzy [care]\n"
        "       Doctor  Please go on.\n"
    )


def test_show_tells_local_times(patients: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Times for people are the computer's own."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    assert "19:12  Ada" in run("show", "Ada", "--patients", str(patients)).out


def test_show_as_json(patients: Path) -> None:
    """A program gets the facts of the history and its exchanges."""
    made = json.loads(run("show", "Ada", "--patients", str(patients), "--format", "json").out)
    assert list(made) == ["patient", "first_seen", "last_seen", "sessions", "exchanges"]
    assert (made["patient"], made["sessions"]) == ("Ada", 2)
    assert [exchange["patient"] for exchange in made["exchanges"]] == [
        "My mother hates me.", "I had a dream.", "xyzzy"
    ]  # fmt: skip
    assert datetime.fromisoformat(made["exchanges"][0]["at"]).timestamp() == TUESDAY


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (("--last", "2"), [2, 3]),
        (("--last", "99"), [1, 2, 3]),
        (("--since", "2026-03-04"), [3]),
        (("--since", "2026-03-03T10:13"), [2, 3]),
        (("--since", "2026-03-03T11:13+01:00"), [2, 3]),
        (("--since", "2026-03-03", "--last", "1"), [3]),
        (("--since", "1h"), []),
    ],
)
def test_show_a_part(patients: Path, options: tuple[str, ...], numbers: list[int]) -> None:
    """`--last` and `--since` leave the exchanges that they name; the facts stay of the whole."""
    ran = run("show", "Ada", "--patients", str(patients), "--format", "json", *options)
    made = json.loads(ran.out)
    assert [exchange["number"] for exchange in made["exchanges"]] == numbers
    assert made["sessions"] == 2


@pytest.mark.parametrize("number", ["0", "-1", "x", "1e3", "\u0663"])
def test_a_number_that_is_none_is_refused(patients: Path, number: str) -> None:
    """`--last` takes whole numbers from 1 up."""
    assert run("show", "Ada", "--patients", str(patients), f"--last={number}").status == 2


@pytest.mark.parametrize("when", ["soon", "2026-13-01", "7", "", "9999999d7"])
def test_a_time_that_is_none_is_refused(patients: Path, when: str) -> None:
    """What is no time ends with status 2 and says what is one."""
    ran = run("show", "Ada", "--patients", str(patients), "--since", when)
    assert ran.status == 2
    assert "2026-03-03" in ran.err


def test_how_long_ago_and_days_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """`12h`, `7d`, `2w` count back from now; `today` and `yesterday` begin at midnight."""
    monkeypatch.setattr(time, "time", lambda: TUESDAY)
    assert reading.moment_since("12h") == TUESDAY - 12 * 60 * MINUTE
    assert reading.moment_since("2w") == TUESDAY - 14 * DAY
    today = reading.moment_since("today")
    assert datetime.fromtimestamp(today, UTC).hour == 0
    assert reading.moment_since("yesterday") == today - DAY


def test_what_was_said_steers_no_terminal(tmp_path: Path) -> None:
    """Controls and characters that turn the direction of writing come out as escapes."""
    evil = f"{ESCAPE}]0;owned\x07 \u202eback\u2066 \x9b31m"
    keep(tmp_path, "Ada", said(evil, evil, keyword=evil))
    for words in (
        ["show", "Ada"],
        ["search", "back"],
        ["stats"],
        ["show", "Ada", "--format", "json"],
    ):
        ran = run(*words, "--patients", str(tmp_path))
        assert not set(ran.out + ran.err) & set("\x1b\x07\x9b\u202e\u2066"), words
        assert "u202e" in ran.out or words == ["stats"]


def test_a_damaged_history_is_shown_as_far_as_it_is_sound(patients: Path) -> None:
    """What can be read is shown, with one warning that names file and offset."""
    damage(patients / "Ada.dat")
    ran = run("show", "Ada", "--patients", str(patients))
    assert ran.status == 0
    assert "My mother hates me." in ran.out
    assert "xyzzy" not in ran.out
    assert re.fullmatch(r"warning: .*Ada\.dat: damaged at byte \d+: .* 2 exchanges .*\n", ran.err)


@pytest.mark.parametrize("name", ["Adda", "../../etc/passwd", "a\0b", "x" * 300, "", "ad"])
def test_a_patient_nobody_knows(patients: Path, name: str) -> None:
    """An unknown name, a path too, is an error in a line; names that are near are told."""
    ran = run("show", name, "--patients", str(patients))
    assert ran.status == 2
    assert ran.err.count("\n") == 1
    assert ("did you mean Ada?" in ran.err) == name.lower().startswith("ad")


@pytest.mark.parametrize("words", [["show"], ["stats"], ["verify"], ["export"]])
def test_a_name_that_looks_like_an_option(tmp_path: Path, words: list[str]) -> None:
    """After `--` a word is a name, whatever it begins with."""
    keep(tmp_path, "--last", said())
    assert run(*words, "--patients", str(tmp_path), "--", "--last").status == 0


# --- show --follow --------------------------------------------------------------------------------


def _meanwhile(monkeypatch: pytest.MonkeyPatch, *steps: Callable[[], object]) -> None:
    """Do a step each time the follower waits; after the last one press Ctrl+C."""
    left = list(steps)

    def pause(_seconds: float) -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop(0)()

    monkeypatch.setattr(histories, "pause", pause)


def test_follow_shows_each_exchange_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said while one looks comes once, through folds and new sessions, until Ctrl+C."""
    with open_store(tmp_path, FakeMachine()) as store:
        ada = store.open("Ada")
        ada.say("one")

        def talk_on() -> None:
            ada.say("two")
            ada.say("three")

        _meanwhile(monkeypatch, talk_on, lambda: None, ada.close)
        ran = run("show", "Ada", "--follow", "--format", "json", "--patients", str(tmp_path))
        monkeypatch.undo()
    lines = [json.loads(line)["patient"] for line in ran.out.splitlines()]
    assert lines == ["one", "two", "three"]
    assert ran.status == 0


def test_follow_begins_with_the_last_few(patients: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--last` says how much of what was said before is shown first."""
    _meanwhile(monkeypatch)
    ran = run("show", "Ada", "--follow", "--last", "1", "--patients", str(patients))
    assert "xyzzy" in ran.out
    assert "mother" not in ran.out


def test_follow_goes_on_after_a_new_beginning(
    patients: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A history that was forgotten and begun again is followed from its new first exchange."""
    _meanwhile(monkeypatch, lambda: keep(patients, "Ada", said("hello again")))
    ran = run("show", "Ada", "--follow", "--patients", str(patients))
    assert ran.out.count("hello again") == 1


def test_follow_ends_with_the_history(patients: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A history that is erased ends the following, and that is said."""
    _meanwhile(monkeypatch, (patients / "Ada.dat").unlink)
    ran = run("show", "Ada", "--follow", "--patients", str(patients))
    assert ran.status == 1
    assert "is gone" in ran.err


# --- search ---------------------------------------------------------------------------------------


def _found(patients: Path, *words: str) -> list[tuple[str, int]]:
    ran = run("search", *words, "--format", "json", "--patients", str(patients))
    found = json.loads(ran.out)
    assert ran.status == (0 if found else 1)
    return [(each["name"], each["number"]) for each in found]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["HATES me"], [("Ada", 1), ("Björn", 1)]),
        (["HATES me", "--case"], []),
        (["hates", "--of", "björn"], [("Björn", 1)]),
        (["dream", "--in", "patient"], [("Ada", 2)]),
        (["family", "--in", "patient"], []),
        (["e."], [("Ada", 1), ("Björn", 1)]),
        (["--regex", r"\b(dog|dream)\b"], [("Ada", 2), ("Björn", 1)]),
        (["hates", "--since", "2026-03-05"], [("Björn", 1)]),
    ],
)
def test_search_finds(patients: Path, words: list[str], found: list[tuple[str, int]]) -> None:
    """A text is found whatever its capitals, an expression by its rules, where it was asked for."""
    assert [each for each in _found(patients, *words) if each[0] != "小明"] == found


def test_search_finds_letters_however_composed(tmp_path: Path) -> None:
    """An accent typed apart from its letter is the same text."""
    keep(tmp_path, "Ada", said("caf\N{LATIN SMALL LETTER E WITH ACUTE}"))
    assert _found(tmp_path, "cafe\N{COMBINING ACUTE ACCENT}") == [("Ada", 1)]


def test_search_shows_what_stands_around(tmp_path: Path) -> None:
    """Finds come with their neighbours, each once, and a gap where some were left out."""
    keep(tmp_path, "Ada", *(said(f"line {n}", at=TUESDAY + n * MINUTE) for n in range(12)))
    ran = run("search", "--regex", "line (3|4|9)$", "--patients", str(tmp_path))
    shown = re.findall(r"line (\d+)|(\.\.\.)", ran.out)
    assert ["".join(pair) for pair in shown] == ["2", "3", "4", "5", "...", "8", "9", "10"]
    ran = run("search", "line 3", "--context", "0", "--patients", str(tmp_path))
    assert re.findall(r"line (\d+)", ran.out) == ["3"]
    assert ran.out.endswith("1 exchange of 1 patient\n")


def test_search_without_a_find(patients: Path) -> None:
    """Nothing found is status 1, as grep has it, and an empty list for a program."""
    assert run("search", "quux", "--patients", str(patients)).status == 1
    ran = run("search", "quux", "--format", "json", "--patients", str(patients))
    assert json.loads(ran.out) == []


@pytest.mark.parametrize("text", ["(", "", "a{99999999999}"])
def test_search_for_what_cannot_be(patients: Path, text: str) -> None:
    """An expression with a fault is an error in a line."""
    ran = run("search", "--regex", text, "--patients", str(patients))
    assert ran.status == 2
    assert ran.err.count("\n") == 1


# --- stats ----------------------------------------------------------------------------------------


def test_stats_as_json(patients: Path) -> None:
    """A script's author gets counts, times, subjects, keywords and the share of fallbacks."""
    made = json.loads(run("stats", "Ada", "--patients", str(patients), "--format", "json").out)
    assert (made["patients"], made["sessions"], made["exchanges"], made["marked"]) == (1, 2, 3, 1)
    assert made["days"] == {"2026-03-03": 2, "2026-03-04": 1}
    assert made["hours"][10] == 3
    assert made["session_exchanges"] == {"median": 1.5, "longest": 2}
    assert made["session_seconds"] == {"median": 30.0, "longest": 60}
    assert made["keywords"] == {"DREAM": 1, "MY": 1}
    assert made["answered"] == {"keyword": 2, "fallback": 1}
    assert made["fallback_share"] == pytest.approx(1 / 3, abs=1e-4)
    assert made["fallback_words"] == {"xyzzy": 1}
    assert "mother" in made["subjects"]


def test_stats_for_people(patients: Path) -> None:
    """People read the same in sentences and bars."""
    out = run("stats", "--patients", str(patients), "--top", "2").out
    assert out.startswith("3 patients, 4 sessions, 9 exchanges\n")
    assert re.search(r"^  10 +9  █+$", out, re.MULTILINE)
    assert "by a fallback" in out


def test_stats_of_nothing(tmp_path: Path) -> None:
    """No history adds up to nothing, in words and for a program."""
    assert run("stats", "--patients", str(tmp_path)).out == "nothing was said\n"
    made = json.loads(run("stats", "--patients", str(tmp_path), "--format", "json").out)
    assert made["exchanges"] == 0


def test_a_file_that_is_none_is_left_out(patients: Path) -> None:
    """A file that no doctor wrote is told of in a line and counts for nothing."""
    (patients / "Eve.dat").write_bytes(b"nonsense")
    ran = run("stats", "--patients", str(patients))
    assert ran.out.startswith("3 patients")
    assert re.fullmatch(r"warning: left out: .*Eve\.dat: .*\n", ran.err)
    ran = run("show", "Eve", "--patients", str(patients))
    assert ran.status == 2
    assert "Eve.dat" in ran.err


# --- verify ---------------------------------------------------------------------------------------


def test_verify_sound_files(patients: Path) -> None:
    """Sound files are counted; the status is 0."""
    ran = run("verify", "--patients", str(patients))
    assert (ran.status, ran.out) == (0, "3 files checked, 3 sound, 0 damaged\n")


def test_verify_says_where_a_file_is_damaged(patients: Path) -> None:
    """A damaged file is named with offset and fault, and the status is 1."""
    damage(patients / "Ada.dat")
    (patients / "Eve.dat").write_bytes(b"nonsense")
    ran = run("verify", "--patients", str(patients))
    assert ran.status == 1
    assert re.search(r"Ada\.dat: at byte \d+: ", ran.out)
    assert "Ada.dat: 2 exchanges can be read" in ran.out
    assert re.search(r"Eve\.dat: at byte 0: ", ran.out)
    assert ran.out.endswith("4 files checked, 2 sound, 2 damaged\n")
    made = json.loads(run("verify", "--patients", str(patients), "--format", "json").out)
    assert made["damaged"] == 2
    assert [each["patient"] for each in made["files"] if not each["sound"]] == ["Ada", "Eve"]
    assert run("verify", "Björn", "--patients", str(patients)).status == 0


def test_verify_finds_any_changed_byte(tmp_path: Path) -> None:
    """Whichever byte of a file is changed, the file is told damaged."""
    path = keep(tmp_path, "Ada", said(), said(session=2))
    sound = path.read_bytes()
    for at in range(0, len(sound), 7):
        data = bytearray(sound)
        data[at] ^= 0x40
        path.write_bytes(data)
        assert run("verify", "--patients", str(tmp_path)).status == 1, at


def test_verify_takes_an_unfinished_write_for_what_it_is(tmp_path: Path) -> None:
    """The beginning of a record at the end, as a crash leaves it, is no damage; it is told."""
    with open_store(tmp_path, FakeMachine()) as store:
        ada = store.open("Ada")
        ada.say("one")
        size = (tmp_path / "Ada.dat").stat().st_size
        ada.say("two")
        data = (tmp_path / "Ada.dat").read_bytes()
    (tmp_path / "Ada.dat").write_bytes(data[: size + 20])
    ran = run("verify", "--patients", str(tmp_path))
    assert ran.status == 0
    assert "20 bytes of an unfinished write" in ran.out


# --- all of them ----------------------------------------------------------------------------------

READING = (
    ["list"], ["show", "Ada"], ["search", "hates"], ["stats"], ["verify"],
    ["export", "--all", "--format", "csv"],
)  # fmt: skip


def _state(directory: Path) -> dict[str, tuple[bytes, int]]:
    return {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in directory.iterdir()}


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_reading_changes_nothing(patients: Path, words: list[str]) -> None:
    """Damaged files, torn tails and leftovers stay as they are, byte by byte; nothing is added."""
    damage(patients / "Ada.dat")
    (patients / "Eve.dat").write_bytes(b"nonsense")
    before = _state(patients)
    run(*words, "--patients", str(patients))
    assert _state(patients) == before


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_reading_needs_no_lock(tmp_path: Path, words: list[str]) -> None:
    """Beside a store that owns the directory every reading command sees what was answered."""
    with open_store(tmp_path, FakeMachine()) as store:
        ada = store.open("Ada")
        ada.say("she hates spiders")
        ran = run(*words, "--patients", str(tmp_path))
        assert ran.status == 0
        assert not ran.err
        assert "spiders" in ran.out or words[0] in {"list", "verify"}


def test_reading_beside_a_busy_store(tmp_path: Path) -> None:
    """While patients talk, come and go, every look sees a whole history, longer each time."""
    done = threading.Event()

    def talk() -> None:
        try:
            for _ in range(8):
                with store.open("Ada") as ada:
                    for number in range(25):
                        ada.say(f"line {number}")
        finally:
            done.set()

    with open_store(tmp_path, FakeMachine()) as store:
        talker = threading.Thread(target=talk)
        talker.start()
        seen = looks = 0
        while not done.is_set() or not looks:
            if not (tmp_path / "Ada.dat").exists():
                continue
            made = json.loads(
                run("show", "Ada", "--patients", str(tmp_path), "--format", "json").out
            )
            numbers = [exchange["number"] for exchange in made["exchanges"]]
            assert numbers == list(range(1, len(numbers) + 1))
            assert len(numbers) >= seen
            assert run("verify", "--patients", str(tmp_path)).status == 0
            seen, looks = len(numbers), looks + 1
        talker.join()
    assert len(load(tmp_path / "Ada.dat").history) == 200


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_nothing_for_terminals_goes_into_a_pipe(patients: Path, words: list[str]) -> None:
    """Where no terminal reads there is no colour, no pager and no progress."""
    ran = run(*words, "--patients", str(patients))
    assert ESCAPE not in ran.out
    assert not ran.err


def _on_terminal(patients: Path, *words: str, **environment: str) -> str:
    """Run a command with a terminal as its standard output and return what it shows."""
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "doctor", *words, "--patients", str(patients)],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.PIPE,
            env={**os.environ, "TERM": "xterm", "LINES": "50", "COLUMNS": "60", **environment},
        ) as process:
            os.close(theirs)
            theirs = -1
            shown = b""
            while True:
                try:
                    piece = os.read(ours, 65_536)
                except OSError:  # the system's way to say that the other end is closed
                    break
                if not piece:
                    break
                shown += piece
            assert process.stderr is not None
            assert process.stderr.read() == b""
    finally:
        os.close(ours)
        if theirs >= 0:
            os.close(theirs)
    return shown.decode().replace("\r\n", "\n")


def test_a_terminal_gets_colour_a_pager_and_wrapped_lines(tmp_path: Path) -> None:
    """On a terminal the pager of the environment gets coloured lines that fit the screen."""
    keep(tmp_path, "Ada", said("word " * 40))
    shown = _on_terminal(tmp_path, "show", "Ada", PAGER="sed 's/^/PAGED /'")
    assert ESCAPE in shown
    lines = re.sub(ESCAPE + r"\[[\d;]*m", "", shown).splitlines()
    assert all(line.startswith("PAGED") for line in lines)
    assert max(map(len, lines)) <= 60 + len("PAGED ")


def test_no_color_is_obeyed_and_a_pager_left_early(tmp_path: Path) -> None:
    """NO_COLOR takes the colours off; a pager that stops reading is no error."""
    keep(tmp_path, "Ada", *(said("word " * 40) for _ in range(2000)))
    shown = _on_terminal(tmp_path, "show", "Ada", PAGER="head -n 3", NO_COLOR="1")
    assert ESCAPE not in shown
    assert len(shown.splitlines()) == 3


@pytest.mark.parametrize("pager", ["", "cat", "no-such-pager -x", "less 'unclosed"])
def test_without_a_pager_the_terminal_gets_the_text(tmp_path: Path, pager: str) -> None:
    """No pager, or none that can be started, is no error."""
    keep(tmp_path, "Ada", said())
    assert "My mother hates me." in _on_terminal(tmp_path, "show", "Ada", PAGER=pager)


def test_ctrl_c_belongs_to_the_pager(tmp_path: Path) -> None:
    """Ctrl+C while the pager shows a text does not take the text away."""
    keep(tmp_path, "Ada", *(said(f"line {n}") for n in range(50)))
    shown = _on_terminal(tmp_path, "show", "Ada", PAGER="sh -c 'kill -INT $PPID; cat'")
    assert "line 49" in shown


def test_a_reader_who_leaves_is_no_error(tmp_path: Path) -> None:
    """`show | head` ends quietly, with status 0."""
    keep(tmp_path, "Ada", *(said("word " * 40) for _ in range(3000)))
    with subprocess.Popen(
        [sys.executable, "-m", "doctor", "show", "Ada", "--patients", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_one_is_not_many(tmp_path: Path) -> None:
    """A single day is called a day."""
    keep(tmp_path, "Ada", said())
    out = run("stats", "--patients", str(tmp_path)).out
    assert "The last day with a conversation" in out


def test_without_a_command_there_is_help() -> None:
    """`python -m doctor` alone names the commands."""
    ran = run()
    assert ran.status == 2
    for name in ("list", "show", "search", "stats", "export", "verify", "report", "forget"):
        assert re.search(rf"^ +{name} ", ran.out, re.MULTILINE)
