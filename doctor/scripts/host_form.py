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
        ("Welcome, NAME. You are the first one here. Say my name when you want an answer.",),
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
            "Earlier OTHER told us: QUOTE NAME, is it like that for you too?",
            "OTHER wrote about that earlier: QUOTE NAME, does that sound familiar?",
        ),
    ),
    "ECHO": Part(
        "one sentence of a long line is said again; OTHER where one other is here, else OTHERS",
        ("NAME", "OTHER", "OTHERS", "QUOTE"),
        (
            "NAME told us: QUOTE OTHER, do you know something like that?",
            "NAME told us: QUOTE OTHERS, do you know something like that?",
        ),
    ),
    "OPEN": Part(
        "a line of somebody's own is handed to the others; OTHER and OTHERS as in ECHO",
        ("NAME", "OTHER", "OTHERS"),
        (
            "Thank you, NAME. OTHER, do you know something like that?",
            "Thank you, NAME. OTHERS, do you know something like that?",
            "OTHER, what would you say to NAME?",
            "OTHERS, what would you say to NAME?",
        ),
    ),
    "ASKED": Part(
        "a question is handed to the others",
        _NAME,
        ("NAME asked a question. Does anybody have an answer?",),
    ),
    "ASKED-OF": Part(
        "a question to one member is not answered",
        ("NAME", "OTHER"),
        ("OTHER, NAME asked you something. Answer only if you like.",),
    ),
    "INVITE": Part(
        "somebody has only listened for long",
        ("OTHER",),
        ("OTHER, if you would like to say something, please do. Listening is fine too.",),
    ),
    "STAY": Part(
        "nothing better is left to say",
        _NAME,
        ("I am listening, NAME.", "Go on if you like, NAME.", "Take your time, NAME."),
    ),
    # --- the host is called ---
    "CALLED": Part("its name is called, and nothing else said", _NAME, ("Yes, NAME?",)),
    "HELLO": Part("it is greeted", _NAME, ("Hello, NAME.",)),
    "THANKS": Part("it is thanked", _NAME, ("You are welcome, NAME.",)),
    "BYE": Part("it is told goodbye", _NAME, ("Goodbye, NAME.",)),
    "THERE": Part("asked whether it is there", _NAME, ("I am here, NAME, and I read every line.",)),
    "READ": Part(
        "asked whether it read something",
        _NAME,
        ("I read every line, NAME. I am a program, and do not understand as people do.",),
    ),
    "NOTED": Part("told not to ask, or that it was a joke", _NAME, ("All right, NAME.",)),
    "SORRY": Part(
        "told that what it said was no help, or asked why it said it",
        _NAME,
        ("I am sorry, NAME. I am a program, and I do not always say the right thing.",),
    ),
    "WHO": Part(
        "asked who or what it is",
        (),
        ("I am the doctor, a program that hosts this room.",),
    ),
    "ROLE": Part(
        "asked what it does, or why it says so little",
        (),
        ("I answer when I am called, or when nobody else does. Mostly this is your conversation.",),
    ),
    "KEPT": Part(
        "asked who reads what is said here",
        (),
        ("What is said here is saved in the transcript, which everybody in the room can read.",),
    ),
    "PRIVATE": Part(
        "asked what somebody said to it alone",
        (),
        ("I know only what was said in this room.",),
    ),
    "HERE": Part("asked who is here", ("NAME", "OTHERS"), ("Here with you, NAME: OTHERS.",)),
    "ALONE": Part("the same, and nobody else is", _NAME, ("There are only you and me, NAME.",)),
    "PRESENT": Part("asked for somebody who is here", ("OTHER",), ("OTHER is here.",)),
    "ABSENT": Part("asked for somebody who is not", ("OTHER",), ("OTHER is not here now.",)),
    "SAID": Part("asked what somebody said", ("OTHER", "QUOTE"), ("OTHER said: QUOTE",)),
    "NOTHING": Part(
        "the same, and nothing of it is known",
        ("OTHER",),
        ("I do not remember that OTHER said anything here.",),
    ),
    "SAID-LAST": Part(
        "asked what somebody said about a matter that no line of theirs names",
        ("OTHER", "QUOTE"),
        ("I find nothing about that. The last thing that OTHER said was: QUOTE",),
    ),
    "NOBODY": Part(
        "asked who said something, and nobody is remembered",
        (),
        ("As far as I remember, nobody said that.",),
    ),
    "TELL": Part(
        "asked to tell or ask another member something",
        ("NAME", "OTHER"),
        ("OTHER reads what you write here, NAME.",),
    ),
    "WITHHELD": Part(
        "the same, and it is too hard to be repeated",
        ("OTHER",),
        ("I leave it to OTHER whether to say that again.",),
    ),
    "MISSED": Part("asked what was said, and nothing was", (), ("Nothing has been said yet.",)),
    "RECALL": Part(
        "the same, before what members said",
        (),
        ("I cannot sum up, but I can repeat what was said.",),
    ),
    "PASS": Part(
        "asked for its opinion or advice while others are here",
        ("NAME", "OTHERS"),
        ("I am a program and cannot know that, NAME. OTHERS, what do you think?",),
    ),
    "JUDGE": Part(
        "asked what is wrong with another member",
        ("OTHER",),
        ("I do not judge or diagnose anybody. OTHER can tell us best how OTHER is doing.",),
    ),
    "HUSH": Part("asked to be quiet", (), ("All right. I will only listen until you call me.",)),
    # --- danger; helplines go to the one alone ---
    "CARE": Part(
        "somebody says that they are in danger",
        _NAME,
        (
            (
                "Thank you for saying that here, NAME. I have sent you a message that only you "
                "can see. Everybody else: you do not need to find the right words."
            ),
            (
                "NAME, I take that seriously, and I have sent you an answer that only you "
                "can see. You do not have to explain anything to us."
            ),
            (
                "That cannot have been easy to say, NAME. "
                "Please read the message that I have sent to you alone."
            ),
        ),
    ),
    "CARE-OTHER": Part(
        "somebody speaks of danger to somebody else",
        _NAME,
        (
            (
                "Thank you for not keeping that to yourself, NAME. "
                "I have sent you a message about what can be done. Only you can see it."
            ),
            (
                "NAME, that is a lot to carry for somebody else. "
                "I have sent you a message that only you can see."
            ),
        ),
    ),
    "CARE-MEMBER": Part(
        "the same, and it is somebody who is here",
        ("NAME", "OTHER"),
        (
            (
                "Thank you for saying that, NAME. I have sent you a message that only you can "
                "see. OTHER, you do not have to explain anything here. If NAME is right, you can "
                "also talk with me alone."
            ),
        ),
    ),
    "CARE-HARMING": Part(
        "somebody may hurt somebody",
        _NAME,
        (
            "NAME, I have sent you a message that only you can see. Let us take this slowly.",
            "I take that seriously, NAME, and I have sent you an answer that only you can see.",
        ),
    ),
    "CRUEL": Part(
        "somebody tells others to die",
        _NAME,
        (
            (
                "NAME, that is not said to anybody here. Whoever it was meant for: you can talk "
                "with me alone."
            ),
        ),
    ),
    "CARE-AFTER": Part(
        "what is said right after that answers the host",
        _NAME,
        (
            "Thank you, NAME. I have sent you an answer that only you can see.",
            "I have read that, NAME, and sent you another message that only you can see.",
            "All right, NAME. Please read the new message that I have sent to you alone.",
        ),
    ),
}
