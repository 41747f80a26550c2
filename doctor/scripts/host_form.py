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
SLOTS: Final = ("NAME", "OTHERS", "OTHER", "QUOTE", "KIN")


class Part(NamedTuple):
    """One part of the form: when it is said, which slots its texts may have, the defaults."""

    when: str
    slots: tuple[str, ...]
    defaults: tuple[str, ...]


def _part(when: str, slots: str, *defaults: str) -> Part:
    return Part(when, tuple(slots.split()), defaults)


_COMING: Final = {
    "WELCOME": _part(
        "somebody comes into an empty room",
        "NAME",
        "Welcome, NAME. You are the first one here. Say my name when you want an answer.",
    ),
    "WELCOME-AMONG": _part(
        "somebody comes while others are here", "NAME OTHERS", "Welcome, NAME. OTHERS are here."
    ),
    "WELCOME-WITH": _part(
        "somebody comes while one other is here", "NAME OTHER", "Welcome, NAME. OTHER is here."
    ),
    "BACK": _part(
        "somebody comes back soon after a line about danger",
        "NAME",
        "Good that you are back, NAME.",
    ),
}

_UNANSWERED: Final = {
    "YOU-SAID": _part(
        "somebody's line is said again before what somebody else said about it",
        "NAME QUOTE",
        "NAME, you said: QUOTE",
    ),
    "CONNECT": _part(
        "a line is like an earlier one of somebody else",
        "NAME OTHER QUOTE",
        "Earlier OTHER told us: QUOTE",
        "OTHER wrote about that earlier: QUOTE NAME, is it like that for you too?",
    ),
    "ECHO": _part(
        "one sentence of somebody's own is said again and handed to the others",
        "NAME OTHERS QUOTE",
        "NAME told us: QUOTE OTHERS, what would you say to that?",
    ),
    "ASKED": _part(
        "a question that nobody answered is handed to the others",
        "NAME OTHERS QUOTE",
        "NAME asked: QUOTE OTHERS, what would you say?",
    ),
    "ASKED-OF": _part(
        "a question to one member is not answered",
        "NAME OTHER QUOTE",
        "OTHER, NAME asked you: QUOTE Answer only if you like.",
    ),
    "INVITE": _part(
        "somebody has only listened for long",
        "OTHER",
        "OTHER, if you would like to say something, please do. Listening is fine too.",
    ),
    "STAY": _part(
        "nothing better is left to say", "NAME", "Take your time, NAME.", "I am listening, NAME."
    ),
    "ALONE-TOLD": _part(
        "somebody says something while nobody else is here",
        "NAME",
        "I have read that, NAME, but nobody else is here. With /private you talk with me alone.",
    ),
}

_ASKED: Final = {
    "ADVICE-SAID": _part(
        "asked for advice, and somebody else said something about the matter",
        "NAME OTHER OTHERS QUOTE",
        "OTHER said about that: QUOTE",
    ),
    "ADVICE-TOLD": _part(
        "the same, and somebody has just told NAME what may help",
        "NAME OTHER OTHERS QUOTE",
        "OTHER told you, NAME: QUOTE",
    ),
    "ADVICE-FOR": _part(
        "asked what would be good for another member; QUOTE is theirs",
        "NAME OTHER OTHERS QUOTE",
        "OTHER said: QUOTE OTHER, what would help you most?",
    ),
    "ASK-ON": _part(
        "the same, and nobody did; QUOTE is the question",
        "NAME OTHERS QUOTE",
        "QUOTE I am no expert, NAME. OTHERS, what do you know about it?",
    ),
    "ASK-OPINION": _part(
        "asked what it thinks of something; QUOTE is the question",
        "NAME OTHERS QUOTE",
        "QUOTE I cannot judge that, NAME. OTHERS, what do you think?",
    ),
    "ASK-FACT": _part(
        "asked anything else; QUOTE is the question",
        "NAME OTHERS QUOTE",
        "QUOTE I do not know, NAME. OTHERS, do you?",
    ),
    "ASK-MEMBER": _part(
        "asked something about another member who said nothing of it; QUOTE is the question",
        "NAME OTHER QUOTE",
        "OTHER, NAME asks: QUOTE You can say that best.",
    ),
    "PASS": _part(
        "asked something in too few words to be said again",
        "NAME OTHERS",
        "I am a program and cannot know that, NAME. OTHERS, what do you think?",
    ),
    "SAID": _part("asked what somebody said", "OTHER QUOTE", "OTHER said: QUOTE"),
    "SAID-LAST": _part(
        "asked what somebody said about a matter that no line of theirs names",
        "OTHER QUOTE",
        "I find nothing about that. The last thing that OTHER said was: QUOTE",
    ),
    "SILENT": _part(
        "the same, and they are here and have not said anything yet",
        "OTHER",
        "OTHER is here and has not written anything yet.",
    ),
    "NOTHING": _part(
        "the same, and nothing of it is known",
        "OTHER",
        "I do not remember that OTHER said anything here.",
    ),
    "WITHHELD": _part(
        "the same, and it is too hard to be repeated",
        "OTHER",
        "I leave it to OTHER whether to say that again.",
    ),
    "NOBODY": _part(
        "asked who said something, and nobody is remembered",
        "",
        "As far as I remember, nobody said that.",
    ),
    "MISSED": _part("asked what was said, and nothing was", "", "Nothing has been said yet."),
    "RECALL": _part(
        "the same, before what members said",
        "",
        "I cannot sum up, but I can repeat what was said.",
    ),
    "KEEPS": _part(
        "asked what it remembers of all, before what members said",
        "",
        "Everything stays in the transcript of this room. I would begin with this:",
    ),
    "COMMON": _part(
        "asked what members have in common, or what it sees in them; after what they said",
        "NAME",
        "What that has in common, you see better than I do.",
    ),
    "COMMON-WORD": _part(
        "the same, where several used one word; QUOTE is that word",
        "OTHERS QUOTE",
        "The same word from OTHERS: QUOTE.",
    ),
    "TELL": _part(
        "asked to tell or ask another member something",
        "NAME OTHER QUOTE",
        "OTHER, this is for you from NAME: QUOTE",
        "OTHER reads what you write here, NAME.",
    ),
    "KIND": _part(
        "asked to say something kind to a member who told nothing special",
        "OTHER",
        "OTHER, thank you for what you told us here.",
    ),
    "JUDGE": _part(
        "asked what is wrong with another member",
        "OTHER",
        "I do not judge or diagnose anybody. OTHER can tell us best how OTHER is doing.",
    ),
    "TOPIC": _part(
        "asked to say something; QUOTE is what somebody said that others took up",
        "NAME OTHER OTHERS QUOTE",
        "I can only go back to what is here. OTHER said: QUOTE",
    ),
    "APOLOGY": _part("asked to say sorry to a member", "OTHER", "I am sorry, OTHER."),
    "SORRY": _part(
        "told that what it said was wrong or no help",
        "NAME",
        "You are right, NAME. I am sorry.",
    ),
    "AGAIN": _part(
        "the same, and a question is still open; QUOTE is that of OTHER",
        "OTHER OTHERS QUOTE",
        "OTHER asked: QUOTE OTHERS, what would you say?",
    ),
    "STEP-BACK": _part(
        "told so twice within ten lines; for the next ten it answers only when it is called",
        "NAME",
        "I am sorry, NAME. For a while I only listen, and answer when I am called.",
    ),
    "BETTER": _part(
        "somebody says better what the host has just said; QUOTE is that",
        "NAME QUOTE",
        "QUOTE Those are better words than mine, NAME.",
    ),
}

_TOLD: Final = {
    "DEATH": _part(
        "a member told of a death",
        "NAME KIN",
        "I am sorry about your KIN, NAME.",
    ),
    "ILLNESS": _part(
        "a member told of an illness",
        "NAME KIN",
        "I am sorry that your KIN is ill, NAME.",
        "I am sorry to read that, NAME.",
    ),
    "TROUBLE": _part(
        "a member told of trouble",
        "NAME OTHERS",
        "Thank you for saying that, NAME.",
    ),
    "GLAD": _part("a member told of something good", "NAME", "I am glad for you, NAME."),
    "PLAN": _part("a member told of a plan", "NAME", "I hope that it goes well, NAME."),
    "TOLD": _part(
        "it is told anything else",
        "NAME OTHERS",
        "I have read that, NAME.",
        "I heard that, NAME. OTHERS, what do you say?",
    ),
    "TOLD-OF": _part(
        "it is told something about another member",
        "NAME OTHER",
        "OTHER, that was about you. Answer only if you like.",
    ),
    "CALLED": _part("its name is called, and nothing else said", "NAME", "Yes, NAME?"),
    "HELLO": _part("it is greeted", "NAME", "Hello, NAME."),
    "THANKS": _part("it is thanked", "NAME", "You are welcome, NAME."),
    "PRAISE": _part("it is praised", "NAME", "Thank you, NAME."),
    "BYE": _part("it is told goodbye", "NAME", "Goodbye, NAME."),
    "NOTED": _part("told not to ask, or that it was a joke", "NAME", "All right, NAME."),
    "HUSH": _part("asked to be quiet", "", "All right. I will only listen until you call me."),
}

_ITSELF: Final = {
    "WHO": _part("asked who or what it is", "", "I am the doctor, a program that hosts this room."),
    "ROLE": _part(
        "asked what it does, or why it says so little",
        "",
        "I answer when I am called, or when nobody else does. Mostly this is your conversation.",
    ),
    "THERE": _part("asked whether it is there", "NAME", "I am here, NAME, and I read every line."),
    "READ": _part(
        "asked whether it read or understood something",
        "NAME",
        "I read every line, NAME. I am a program, and do not understand as people do.",
    ),
    "SLEEP": _part("asked whether it sleeps", "NAME", "I do not sleep, NAME. I am a program."),
    "FEEL": _part(
        "asked what it feels or has been through", "NAME", "I am a program, NAME. I feel nothing."
    ),
    "LIKES": _part(
        "asked what or whom it likes", "NAME", "I have no favourites, NAME. I read all of you."
    ),
    "JOKE": _part("asked for a joke", "NAME", "I only know what you tell me, NAME."),
    "INSULT": _part("it is insulted", "NAME", "I have heard that, NAME. I take no offence."),
    "DOUBT": _part(
        "told that it is only a machine", "NAME", "That is true, NAME. I am only a program."
    ),
    "OUTSIDE": _part(
        "asked about the world outside",
        "NAME",
        "I know nothing of the world outside, NAME, only what is said here.",
    ),
    "ALONE-HOW": _part(
        "asked how to talk with it alone",
        "NAME",
        "With /private you talk with me alone, NAME, and nobody here reads it.",
    ),
    "LEAVE": _part("asked how to leave", "NAME", "/leave takes you out of this room, NAME."),
    "KEPT": _part(
        "asked who reads what is said here",
        "",
        "What is said here is saved in the transcript, which everybody in the room can read.",
    ),
    "PRIVATE": _part(
        "asked what somebody said to it alone", "", "I know only what was said in this room."
    ),
    "HERE": _part("asked who is here", "NAME OTHERS", "Here with you, NAME: OTHERS."),
    "ALONE": _part("the same, and nobody else is", "NAME", "There are only you and me, NAME."),
    "PRESENT": _part("asked for somebody who is here", "OTHER", "OTHER is here."),
    "ABSENT": _part("asked for somebody who is not", "OTHER", "OTHER is not here now."),
}

_SENT: Final = "I have sent you an answer that only you can see."
#: Danger; helplines go to the one alone.
_DANGER: Final = {
    "CARE": _part(
        "somebody says that they are in danger",
        "NAME",
        f"Thank you for saying that here, NAME. {_SENT}",
        f"NAME, I take that seriously. {_SENT}",
        "That cannot have been easy to say, NAME. Please read what I have sent to you alone.",
    ),
    "CARE-ASK": _part(
        "it is not certain that somebody is; said to the one alone, before the answer",
        "NAME",
        "NAME, only you can see this. If I have misread you, take no notice of it.",
    ),
    "CARE-OTHER": _part(
        "somebody speaks of danger to somebody else",
        "NAME",
        f"Thank you for not keeping that to yourself, NAME. {_SENT}",
        f"NAME, that is a lot to carry for somebody else. {_SENT}",
    ),
    "CARE-MEMBER": _part(
        "the same, and it is somebody who is here",
        "NAME OTHER",
        (
            f"Thank you for saying that, NAME. {_SENT} OTHER, you do not have to explain anything "
            "here. If NAME is right, you can also talk with me alone."
        ),
    ),
    "CARE-HARMING": _part(
        "somebody may hurt somebody",
        "NAME",
        f"Let us take this slowly, NAME. {_SENT}",
        f"I take that seriously, NAME. {_SENT}",
    ),
    "CRUEL": _part(
        "somebody tells others to die",
        "NAME",
        (
            "NAME, that is not said to anybody here. Whoever it was meant for: you can talk "
            "with me alone."
        ),
    ),
    "CARE-AFTER": _part(
        "what is said right after that answers the host",
        "NAME",
        f"Thank you, NAME. {_SENT}",
        "I have read that, NAME, and sent you another message that only you can see.",
        "All right, NAME. Please read the new message that I have sent to you alone.",
    ),
    "ACCEPTED": _part(
        "who was taken to be in danger says that they are not",
        "NAME",
        "All right, NAME. I take your word for it.",
    ),
    "MISREAD": _part(
        "somebody says that a line was not about danger; NAME wrote it",
        "NAME",
        "I misread you, NAME, and I am sorry.",
    ),
    "MISREAD-OPENLY": _part(
        "the same, and everybody was told of it",
        "NAME",
        "I misread you, NAME. I am sorry, and sorry that I did it in front of everybody.",
    ),
}

PARTS: Final[dict[str, Part]] = {
    **_COMING, **_UNANSWERED, **_ASKED, **_TOLD, **_ITSELF, **_DANGER,
}  # fmt: skip
