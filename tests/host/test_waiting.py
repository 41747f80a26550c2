"""Which lines ask for an answer of the host where nobody gives one."""

from __future__ import annotations

import pytest

from doctor.host.connecting import can_be_quoted, find_alike, find_common, find_help
from doctor.host.state import HostState, Member, Quotable
from doctor.host.waiting import is_question, tells_of_oneself, times_to_wait

#: Lines of Ada's after one of Ben's, and how many times its patience the host waits with them.
WAITS = {
    "I feel lost in this city.": 2,
    "I moved here in May, and I still do not know the name of one neighbour.": 2,
    "is it normal to dream of trains every night": 2,
    "How do you find friends when you work at night and sleep through the day?": 2,
    "does anybody here work at night?": 2,
    "what did you do then": 3,
    "why do we do it": 2,
    "And you?": 3,
    "Ben, how was it for you?": 4,
    "cleo what do you do all day": 0,
    "Ben, I feel so alone here.": 4,
    "Ben, you did that well.": 0,
    "I am glad that you went in, or that you told it, I do not know which.": 0,
    "ok": 0,
    "Thanks, that is so nice!": 0,
    "I will try that.": 0,
    "I know what you mean": 0,
    "me too": 0,
    "lol": 0,
    "Nineteen.": 0,
    "Poor Tom!": 0,
    "Start with the roof.": 0,
    "It is on Tuesdays.": 0,
    "Good night, both of you. Come back.": 0,
    "Good night, Ben.": 0,
    "bye all": 0,
    "I know I am worthless.": 2,
    "nobody ever asks me": 2,
}


@pytest.mark.parametrize("line", WAITS)
def test_how_long_a_line_waits(line: str) -> None:
    """A question and what somebody tells of themselves waits; what needs no answer does not."""
    members = (
        Member("Ada", turn=2, lines=3),
        Member("Ben", turn=1, lines=1, last="I have lived here for years."),
        Member("Cleo"),
    )
    state = HostState(turn=2, members=members)
    assert times_to_wait(state, members[0], line, 0.0) == WAITS[line]


def test_an_answer_to_the_host_waits_for_nothing() -> None:
    """Whom the host asked about somebody else's line may answer shortly, and is not asked again."""
    ada, ben = Member("Ada", turn=3, lines=3), Member("Ben", turn=1, lines=1)
    state = HostState(turn=3, spoken=2, spoke=2, asked="Ben", members=(ada, ben, Member("Cleo")))
    line = "Mine is the same chair, and it stands at our house."
    assert times_to_wait(state, ada, line, 0.0) == 0
    assert times_to_wait(state._replace(asked="Ada", turn=5), ada, line, 0.0) > 0
    assert times_to_wait(state._replace(turn=5), ada, line, 0.0) > 0
    assert times_to_wait(state, ada, "I feel so alone at our house.", 0.0) > 0


def test_what_tells_of_oneself() -> None:
    """A line about others is none of the speaker's own, also where it is an opinion."""
    for line in ("They offer me the sorting centre.", "My car is old.", "I swim on Thursdays."):
        assert tells_of_oneself(line)
    for line in ("Mrs Brandt buys one stamp a day.", "I think she comes to say good morning."):
        assert not tells_of_oneself(line)


def test_a_question_without_its_mark() -> None:
    """Who leaves the question mark out asks all the same."""
    for line in ("what was it", "why me", "how did you do it", "tom when will you go"):
        assert is_question(line)
    for line in ("what a day", "when i was young we had cows", "i see why", "how nice"):
        assert not is_question(line)


def test_what_can_be_quoted() -> None:
    """A statement of somebody's own, neither short nor long, and no question."""
    assert can_be_quoted("I eat lunch alone every day.")
    for line in (
        "Nice.",
        "Lunch is at one o'clock in the hall.",
        "Do I eat lunch alone every day?",
        "I eat lunch " + "and lunch " * 20,
        "See what I found: http://example.org",
    ):
        assert not can_be_quoted(line)


def test_what_is_alike() -> None:
    """The line with most words in common is found; one verb in common is chance."""
    lines = (
        Quotable("Ben", "I eat lunch alone in my car.", 1),
        Quotable("Cleo", "My mother rings me on Sundays.", 2),
    )
    found = find_alike("Nobody eats lunch with me, so I am alone.", lines, lines)
    assert found is lines[0]
    assert find_alike("The phone rang and I ran.", lines, lines) is None
    assert find_alike("", lines, lines) is None


def test_what_may_help() -> None:
    """A line about what somebody does weighs more than one that only has the same words."""
    lines = (
        Quotable("Ben", "My kitchen is cold at night and the bread is hard.", 1),
        Quotable("Cleo", "At night I drink warm milk in the kitchen.", 2),
        Quotable("Ben", "Do you sit in the kitchen at night?", 3),
    )
    asked = "What should I do at night in my kitchen?"
    assert find_help(asked, lines, lines, frozenset()) is lines[1]
    assert find_help("How do I learn to swim?", lines, lines, frozenset()) is None
    assert find_help("How do I?", lines, lines, frozenset()) is None


def test_a_word_in_common() -> None:
    """The word that most members said is counted; names and kin are none."""
    spoken = {
        "Ada": ["At three I count my mistakes, Ben."],
        "Ben": ["I am up at three with my mother."],
        "Cleo": ["My mother sleeps, and at three I do not."],
    }
    assert find_common(spoken, frozenset()) == ("at three", ["Ada", "Ben", "Cleo"])
    assert find_common({"Ada": ["I swim."], "Ben": ["I cook."]}, frozenset()) == ("", [])
