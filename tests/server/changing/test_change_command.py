"""`/change`: a patient changes a copy of the script in a session, where the operator allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor.eliza import Eliza
from doctor.eliza.change import INSTRUCT, NOT_FOUND, NOT_RECOGNIZED
from doctor.errors import BadSetting
from doctor.loading import load_machine
from doctor.protocol import codes
from doctor.scripts import find_script, load, parse
from doctor.server.changing import command
from doctor.server.network.throttle import Throttle
from doctor.server.values import DIRECTORY
from tests.server.test_handler import talk

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from doctor.protocol import Reply
    from tests.server.test_handler import Talk

ADD = "/change ADD HOW ((0 HOW MUCH 0) (IS MONEY ON YOUR MIND))"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the operator's directory for changed scripts."""
    made = tmp_path / "scripts"
    made.mkdir()
    return made


def lesson(tmp_path: Path, folder: Path | None) -> AbstractContextManager[Talk]:
    """Return a conversation with the script of 1965, which may be changed if there is a folder."""
    machine = Eliza(load(find_script("1965")))
    return talk(tmp_path / "patients", machine=machine, change_scripts=folder)


def printed(reply: Reply) -> list[str]:
    """Return the lines that an instruction printed."""
    assert reply.code == codes.CHANGED
    return [*(row[0].strip() for row in reply.rows), reply.text]


def test_a_pupil_changes_a_copy(tmp_path: Path, folder: Path) -> None:
    """What is added answers the next line; TYPE prints the rule, START goes on."""
    with lesson(tmp_path, folder) as ada:
        ada.enter()
        before = ada.ask("how much").text
        assert printed(ada.ask("/change TYPE HOW")) == ["HOW", "", "= WHAT", INSTRUCT]
        assert printed(ada.ask(ADD)) == [INSTRUCT]
        assert ada.ask("how much").text == "IS MONEY ON YOUR MIND" != before
        assert printed(ada.ask("/change * (TEA ((0) (MILK)))")) == [INSTRUCT]
        assert printed(ada.ask("/change START")) == [INSTRUCT]
        assert ada.ask("tea").text == "MILK"
        assert ada.ask("/history").text == "3 of 3 exchanges."


def test_the_state_goes_on_after_a_change(tmp_path: Path, folder: Path) -> None:
    """The answers of another keyword go on in turn, as they do in `talk`."""
    with lesson(tmp_path, folder) as ada:
        ada.enter()
        ada.ask("yes")
        ada.ask(ADD)
        assert ada.ask("yes").text == "YOU ARE SURE"


def test_nobody_else_gets_the_changed_script(tmp_path: Path, folder: Path) -> None:
    """Another patient, and the same one when connecting again later, has the server's script."""
    with lesson(tmp_path, folder) as ada:
        ada.enter()
        ada.ask(ADD)
        whole = ada.store.machine
        with ada.store.open("Bo") as other:
            other.greeting()
            assert other.say("how much").doctor == "WHY DO YOU ASK"
        assert ada.store.machine is whole
        store = ada.store
        ada.ask("/quit")
        ada.handler.join()
        with store.open("Ada") as again:
            again.greeting()
            assert again.say("how much").doctor == "WHY DO YOU ASK"


def test_both_connections_of_a_patient_have_the_copy(tmp_path: Path, folder: Path) -> None:
    """A patient has one conversation, however many connections there are."""
    with lesson(tmp_path, folder) as ada:
        ada.enter()
        ada.ask(ADD)
        with ada.store.open("Ada") as second:
            second.greeting()
            assert second.say("how much").doctor == "IS MONEY ON YOUR MIND"


def test_a_changed_script_is_shown_and_saved(tmp_path: Path, folder: Path) -> None:
    """SCRIPT sends the whole text, SAVE writes a file that can be played and is never replaced."""
    with lesson(tmp_path, folder) as ada:
        ada.enter()
        ada.ask(ADD)
        text = "\n".join(printed(ada.ask("/change SCRIPT")))
        assert printed(ada.ask("/change SAVE money")) == ["SAVED AS money"]
        assert printed(ada.ask("/change save money")) == ["money EXISTS; CHOOSE ANOTHER NAME"]
    saved = load(folder / "money.script")
    assert saved == parse(text) != load(find_script("1965"))
    machine = Eliza(saved)
    assert machine.respond(machine.start(), "how much").reply == "IS MONEY ON YOUR MIND"


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".x", "x" * 41, "a b", "\u00e9", "x.script"])
def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path, folder: Path, name: str) -> None:
    """Nothing is written for a name that is more than letters, digits, - and _."""
    with lesson(tmp_path, folder) as ada:
        ada.enter()
        assert printed(ada.ask(f"/change SAVE {name}"))[-1].startswith(NOT_RECOGNIZED)
    assert list(tmp_path.rglob("*.script")) == []


@pytest.mark.parametrize(
    ("instruction", "said"),
    [
        ("TYPE NOWHERE", NOT_FOUND),
        ("DANCE", NOT_RECOGNIZED),
        ("ADD HOW (((", NOT_RECOGNIZED),
        ("SUBST HOW (X) (Y)", NOT_FOUND),
        ("* (HOW ((0) (A)))", NOT_RECOGNIZED),
    ],
)
def test_a_wrong_instruction_changes_nothing(
    tmp_path: Path, folder: Path, instruction: str, said: str
) -> None:
    """What cannot be done is answered as in 1965, and no copy is made."""
    with lesson(tmp_path, folder) as ada:
        ada.enter()
        assert said in printed(ada.ask(f"/change {instruction}"))
        assert all(active.machine is None for active in ada.store.actives())


def test_it_is_off_by_default(tmp_path: Path, folder: Path) -> None:
    """Without the setting there is no such command, and /help does not name it."""
    with lesson(tmp_path, None) as ada:
        ada.enter()
        assert ada.ask(ADD).code == codes.NO_COMMAND
        assert "/change INSTRUCTION" not in [row[0] for row in ada.ask("/help").rows]
    with lesson(tmp_path, folder) as ada:
        ada.enter()
        assert "/change INSTRUCTION" in [row[0] for row in ada.ask("/help").rows]
        assert ada.ask("/change").code == codes.BAD_ARGUMENT


def test_a_modern_script_is_not_changed(tmp_path: Path, folder: Path) -> None:
    """The script that ships has care, and nobody takes it out in a session."""
    machine = load_machine()
    with talk(tmp_path / "patients", machine=machine, change_scripts=folder) as ada:
        ada.enter()
        assert ada.ask("/change TYPE I").code == codes.BAD_ARGUMENT


def test_copies_and_files_are_bounded(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that would grow too large, one copy too many, one file too many: all are refused."""
    with lesson(tmp_path, folder) as ada:
        ada.enter()
        large = len(load(find_script("1965")).to_text())
        monkeypatch.setattr(command, "LARGEST", large + 10)
        assert printed(ada.ask(ADD))[-1].endswith("NOTHING IS CHANGED")
        monkeypatch.setattr(command, "LARGEST", large - 1)
        assert ada.ask(ADD).code == codes.BAD_ARGUMENT
        monkeypatch.setattr(command, "LARGEST", 2 * large)
        monkeypatch.setattr(command, "COPIES", 0)
        assert ada.ask(ADD).code == codes.BAD_ARGUMENT
        assert all(active.machine is None for active in ada.store.actives())
        monkeypatch.setattr(command, "FILES", 0)
        assert printed(ada.ask("/change SAVE x")) == ["NOT SAVED; THE TEACHER'S FOLDER IS FULL"]


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path, folder: Path) -> None:
    """A directory that went away costs the pupil nothing but the file."""
    with lesson(tmp_path, folder) as ada:
        ada.enter()
        folder.rmdir()
        assert printed(ada.ask("/change SAVE x")) == ["NOT SAVED; THE SERVER CANNOT WRITE IT"]
        assert ada.ask("yes").text == "YOU SEEM QUITE POSITIVE"


def test_instructions_are_charged(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An instruction counts against the client's share of a processor, as every command does."""
    charged: list[float] = []
    charge = Throttle.charge

    def counting(self: Throttle, most: float, *, gives_way: bool) -> AbstractContextManager[None]:
        charged.append(most)
        return charge(self, most, gives_way=gives_way)

    monkeypatch.setattr(Throttle, "charge", counting)
    with lesson(tmp_path, folder) as ada:
        ada.enter()
        ada.ask(ADD)
    assert charged


def test_the_directory_must_be_there(tmp_path: Path) -> None:
    """A setting that names no directory is refused when the server starts."""
    assert DIRECTORY.read(str(tmp_path)) == tmp_path
    with pytest.raises(BadSetting, match="make it first"):
        DIRECTORY.read(str(tmp_path / "none"))


def test_the_name_of_the_patient_is_harmless_in_the_file(tmp_path: Path, folder: Path) -> None:
    """A name with parentheses and characters of any kind stays in the comment."""
    with talk(tmp_path / "p", machine=Eliza(load(find_script("1965"))), change_scripts=folder) as x:
        assert x.enter("Bo) (HACK \u00fc").code == codes.WELCOME
        ada_saved = x.ask("/change SAVE x")
        assert printed(ada_saved) == ["SAVED AS x"]
    assert load(folder / "x.script") == load(find_script("1965"))
