"""The CHANGE mode of 1965."""

from __future__ import annotations

import pytest

from doctor.eliza import Eliza
from doctor.eliza.change import INSTRUCT, bucket, change, insert
from doctor.scripts import check, find_script, load, parse
from tests.support.machine_data import MINIMAL

SCRIPT_1965 = load(find_script("1965"))

#: Where the keywords of the script of 1965 were in the table of keywords, as the recovered program
#: printed it by DISPLA on an emulated IBM 7094 (published with anthay/ELIZA).
BUCKETS = {
    "NOONE": 0,
    "WIFE": 1,
    "I": 2,
    "CAN": 2,
    "BECAUSE": 3,
    "IF": 5,
    "CHILDREN": 5,
    "HOW": 6,
    "YES": 6,
    "ALWAYS": 7,
    "MY": 8,
    "YOU'RE": 11,
    "ARE": 12,
    "EVERYONE": 12,
    "MAYBE": 13,
    "YOU": 13,
    "AM": 16,
    "YOUR": 17,
    "PERHAPS": 18,
    "MYSELF": 19,
    "BROTHER": 21,
    "WHAT": 21,
    "MOTHER": 22,
    "SISTER": 22,
    "NO": 24,
    "I'M": 25,
    "WHY": 27,
    "NOBODY": 27,
    "FATHER": 28,
    "WHEN": 29,
    "WAS": 29,
    "ME": 29,
    "YOURSELF": 30,
    "WERE": 31,
    "EVERYBODY": 31,
}


class Session:
    """A conversation with a machine that CHANGE edits."""

    def __init__(self, machine: Eliza) -> None:
        self.machine = machine
        self.state = machine.start()

    def say(self, *lines: str) -> str:
        """Say lines; return the last reply."""
        for line in lines:
            response = self.machine.respond(self.state, line)
            self.state = response.state
        assert self.machine.unpack(self.machine.pack(self.state)) == self.state
        return response.reply

    def order(self, instruction: str) -> list[str]:
        """Carry out an instruction; return what is printed before PLEASE INSTRUCT ME."""
        changed = change(self.machine, self.state, instruction)
        self.machine, self.state = changed.machine, changed.state
        assert changed.ends or changed.lines[-1] == INSTRUCT
        return list(changed.lines[:-1])

    def insert(self, line: str) -> list[str]:
        """Add a rule; return what is printed."""
        changed = insert(self.machine, self.state, line)
        self.machine, self.state = changed.machine, changed.state
        return list(changed.lines)


@pytest.fixture
def session() -> Session:
    """Return a conversation with the script of 1965."""
    return Session(Eliza(SCRIPT_1965))


def test_the_transcript_of_3_march_1965(session: Session) -> None:
    """Two rules are typed in the middle of a conversation, which goes on where it was.

    The page has sixteen exchanges before CHANGE; those that the answers after it depend on are
    here. What TYPE printed that day is not published: the source says what it prints.
    """
    assert session.say("I AM AFRAID I AM GOING TO DIE SOON.") == (
        "IS IT BECAUSE YOU ARE AFRAID YOU ARE GOING TO DIE SOON THAT YOU CAME TO ME"
    )
    assert session.say("THAT'S EXEACTLY THE POINT. I AM DYING. YOU ARE PHILOSOPHISING.") == (
        "HOW LONG HAVE YOU BEEN DYING"
    )
    assert session.say("I HAVE ALWAYS HAD A FEAR OF DEATH.  I DON'T THINK ITS NORMAL.") == (
        "CAN YOU THINK OF A SPECIFIC EXAMPLE"
    )
    assert session.order("TYPE ALWAYS") == [
        "ALWAYS 1",
        "",
        "0",
        "  1",
        "CAN YOU THINK OF A SPECIFIC EXAMPLE",
        "WHEN",
        "WHAT INCIDENT ARE YOU THINKING OF",
        "REALLY, ALWAYS",
    ]
    assert session.order("TYPE I")[:8] == [
        "I = YOU",
        "",
        "0 YOU ARE 0 I 0",
        "PERHAPS YOU ARE 4 SOMEONE ELSE",
        "ARE YOU 4 ANYONE",
        "ARE YOU 4 ANYONE IN YOUR FAMILY",
        "PERHAPS YOU WISH I WERE 4 YOU 6",
        "",
    ]
    assert change(session.machine, session.state, "START").ends
    assert session.say("I AM TESTING") == "DO YOU BELIEVE IT NORMAL TO BE TESTING"
    assert session.say("TODAY I HATE YOU DESPERATELY") == (
        "PERHAPS IN YOUR FANTASY WE HATE EACH OTHER"
    )
    assert session.say("I HATE AND LOVE YOU AT THE SAME TIME") == (
        "DO YOU WISH TO HATE AND LOVE ME"
    )


def test_a_misprint_of_the_listing_is_corrected_in_the_conversation(session: Session) -> None:
    """With one SUBST the script of 6 March answers a line as it was answered on 3 March."""
    session.say("CAN YOU HELP ME")
    session.order("SUBST CAN (YOU WANT BE TO) (YOU WANT ME TO BE ABLE TO 4)")
    assert session.say("CAN YOU HELP ME") == "YOU WANT ME TO BE ABLE TO HELP YOU"


def test_keywords_are_in_the_buckets_of_the_original() -> None:
    """The hash of a keyword's first six characters is that of the program of 1965."""
    assert {word: bucket(word) for word in BUCKETS} == BUCKETS


def test_displa_prints_every_rule_and_the_memory(session: Session) -> None:
    """DISPLA goes through the buckets, NONE in the last of its own, and ends with the memory."""
    lines = session.order("DISPLA")
    rules = [lines[at + 1].split()[0] for at, line in enumerate(lines) if line == "*"]
    assert sorted(rules) == sorted(SCRIPT_1965.by_keyword)
    assert (rules[0], rules[-1]) == ("NOONE", "NONE")
    assert lines[lines.index("MEMORY LIST FOLLOWS") + 2 :] == [
        "0 YOUR 0 = LETS DISCUSS FURTHER WHY YOUR 3",
        "0 YOUR 0 = EARLIER YOU SAID YOUR 3",
        "0 YOUR 0 = BUT YOUR 3",
        "0 YOUR 0 = DOES THAT HAVE ANYTHING TO DO WITH THE FACT THAT YOUR 3",
    ]


def test_subst_replaces_a_reply_or_a_pattern(session: Session) -> None:
    """The first list that begins with the words of OLD is replaced; turns stay where they were."""
    session.say("always")
    session.order("(SUBST ALWAYS (WHEN) (AT WHAT TIME))")
    assert session.say("always") == "AT WHAT TIME"
    session.order("subst always (0) (0 always 0)")
    assert session.order("TYPE ALWAYS")[2] == "0 ALWAYS 0"


def test_append_adds_a_reply_after_the_last(session: Session) -> None:
    """A new reply is the last of the decomposition rule in which OLD is found."""
    session.order("APPEND ALWAYS (WHEN) (NOT ONLY NOW)")
    heard = [session.say("always") for _ in range(6)]
    assert heard[4:] == ["NOT ONLY NOW", "CAN YOU THINK OF A SPECIFIC EXAMPLE"]


def test_add_puts_a_rule_before_the_last(session: Session) -> None:
    """A new decomposition rule comes before the pattern (0), and after all others."""
    session.say("always")
    session.order("ADD ALWAYS ((0 ALWAYS LATE 0) (WHAT MAKES YOU LATE 4) (LATE FOR WHAT))")
    assert session.say("always late at work") == "WHAT MAKES YOU LATE AT WORK"
    assert session.say("always") == "WHEN"
    session.order("ADD HOW ((0 HOW MUCH 0) (IS MONEY ON YOUR MIND))")
    assert session.say("how much") == "IS MONEY ON YOUR MIND"
    assert session.say("how") == "WHY DO YOU ASK"


def test_rank_decides_which_keyword_is_first(session: Session) -> None:
    """A keyword of higher rank answers first from now on."""
    assert session.say("I remember coffee always") == "CAN YOU THINK OF A SPECIFIC EXAMPLE"
    session.order("RANK I 2")
    assert session.say("I remember coffee always") == "YOU SAY YOU REMEMBER COFFEE ALWAYS"


def test_a_new_keyword_is_inserted_with_a_star(session: Session) -> None:
    """`* (KEYWORD ...)` adds a rule, with its parentheses or without."""
    assert session.insert("* (COFFEE 3 ((0) (DO YOU SLEEP WELL)))") == []
    assert session.insert("* TEA (=COFFEE)") == []
    assert session.say("They drink tea") == "DO YOU SLEEP WELL"
    assert session.insert("* (TEA (=WHAT))")[0] == "CHANGE NOT RECOGNIZED"
    assert session.insert("* ()")[0] == "CHANGE NOT RECOGNIZED"


@pytest.mark.parametrize(
    ("instruction", "printed"),
    [
        ("", "CHANGE NOT RECOGNIZED"),
        ("HELP", "CHANGE NOT RECOGNIZED"),
        ("TYPE", "LIST NOT FOUND"),
        ("TYPE COFFEE", "LIST NOT FOUND"),
        ("TYPE NONE", "LIST NOT FOUND"),
        ("SUBST ALWAYS (COFFEE) (TEA)", "LIST NOT FOUND"),
        ("SUBST ALWAYS (WHEN)", "CHANGE NOT RECOGNIZED"),
        ("SUBST ALWAYS (WHEN", "CHANGE NOT RECOGNIZED"),
        ("SUBST ALWAYS (WHEN) (WHEN 7)", "CHANGE NOT RECOGNIZED"),
        ("APPEND ALWAYS (WHEN) (=COFFEE)", "CHANGE NOT RECOGNIZED"),
        ("ADD ALWAYS (0)", "CHANGE NOT RECOGNIZED"),
        ("ADD ALWAYS", "CHANGE NOT RECOGNIZED"),
        ("ADD ALWAYS (=WHAT)", "CHANGE NOT RECOGNIZED"),
        ("ADD ALWAYS ((0) (A))) (OTHER", "CHANGE NOT RECOGNIZED"),
        ("RANK ALWAYS HIGH", "CHANGE NOT RECOGNIZED"),
        ("RANK ALWAYS 99999999999", "CHANGE NOT RECOGNIZED"),
        ("RANK WIFE 3", "LIST NOT FOUND"),
    ],
)
def test_a_wrong_instruction_changes_nothing(
    session: Session, instruction: str, printed: str
) -> None:
    """What is no instruction, or would leave no script, is answered in the words of 1965."""
    machine, state = session.machine, session.state
    assert session.order(instruction)[0] == printed
    assert session.machine is machine
    assert session.state is state


def test_a_changed_script_can_be_written_and_read_again(session: Session) -> None:
    """The script after changes reads back as itself, without an error."""
    session.order("ADD ALWAYS ((0 ALWAYS LATE 0) (LATE FOR WHAT))")
    session.insert("* (COFFEE = TEA 3 ((0) (DO YOU SLEEP WELL)))")
    text = session.machine.script.to_text()
    assert parse(text) == session.machine.script
    assert check(text) == []


def test_the_memory_and_the_other_turns_are_kept() -> None:
    """A change of one rule leaves memories, LIMIT and the turns of all others as they are."""
    text = MINIMAL + "(A ((0) (ONE) (TWO)))\n(B ((0) (THREE) (FOUR)))"
    session = Session(Eliza(parse(text)))
    session.say("my dog", "a", "b")
    before = session.state
    session.order("APPEND A (ONE) (MORE)")
    assert session.state[0] == before[0]
    assert session.state[2] == before[2]
    assert session.say("b") == "FOUR"
    assert session.say("a") == "TWO"
    assert session.say("a") == "MORE"
