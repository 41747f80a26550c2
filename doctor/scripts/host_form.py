"""The HOST form of a modern script: its parts, their slots, and plain defaults.

The doctor hosts rooms in which several people talk. Each part of the form is said on one occasion;
its texts take turns. `docs/host.md` has this table for people who write scripts.
"""

from __future__ import annotations

from typing import Final

from doctor.scripts.host_parts import ASKED, COMING, UNANSWERED, Part, part

HOST: Final = "HOST"
#: The part that lists what the host is called.
NAMES: Final = "NAMES"
#: What can be put into a text.
SLOTS: Final = ("NAME", "OTHERS", "OTHER", "QUOTE", "KIN")


_TOLD: Final = {
    "DEATH": part(
        "a member told of a death",
        "NAME KIN",
        "I am sorry about your KIN, NAME.",
    ),
    "ILLNESS": part(
        "a member told of an illness",
        "NAME KIN",
        "I am sorry that your KIN is ill, NAME.",
        "I am sorry to read that, NAME.",
    ),
    "TROUBLE": part(
        "a member told of trouble",
        "NAME",
        "Thank you for saying that, NAME.",
    ),
    "GLAD": part("a member told of something good", "NAME", "I am glad for you, NAME."),
    "PLAN": part("a member told of a plan", "NAME", "I hope that it goes well, NAME."),
    "TOLD": part(
        "it is told anything else",
        "NAME",
        "I have read that, NAME.",
        "I heard that, NAME.",
    ),
    "CALLED": part("its name is called, and nothing else said", "NAME", "Yes, NAME?"),
    "HELLO": part("it is greeted", "NAME", "Hello, NAME."),
    "THANKS": part("it is thanked", "NAME", "You are welcome, NAME."),
    "PRAISE": part("it is praised", "NAME", "Thank you, NAME."),
    "BYE": part("it is told goodbye", "NAME", "Goodbye, NAME."),
    "BYE-FAIR": part(
        "told goodbye and what was wrong, both",
        "NAME",
        "That is fair, NAME, and I am sorry. Thank you, and goodbye.",
    ),
    "NOTED": part("told not to ask, or that it was a joke", "NAME", "All right, NAME."),
    "ASKS-NOBODY": part(
        "told to hand nothing on to the others", "NAME", "All right, NAME. I ask nobody else."
    ),
    "LEAVES": part(
        "told to leave another member in peace",
        "NAME OTHER",
        "All right, NAME. I ask OTHER nothing more.",
    ),
    "LEAVES-YOU": part("told to ask NAME nothing", "NAME", "All right, NAME. I ask you nothing."),
    "HUSH": part("asked to be quiet", "", "All right. I will only listen until you call me."),
}

_ITSELF: Final = {
    "WHO": part("asked who or what it is", "", "I am the doctor, a program that hosts this room."),
    "ITSELF": part(
        "asked anything else about itself",
        "NAME",
        "I am a program, NAME. I keep what is said here and can find it again, and no more.",
    ),
    "ROLE": part(
        "asked what it does, or why it says so little",
        "",
        "I answer when I am called, or when nobody else does. Mostly this is your conversation.",
    ),
    "THERE": part("asked whether it is there", "NAME", "I am here, NAME, and I read every line."),
    "READ": part(
        "asked whether it read or understood something",
        "NAME",
        "I read every line, NAME. I am a program, and do not understand as people do.",
    ),
    "SLEEP": part("asked whether it sleeps", "NAME", "I do not sleep, NAME. I am a program."),
    "FEEL": part(
        "asked what it feels or has been through", "NAME", "I am a program, NAME. I feel nothing."
    ),
    "LIKES": part(
        "asked what or whom it likes", "NAME", "I have no favourites, NAME. I read all of you."
    ),
    "JOKE": part("asked for a joke", "NAME", "I only know what you tell me, NAME."),
    "INSULT": part("it is insulted", "NAME", "I have heard that, NAME. I take no offence."),
    "DOUBT": part(
        "told that it is only a machine", "NAME", "That is true, NAME. I am only a program."
    ),
    "OUTSIDE": part(
        "asked about the world outside",
        "NAME",
        "I know nothing of the world outside, NAME, only what is said here.",
    ),
    "ALONE-HOW": part(
        "asked how to talk with it alone",
        "NAME",
        "With /private you talk with me alone, NAME, and nobody here reads it.",
    ),
    "LEAVE": part("asked how to leave", "NAME", "/leave takes you out of this room, NAME."),
    "KEPT": part(
        "asked who reads what is said here",
        "",
        "What is said here is saved in the transcript, which everybody in the room can read.",
    ),
    "ERASE": part(
        "asked how to erase what was said",
        "NAME",
        "With /forget and its number you erase a line of your own, NAME.",
    ),
    "ABOVE": part("asked to say something again", "NAME", "It still stands above, NAME."),
    "PRIVATE": part(
        "asked what somebody said to it alone", "", "I know only what was said in this room."
    ),
    "HERE": part("asked who is here", "NAME OTHERS", "Here with you, NAME: OTHERS."),
    "ALONE": part("the same, and nobody else is", "NAME", "There are only you and me, NAME."),
    "PRESENT": part("asked for somebody who is here", "OTHER", "OTHER is here."),
    "PRESENT-SILENT": part(
        "the same, and they have not written yet", "OTHER", "OTHER is here and has not written yet."
    ),
    "NOT-YET": part(
        "asked whether somebody comes",
        "OTHER",
        "OTHER is not here now. Whether OTHER comes, I do not know.",
    ),
    "ABSENT": part("asked for somebody who is not", "OTHER", "OTHER is not here now."),
}

_SENT: Final = "I have sent you an answer that only you can see."
#: Danger; helplines go to the one alone.
_DANGER: Final = {
    "CARE": part(
        "somebody says that they are in danger",
        "NAME",
        f"Thank you for saying that here, NAME. {_SENT}",
        f"NAME, I take that seriously. {_SENT}",
        "That cannot have been easy to say, NAME. Please read what I have sent to you alone.",
    ),
    "CARE-ASK": part(
        "it is not certain that somebody is; said to the one alone, before the answer",
        "NAME",
        "NAME, only you can see this. If I have misread you, take no notice of it.",
    ),
    "CARE-OTHER": part(
        "somebody speaks of danger to somebody else",
        "NAME",
        f"Thank you for not keeping that to yourself, NAME. {_SENT}",
        f"NAME, that is a lot to carry for somebody else. {_SENT}",
    ),
    "CARE-MEMBER": part(
        "the same, and it is somebody who is here",
        "NAME OTHER",
        (
            f"Thank you for saying that, NAME. {_SENT} OTHER, you do not have to explain anything "
            "here. If NAME is right, you can also talk with me alone."
        ),
    ),
    "CARE-HARMING": part(
        "somebody may hurt somebody",
        "NAME",
        f"Let us take this slowly, NAME. {_SENT}",
        f"I take that seriously, NAME. {_SENT}",
    ),
    "CRUEL": part(
        "somebody tells others to die",
        "NAME",
        (
            "NAME, that is not said to anybody here. Whoever it was meant for: you can talk "
            "with me alone."
        ),
    ),
    "CARE-AFTER": part(
        "what is said right after that answers the host",
        "NAME",
        f"Thank you, NAME. {_SENT}",
        "I have read that, NAME, and sent you another message that only you can see.",
        "All right, NAME. Please read the new message that I have sent to you alone.",
    ),
    "ACCEPTED": part(
        "who was taken to be in danger says that they are not",
        "NAME",
        "All right, NAME. I take your word for it.",
    ),
    "MISREAD": part(
        "somebody says that a line was not about danger; NAME wrote it",
        "NAME",
        "I misread you, NAME, and I am sorry.",
    ),
    "MISREAD-OPENLY": part(
        "the same, and everybody was told of it",
        "NAME",
        "I misread you, NAME. I am sorry, and sorry that I did it in front of everybody.",
    ),
}

PARTS: Final[dict[str, Part]] = {
    **COMING, **UNANSWERED, **ASKED, **_TOLD, **_ITSELF, **_DANGER,
}  # fmt: skip
