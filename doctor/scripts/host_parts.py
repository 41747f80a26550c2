"""The parts of the HOST form about members: who comes, what they ask and tell each other."""

from __future__ import annotations

from typing import Final, NamedTuple


class Part(NamedTuple):
    """One part of the form: when it is said, which slots its texts may have, the defaults."""

    when: str
    slots: tuple[str, ...]
    defaults: tuple[str, ...]


def part(when: str, slots: str, *defaults: str) -> Part:
    """Return a part whose texts may have some slots, with its defaults."""
    return Part(when, tuple(slots.split()), defaults)


COMING: Final = {
    "WELCOME": part(
        "somebody comes into an empty room",
        "NAME",
        "Welcome, NAME. You are the first one here. Say my name when you want an answer.",
    ),
    "WELCOME-AMONG": part(
        "somebody comes while others are here", "NAME OTHERS", "Welcome, NAME. OTHERS are here."
    ),
    "WELCOME-WITH": part(
        "somebody comes while one other is here", "NAME OTHER", "Welcome, NAME. OTHER is here."
    ),
    "BACK": part(
        "somebody comes back soon after a line about danger",
        "NAME",
        "Good that you are back, NAME.",
    ),
}

UNANSWERED: Final = {
    "YOU-SAID": part(
        "somebody's line is said again before what somebody else said about it",
        "NAME QUOTE",
        "NAME, you said: QUOTE",
    ),
    "CONNECT": part(
        "a line is like an earlier one of somebody else",
        "NAME OTHER QUOTE",
        "Earlier OTHER told us: QUOTE",
        "OTHER wrote about that earlier: QUOTE NAME, is it like that for you too?",
    ),
    "ECHO": part(
        "one sentence of somebody's own is said again and handed to the others",
        "NAME OTHERS QUOTE",
        "NAME told us: QUOTE OTHERS, what would you say to that?",
    ),
    "ASKED": part(
        "a question that nobody answered is handed to the others",
        "NAME OTHERS QUOTE",
        "NAME asked: QUOTE OTHERS, what would you say?",
    ),
    "ASKED-OF": part(
        "a question to one member is not answered",
        "NAME OTHER QUOTE",
        "OTHER, NAME asked you: QUOTE Answer only if you like.",
    ),
    "INVITE": part(
        "somebody has only listened for long",
        "OTHER",
        "OTHER, if you would like to say something, please do. Listening is fine too.",
    ),
    "HEAVY": part(
        "somebody told of trouble or of a turn in their life; QUOTE is their line",
        "NAME QUOTE",
        "NAME, I have read this: QUOTE",
        "QUOTE That is a lot, NAME.",
    ),
    "LISTEN": part(
        "one person talks, and everybody else is away or silent",
        "NAME",
        "Go on, NAME, if you like.",
        "I am reading, NAME.",
    ),
    "LISTEN-ASKED": part(
        "the same person asks what is for people to say",
        "NAME",
        "I cannot know that, NAME. What do you think yourself?",
    ),
    "STAY": part(
        "nothing better is left to say", "NAME", "Take your time, NAME.", "I am listening, NAME."
    ),
    "ALONE-TOLD": part(
        "somebody says something while nobody else is here",
        "NAME",
        "I have read that, NAME, but nobody else is here. With /private you talk with me alone.",
    ),
}

ASKED: Final = {
    "ADVICE-SAID": part(
        "asked for advice, and somebody else said something about the matter",
        "NAME OTHER QUOTE",
        "OTHER said about that: QUOTE",
    ),
    "ADVICE-TOLD": part(
        "the same, and somebody has just told NAME what may help",
        "NAME OTHER QUOTE",
        "OTHER told you, NAME: QUOTE",
    ),
    "ADVICE-FOR": part(
        "asked what would be good for another member; QUOTE is theirs",
        "NAME OTHER QUOTE",
        "OTHER said: QUOTE OTHER, what would help you most?",
    ),
    "ASK-MEMBER": part(
        "asked something about another member who said nothing of it",
        "NAME OTHER",
        "You can say that best, OTHER.",
    ),
    "PASS": part(
        "asked what is for people to say, and it is handed on",
        "NAME OTHERS",
        "I cannot know that, NAME. OTHERS?",
    ),
    "PASS-REST": part(
        "the same, of a second question in a line", "OTHERS", "The rest is for people. OTHERS?"
    ),
    "UNKNOWN": part(
        "the same, and nobody may be asked",
        "NAME",
        "That I do not know, NAME.",
        "I would only guess, NAME.",
    ),
    "UNKNOWN-REST": part(
        "the same, of a second question in a line", "", "The other thing I cannot know."
    ),
    "ONLY-THEY-KNOW": part(
        "asked something about another member who may not be asked",
        "NAME OTHER",
        "Only OTHER can say that, NAME.",
    ),
    "ASK-YOU": part(
        "told to ask NAME something; QUOTE is their own",
        "NAME QUOTE",
        "You wrote: QUOTE What is that like for you, NAME?",
    ),
    "ASK-FIRST": part(
        "the same, and they have told nothing", "NAME", "What brings you here, NAME?"
    ),
    "SAID": part("asked what somebody said", "NAME OTHER QUOTE", "OTHER said: QUOTE"),
    "ALSO": part("the same, before a second quotation", "NAME OTHER QUOTE", "And: QUOTE"),
    "LIST": part("one of what several members said", "NAME OTHER QUOTE", "OTHER: QUOTE"),
    "SAID-LAST": part(
        "asked what somebody said about a matter that no line of theirs names",
        "OTHER QUOTE",
        "I find nothing about that. The last thing that OTHER said was: QUOTE",
    ),
    "SILENT": part(
        "the same, and they are here and have not said anything yet",
        "OTHER",
        "OTHER is here and has not written anything yet.",
    ),
    "NO-MORE": part(
        "asked what else they said, and it was all repeated",
        "OTHER",
        "I find nothing else about that from OTHER.",
    ),
    "NOTHING": part(
        "the same, and nothing of it is known",
        "OTHER",
        "I do not remember that OTHER said anything here.",
    ),
    "WITHHELD": part(
        "the same, and it is too hard to be repeated",
        "OTHER",
        "I leave it to OTHER whether to say that again.",
    ),
    "NOBODY": part(
        "asked who said something, and nobody is remembered",
        "",
        "As far as I remember, nobody said that.",
    ),
    "MISSED": part("asked what was said, and nothing was", "", "Nothing has been said yet."),
    "RECALL": part(
        "the same, before what members said",
        "",
        "I cannot sum up, but I can repeat what was said.",
    ),
    "KEEPS": part(
        "asked what it remembers of all, before what members said",
        "",
        "Everything stays in the transcript of this room. I would begin with this:",
    ),
    "COMMON": part(
        "asked what members have in common, or what it sees in them; after what they said",
        "NAME",
        "What that has in common, you see better than I do.",
    ),
    "COMMON-WORD": part(
        "the same, where several used one word; QUOTE is that word",
        "OTHERS QUOTE",
        "The same word from OTHERS: QUOTE.",
    ),
    "TELL": part(
        "asked to tell or ask another member something",
        "NAME OTHER QUOTE",
        "OTHER, this is for you from NAME: QUOTE",
    ),
    "TELL-ASK": part(
        "asked to ask another member something",
        "NAME OTHER QUOTE",
        "OTHER, NAME would like to know: QUOTE",
    ),
    "TELL-SELF": part(
        "asked to tell another member, and not what",
        "NAME OTHER",
        "OTHER reads what you write here, NAME.",
    ),
    "KIND": part(
        "asked to say something kind to a member",
        "OTHER",
        "OTHER, thank you for what you told us here.",
    ),
    "KIND-WORD": part(
        "the same, about something that they told; QUOTE is what",
        "OTHER QUOTE",
        "OTHER, thank you for telling us about QUOTE.",
    ),
    "KIND-FROM": part(
        "the same, and OTHER said something good to NAME; QUOTE is that",
        "NAME OTHER QUOTE",
        "NAME, OTHER said to you: QUOTE",
    ),
    "JUDGE": part(
        "asked what is wrong with another member",
        "OTHER",
        "I do not judge or diagnose anybody. OTHER can tell us best how OTHER is doing.",
    ),
    "TOPIC": part(
        "asked to say something; QUOTE is what somebody said that others took up",
        "NAME OTHER QUOTE",
        "I can only go back to what is here. OTHER said: QUOTE",
    ),
    "APOLOGY": part("asked to say sorry to a member", "OTHER", "I am sorry, OTHER."),
    "SORRY": part(
        "told that what it said was wrong or no help",
        "NAME",
        "You are right, NAME. I am sorry.",
    ),
    "AGAIN": part(
        "the same, and a question is still open; QUOTE is that of OTHER",
        "OTHER OTHERS QUOTE",
        "OTHER asked: QUOTE OTHERS, what would you say?",
    ),
    "STEP-BACK": part(
        "told so twice within ten lines; for the next ten it answers only when it is called",
        "NAME",
        "I am sorry, NAME. For a while I only listen, and answer when I am called.",
    ),
    "BETTER": part(
        "somebody says better what the host has just said; QUOTE is that",
        "NAME QUOTE",
        "QUOTE Those are better words than mine, NAME.",
    ),
}
