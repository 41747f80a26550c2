"""Values packed into bytes: whatever state a conversation reaches can be saved and read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.programs import Peer, Server, doctor, exchanges, said, until, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

#: More than a byte counts.
MANY = 300
FAMILIES: dict[str, Callable[[str], str]] = {
    "a question in the patient's words": lambda word: f"WHY DOES {word} HATE ME",
    "why with a name": lambda word: f"why does {word} never call",
    "a belief": lambda word: f"{word} hates me",
    "a wish": lambda word: f"I want {word}",
    "a feeling": lambda word: f"I am {word}",
    "a family": lambda word: f"my {word} left me",
    "you": lambda word: f"you are {word}",
    "a word alone": lambda word: word,
    "a dream": lambda word: f"I dreamed of {word}",
    "everybody": lambda word: f"everybody {word} me",
    "what": lambda word: f"what is {word}",
    "the same line": lambda _word: "WHY DOES MARY HATE ME",
    "nothing known": lambda word: f"the {word} of {word} and {word}",
}


def _word(number: int) -> str:
    """Return a new word for each number."""
    letters = "BDFGKLMNPRSTVZ"
    first, second = divmod(number, len(letters))
    third, second = divmod(second + first * 5, len(letters))
    return f"{letters[first % 14]}a{letters[second]}o{letters[third % 14]}{number and ''}" + (
        "aeiou"[number % 5] + letters[number % 14] + "aeiou"[number // 70 % 5]
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run one server with the script that ships."""
    with Server(tmp_path_factory.mktemp("packed") / "p") as running:
        yield running


@pytest.mark.parametrize("family", FAMILIES, ids=lambda name: name.replace(" ", "-"))
def test_hundreds_of_replies_of_one_kind(server: Server, family: str) -> None:
    """Three hundred lines of one kind get as many replies, and a later visit goes on."""
    lines = [FAMILIES[family](_word(number)) for number in range(MANY)]
    name = f"P {list(FAMILIES).index(family)}"
    with Peer(server.port) as peer:
        peer.enter(name)
        codes = [reply.code for reply in peer.ask_all(lines)]
        assert codes == [250] * MANY
        peer.leave()
    for _ in range(2):
        replies = server.visit(name, lines[0], lines[1])
        assert [reply.code for reply in replies] == [230, 250, 250]
    assert len(said(server.patients, name)) == MANY + 4


#: Keywords that are long in letters, in bytes, or both; the third is longer than a byte counts in
#: characters alone.
LENGTHS = [("é", 127), ("é", 128), ("é", 200), ("日", 85), ("日", 86), ("\U0001d518", 63),
           ("\U0001d518", 64), ("x", 255),
           ("x", 256), ("x", 300)]  # fmt: skip


def _script(directory: Path, keywords: list[str]) -> Path:
    rules = "\n".join(f"({word}\n    ((0)\n        (HEARD IT)))" for word in keywords)
    path = directory / "long.script"
    path.write_text(
        f"(SAY SOMETHING.)\n\nSTART\n\n{rules}\n\n"
        "(NONE\n    ((0)\n        (GO ON)))\n\n"
        "(MEMORY MY\n    (0 = A)\n    (0 = B)\n    (0 = C)\n    (0 = D))\n\n"
        "(MY\n    ((0)\n        (YOURS)))\n",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(("letter", "times"), LENGTHS)
def test_a_keyword_of_any_length(tmp_path: Path, letter: str, times: int) -> None:
    """A long keyword is refused by `check`, with its bound, or its exchange is in the history."""
    keyword = (letter * times).upper()
    script = _script(tmp_path, [keyword])
    checked = doctor("check", script)
    if checked.status:
        assert "Traceback" not in checked.err
        assert "keyword" in (checked.out + checked.err).lower()
        return
    patients = tmp_path / "p"
    with Server(patients, "--script", str(script)) as server:
        replies = server.visit("Ada", "before", keyword, "after")
        assert [reply.code for reply in replies] == [230, 250, 250, 250]
        assert server.visit("Ada")[0].row("exchanges") == "3"
        assert server.stop() == 0
    found = exchanges(patients, "Ada")
    assert [each["patient"] for each in found] == ["before", keyword, "after"]
    assert verify(patients).status == 0


@pytest.mark.parametrize("letter", ["a", "é", "日", "\U0001d518", "\u0301", "\U0001f469\u200d"])
def test_lines_and_names_as_long_as_they_may_be(tmp_path: Path, letter: str) -> None:
    """A line of 4,096 bytes, in whatever script, is kept to the letter after the visit's end."""
    line = "I " + letter * (4093 // len(letter.encode()))
    name = ("N" + letter * 63)[:64]
    patients = tmp_path / "p"
    with Server(patients) as server:
        with Peer(server.port) as peer:
            if peer.enter(name).code != 230:
                name = "Ada"
                assert peer.ask(name).code == 230
            for text in (line, f"my {line[3:]}", f"why {line[4:]}"):
                assert peer.ask(text).code == 250
            peer.leave()
        assert server.visit(name)[0].row("exchanges") == "3"
        server.stop()
    assert verify(patients).status == 0


@pytest.mark.parametrize("times", [1, 3])
def test_a_machine_that_raises(tmp_path: Path, times: int) -> None:
    """A line at which the machine fails is answered 452, and the visit goes on."""
    with Server(tmp_path / "p", faults=[{"fault": "raising", "text": "poison"}]) as server:
        with Peer(server.port) as peer:
            peer.enter("Ada")
            assert peer.ask("Before.").code == 250
            for _ in range(times):
                assert peer.ask("This is poison.").code == 452
            assert peer.ask("After.").code == 250
            assert [reply.code for reply in peer.ask_all(["One.", "poison", "Two."])] == [
                250,
                452,
                250,
            ]
            peer.leave()
        until(server.complaints, "a word in the log")
        server.stop()
    assert said(tmp_path / "p", "Ada") == ["Before.", "After.", "One.", "Two."]
