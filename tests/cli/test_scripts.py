"""The workbench for scripts: `check`, `replay` and `talk`, as the shell runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from doctor.eliza import STEP_LIMIT
from doctor.eliza.machine import MEMORY_BYTES
from doctor.scripts.conventions import BUILT_IN
from doctor.scripts.model import MAX_CURSORS, MAX_TURNS
from doctor.scripts.sexpr import MAX_BYTES, MAX_DEPTH
from tests.support.histories import DAY, TUESDAY, keep, run, said
from tests.support.machine_data import DATA, conversation

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
DOCTOR = str(DATA / "doctor-1966.txt")
SMALL = """\
(HELLO)
(MY ((0 MY 0) (YOUR 3)))
(MEMORY MY (0 = A 1) (0 = B 1) (0 = C 1) (0 = D 1))
(NONE ((0) (GO ON)))
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return the path of a small script without faults."""
    path = tmp_path / "small.script"
    path.write_text(SMALL, encoding="utf-8")
    return path


# --- scripts -------------------------------------------------------------------------------------


def test_scripts_lists_every_name_with_its_source() -> None:
    """Each named script has its label, source and terms; as JSON also its file."""
    ran = run("scripts")
    assert (ran.status, ran.err) == (0, "")
    listed = json.loads(run("scripts", "--format", "json").out)
    assert [script["name"] for script in listed] == ["doctor", "french", "1966", "1965"]
    for script in listed:
        assert (
            f"{script['title']}, {script['year']}, {script['place']}, {script['maker']}" in ran.out
        )
        assert f"source: {script['source']}" in ran.out
        assert f"terms: {script['terms']}" in ran.out
        assert Path(script["file"]).is_file()


def test_a_script_is_chosen_by_its_name() -> None:
    """`talk --script 1965` and `check 1965` use the script of that name."""
    ran = run("talk", "--script", "1965", stdin="My dog.\n")
    assert ran.out.splitlines()[1] == "YOUR DOG"
    assert run("check", "1965", "1966", "doctor").err == "no faults\n"


# --- check ---------------------------------------------------------------------------------------


def test_check_of_a_sound_script(small: Path) -> None:
    """A script without faults gives status 0 and nothing on standard output."""
    ran = run("check", str(small), DOCTOR)
    assert (ran.status, ran.out, ran.err) == (0, "", "no faults\n")


def test_check_names_file_line_and_column(small: Path) -> None:
    """An error gives status 2 and a line with file, line, column, message and remedy."""
    small.write_text(SMALL + "(A (=NOWHERE))", encoding="utf-8")
    ran = run("check", str(small))
    assert ran.status == 2
    assert ran.out == (
        f"{small}:5:4: error: the link (=NOWHERE) leads to no rule "
        "(add a rule (NOWHERE ...), or correct the name)\n"
    )
    assert ran.err == "1 error, 0 warnings\n"


def test_check_strict(small: Path) -> None:
    """Warnings alone give status 0, and 1 with --strict."""
    small.write_text(SMALL + "(A (=A))", encoding="utf-8")
    assert run("check", str(small)).status == 0
    ran = run("check", "--strict", str(small))
    assert ran.status == 1
    assert "warning: links that lead in a circle: A -> A" in ran.out


def test_check_as_json(small: Path) -> None:
    """With --format json the faults are a list of objects."""
    small.write_text(SMALL + "(A (=A))", encoding="utf-8")
    (fault,) = json.loads(run("check", "--format", "json", str(small)).out)
    assert fault["file"] == str(small)
    assert (fault["line"], fault["column"], fault["severity"]) == (5, 4, "warning")
    assert set(fault) == {"file", "line", "column", "severity", "message", "remedy"}


def test_check_of_what_is_no_script(tmp_path: Path) -> None:
    """A file that is not UTF-8 is one fault; one that is not there is one line on stderr."""
    path = tmp_path / "binary"
    path.write_bytes(b"(HELLO)\xff")
    ran = run("check", str(path))
    assert (ran.status, ran.out.count("\n")) == (2, 1)
    assert ":1:8: error: the script is not UTF-8" in ran.out
    ran = run("check", str(tmp_path / "nowhere"))
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)


# --- replay --------------------------------------------------------------------------------------


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    """Return a directory with two histories: the paper's conversation, and a short one."""
    directory = tmp_path / "patients"
    directory.mkdir()
    talked = conversation("conversation-1966.txt")
    keep(directory, "Ada", *(said(line, reply) for line, reply in talked))
    keep(
        directory, "Bo", said("My dog.", "YOUR DOG"), said("Hm.", "?", at=TUESDAY + DAY, session=2)
    )
    return directory


def test_replay_with_the_script_that_answered(patients: Path) -> None:
    """The script that a history was made with answers it as it did, line for line."""
    ran = run("replay", DOCTOR, "Ada", "--patients", str(patients))
    assert ran.status == 0
    assert ran.out.startswith("Ada: 0 of 15 replies differ\n      1  > Men are all alike.\n")
    assert ran.out.endswith("in all: 0 of 15 replies differ\n")


def test_replay_shows_differences_side_by_side(patients: Path, small: Path) -> None:
    """Another script's replies are printed below the real ones, and counted."""
    ran = run("replay", str(small), "--differences", "--patients", str(patients))
    assert ran.status == 0
    assert "Bo: 1 of 2 replies differ\n      2  > Hm.\n         - ?\n         + GO ON\n" in ran.out
    assert "Ada: 14 of 15 replies differ" in ran.out
    assert ran.out.endswith("in all: 15 of 17 replies differ\n")


def test_replay_as_json(patients: Path, small: Path) -> None:
    """With --format json: counts, and each exchange with both replies."""
    ran = run("replay", str(small), "bo", "--format", "json", "--patients", str(patients))
    value = json.loads(ran.out)
    assert (value["exchanges"], value["differing"]) == (2, 1)
    assert value["patients"][0]["exchanges"][1] == {
        "number": 2,
        "patient": "Hm.",
        "answered": "?",
        "would_answer": "GO ON",
    }


def test_replay_of_nobody(patients: Path, small: Path) -> None:
    """A name without a history, and a script with a fault, are one line and status 2."""
    ran = run("replay", str(small), "Cy", "--patients", str(patients))
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    small.write_text("(", encoding="utf-8")
    ran = run("replay", str(small), "--patients", str(patients))
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)


# --- talk ----------------------------------------------------------------------------------------


def test_talk_answers_line_for_line() -> None:
    """The greeting is a line, and each line of stdin gets one line."""
    talked = conversation("conversation-1966.txt")
    said_lines = "".join(f"{line}\n" for line, _ in talked)
    ran = run("talk", "--script", DOCTOR, stdin=said_lines)
    assert ran.status == 0
    assert ran.out.splitlines() == [
        "HOW DO YOU DO. PLEASE TELL ME YOUR PROBLEM",
        *(reply for _, reply in talked),
    ]


def test_talk_shows_how_a_reply_was_made() -> None:
    """With --trace, each reply comes after the rules that made it, with their places."""
    ran = run("talk", "--script", DOCTOR, "--trace", stdin="Well, my dog bites me.\n")
    assert [line.strip() for line in ran.out.splitlines()][1:] == [
        "line: Well, my dog bites me.",
        "clause kept: YOUR DOG BITES YOU",
        "substituted: MY -> YOUR",
        "substituted: ME -> YOU",
        "key stack: MY (rank 2)",
        "keyword: MY",
        "stored in memory: BUT YOUR DOG BITES YOU",
        "decomposition: (0 YOUR 0)",
        "component 1:",
        "component 2: YOUR",
        "component 3: DOG BITES YOU",
        "reassembly: (YOUR 3)",
        "source: line 320 of doctor-1966.txt",
        "reply: YOUR DOG BITES YOU",
        "YOUR DOG BITES YOU",
    ]


@pytest.mark.parametrize("steps", ["0", "-1", "many"])
def test_talk_with_a_senseless_limit(steps: str) -> None:
    """A step limit below one is bad usage: status 2 and no conversation."""
    ran = run("talk", "--script", DOCTOR, "--steps", steps, stdin="x\n")
    assert (ran.status, ran.out) == (2, "")
    assert f"'{steps}' is not a whole number from 1" in ran.err


def test_talk_with_a_fault_in_the_script(small: Path) -> None:
    """A script with a fault is one line on stderr and status 2."""
    small.write_text("(HELLO)(A", encoding="utf-8")
    ran = run("talk", "--script", str(small), stdin="x\n")
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)


def test_talk_survives_any_bytes(small: Path) -> None:
    """Bytes that are not UTF-8 and control characters are answered, and not sent on raw."""
    program = subprocess.run(
        [sys.executable, "-m", "doctor", "talk", "--script", str(small)],
        input=b"my \xff\x1b[2J\x00 dog\r\n\n" + b"my " * 3000 + b"\n",
        capture_output=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert program.returncode == 0
    assert program.stderr == b""
    assert b"\x1b" not in program.stdout
    assert b"\x00" not in program.stdout
    assert program.stdout.count(b"\n") == 4


class Talk:
    """A `talk` that runs beside the test; every wait has a deadline."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "doctor", "talk", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            encoding="utf-8",
        )

    def read(self) -> str:
        """Return the next line of the program's; the test's own time limit ends a vain wait."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def ask(self, line: str) -> str:
        """Say a line and return what is answered."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.read()


@pytest.fixture
def talk(small: Path) -> Iterator[Talk]:
    """Run `talk --reload` with the small script."""
    talk = Talk("--script", str(small), "--reload")
    yield talk
    out, err = talk.process.communicate(timeout=30)
    assert "Traceback" not in out + err
    assert talk.process.returncode == 0


def test_a_changed_script_takes_effect_at_the_next_line(talk: Talk, small: Path) -> None:
    """With --reload a changed file answers the next line; a faulty one leaves the old in place."""
    assert talk.read() == "HELLO"
    assert talk.ask("hm") == "GO ON"
    small.write_text(SMALL.replace("GO ON", "GO FAR"), encoding="utf-8")
    assert talk.ask("hm") == "GO FAR"
    small.write_text(SMALL.replace("GO FAR", "GO AWAY").rstrip()[:-1], encoding="utf-8")
    assert talk.ask("hm") == "GO FAR"
    small.unlink()
    assert talk.ask("hm") == "GO FAR"
    other = small.with_name("other")
    other.write_text(SMALL.replace("GO ON", "GO ROUND"), encoding="utf-8")
    other.replace(small)
    assert talk.ask("my dog") == "YOUR DOG"
    assert talk.ask("hm") == "GO ROUND"


# --- reflect -------------------------------------------------------------------------------------


def test_reflect_turns_each_line_round() -> None:
    """Each line of stdin comes out turned round, on one line; an empty one stays empty."""
    ran = run("reflect", stdin="I think you hate me\n\nDo you want to help me?\n")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "you think I hate you\n\nDo I want to help you?\n"


# --- the documents -------------------------------------------------------------------------------


def test_the_script_in_the_papers(small: Path) -> None:
    """The small script of docs/scripts.md has no faults and answers."""
    document = (ROOT / "docs" / "scripts.md").read_text(encoding="utf-8")
    example = document.split("```eliza\n")[1].split("```")[0]
    small.write_text(example, encoding="utf-8")
    assert run("check", "--strict", str(small)).status == 0
    said_lines = "I need a holiday.\nExcuse me!\nMy father, he is ill.\nHm.\nHm.\n"
    assert run("talk", "--script", str(small), stdin=said_lines).out.splitlines() == [
        "HOW DO YOU DO. WHAT IS ON YOUR MIND",
        "WHAT WOULD IT CHANGE IF YOU GOT A HOLIDAY",
        "NO NEED TO BE SORRY",
        "TELL ME MORE ABOUT YOUR FATHER",
        "PLEASE GO ON",
        "TELL ME MORE",
    ]


@pytest.mark.parametrize(
    "figure",
    [
        f"after {STEP_LIMIT:,} of them",
        f"at most {MAX_BYTES >> 20} MiB, lists nested at most {MAX_DEPTH} deep",
        f"{MAX_CURSORS:,} patterns",
        f"{MAX_TURNS} answers",
        f"at most {MEMORY_BYTES:,} bytes",
        *[f"`{remark}`" for remark in BUILT_IN],
    ],
)
def test_figures_in_the_documents(figure: str) -> None:
    """What docs/scripts.md says of limits and built-in remarks is what the program has."""
    document = (ROOT / "docs" / "scripts.md").read_text(encoding="utf-8")
    assert figure in " ".join(document.split())
