"""The HOST form of a modern script: its parts, their slots, and plain defaults.

The doctor hosts rooms in which several people talk. Each part of the form is said on one occasion;
its texts take turns. `docs/host.md` has this table for people who write scripts.
"""

from __future__ import annotations

from typing import Final, NamedTuple

HOST: Final = "HOST"
#: The part that lists what the host is called.
NAMES: Final = "NAMES"
#: What can be put into a text.
SLOTS: Final = ("NAME", "OTHERS", "OTHER", "QUOTE")


class Part(NamedTuple):
    """One part of the form: when it is said, which slots its texts may have, the defaults."""

    when: str
    slots: tuple[str, ...]
    defaults: tuple[str, ...]


_NAME: Final = ("NAME",)

PARTS: Final[dict[str, Part]] = {
    # --- who comes ---
    "WELCOME": Part(
        "somebody comes into an empty room",
        _NAME,
        ("Welcome, NAME. You are the first here. Say my name when you want an answer from me.",),
    ),
    "WELCOME-AMONG": Part(
        "somebody comes while others are here",
        ("NAME", "OTHERS"),
        ("Welcome, NAME. OTHERS are here.",),
    ),
    "WELCOME-WITH": Part(
        "somebody comes while one other is here",
        ("NAME", "OTHER"),
        ("Welcome, NAME. OTHER is here.",),
    ),
    "BACK": Part(
        "somebody comes back soon after a line about danger",
        _NAME,
        ("Good that you are back, NAME.",),
    ),
    # --- a line that nobody answers ---
    "CONNECT": Part(
        "a line is like an earlier one of somebody else",
        ("NAME", "OTHER", "QUOTE"),
        (
            "Earlier OTHER told us: QUOTE NAME, is that something you know?",
            "NAME, OTHER said something near to that: QUOTE How is it alike for you, and how not?",
        ),
    ),
    "ECHO": Part(
        "one sentence of such a line is said again; OTHER where one other is here, else OTHERS",
        ("NAME", "OTHER", "OTHERS", "QUOTE"),
        ("QUOTE OTHER, do you know that?", "QUOTE OTHERS, what is it for you?", "NAME said: QUOTE"),
    ),
    "OPEN": Part(
        "a line of somebody's own is handed to the others; OTHER and OTHERS as in ECHO",
        ("NAME", "OTHER", "OTHERS"),
        (
            "Thank you, NAME. OTHER, do you know that?",
            "Thank you, NAME. Does anybody else know that, OTHERS?",
            "OTHER, what would you say to NAME?",
            "OTHERS, who would like to say something to what NAME told us?",
        ),
    ),
    "ASKED": Part(
        "a question is handed to the others",
        _NAME,
        ("NAME asks the room. Who has an answer?",),
    ),
    "ASKED-OF": Part(
        "a question to one member is not answered",
        ("NAME", "OTHER"),
        ("OTHER, NAME asked you something. You need not answer it.",),
    ),
    "INVITE": Part(
        "somebody has only listened for long",
        ("OTHER",),
        ("OTHER, if you would like to say something, there is room; listening is fine too.",),
    ),
    "STAY": Part(
        "nothing better is left to say",
        _NAME,
        ("I am listening, NAME.", "Go on, NAME, if you like.", "There is time, NAME."),
    ),
    # --- the host is called ---
    "CALLED": Part("its name is called, and nothing else said", _NAME, ("Yes, NAME?",)),
    "HELLO": Part("it is greeted", _NAME, ("Hello, NAME.",)),
    "THANKS": Part("it is thanked", _NAME, ("You are welcome, NAME.",)),
    "BYE": Part("it is told goodbye", _NAME, ("Goodbye, NAME.",)),
    "THERE": Part("asked whether it is there", _NAME, ("I am here, NAME, and read along.",)),
    "WHO": Part(
        "asked who or what it is",
        (),
        ("I am the doctor, a program that hosts this room.",),
    ),
    "ROLE": Part(
        "asked what it does, or why it says so little",
        (),
        ("I answer when I am called, or when nobody else does; the talking here is yours.",),
    ),
    "KEPT": Part(
        "asked who reads what is said here",
        (),
        ("What is said here is kept in the room's transcript, which everybody in it can read.",),
    ),
    "PRIVATE": Part(
        "asked what somebody said to it alone",
        (),
        ("I know nothing in this room but what was said in it.",),
    ),
    "HERE": Part("asked who is here", ("NAME", "OTHERS"), ("With you here, NAME: OTHERS.",)),
    "ALONE": Part("the same, and nobody else is", _NAME, ("Nobody but you and me, NAME.",)),
    "PRESENT": Part("asked for somebody who is here", ("OTHER",), ("OTHER is here.",)),
    "ABSENT": Part("asked for somebody who is not", ("OTHER",), ("OTHER is not here now.",)),
    "SAID": Part("asked what somebody said", ("OTHER", "QUOTE"), ("OTHER said: QUOTE",)),
    "NOTHING": Part(
        "the same, and nothing of it is known",
        ("OTHER",),
        ("I remember nothing that OTHER said here.",),
    ),
    "SAID-LAST": Part(
        "asked what somebody said about a matter that no line of theirs names",
        ("OTHER", "QUOTE"),
        ("About that I find nothing. What OTHER said last: QUOTE",),
    ),
    "NOBODY": Part(
        "asked who said something, and nobody is remembered",
        (),
        ("I remember nobody who said that.",),
    ),
    "TELL": Part(
        "asked to tell or ask another member something",
        ("NAME", "OTHER"),
        ("OTHER reads what you write here, NAME.",),
    ),
    "WITHHELD": Part(
        "the same, and it is too hard to be repeated",
        ("OTHER",),
        ("That is for OTHER to say again, or not.",),
    ),
    "MISSED": Part("asked what was said, and nothing was", (), ("Nothing was said yet.",)),
    "PASS": Part(
        "asked for its opinion or advice while others are here",
        ("NAME", "OTHERS"),
        ("A program has no opinion on that. OTHERS, what do you say to NAME?",),
    ),
    "JUDGE": Part(
        "asked what is wrong with another member",
        ("OTHER",),
        ("I judge and diagnose nobody. How it is with OTHER, OTHER can tell best.",),
    ),
    "HUSH": Part("asked to be quiet", (), ("Then I only listen, until you call me.",)),
    # --- danger; helplines go to the one alone ---
    "CARE": Part(
        "somebody says that they are in danger",
        _NAME,
        (
            (
                "Thank you for saying that here, NAME. I have written to you alone just now. "
                "Everybody else: nobody needs the right words, it helps to stay."
            ),
            (
                "NAME, I take that seriously, and you have an answer from me alone. "
                "You need not explain anything to us."
            ),
            "That was not easy to say, NAME. Please look at what I have written to you alone.",
        ),
    ),
    "CARE-OTHER": Part(
        "somebody speaks of danger to somebody else",
        _NAME,
        (
            (
                "Thank you for not keeping that to yourself, NAME. "
                "I have written to you alone what can be done."
            ),
            "NAME, that is a heavy thing to carry for somebody. I have written to you alone.",
        ),
    ),
    "CARE-MEMBER": Part(
        "the same, and it is somebody who is here",
        ("NAME", "OTHER"),
        (
            (
                "NAME, thank you for saying it. OTHER, nobody asks you to explain anything; "
                "if there is something in it, you can also talk with me alone."
            ),
        ),
    ),
    "CARE-HARMING": Part(
        "somebody may hurt somebody",
        _NAME,
        (
            "NAME, I have written to you alone. Let us go slowly here for a moment.",
            "That is serious, NAME, and you have an answer from me alone.",
        ),
    ),
    "CRUEL": Part(
        "somebody tells others to die",
        _NAME,
        ("NAME, nobody is told that here. Whoever it hit can talk with me alone.",),
    ),
    "CARE-AFTER": Part(
        "what is said right after that answers the host",
        _NAME,
        (
            "Thank you, NAME. I have answered you alone.",
            "I read that, NAME, and have written to you alone.",
            "All right, NAME. There is a line from me for you alone.",
        ),
    ),
}
