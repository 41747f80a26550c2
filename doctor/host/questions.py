"""What the host is asked about itself and the room, where one plain true sentence answers.

    WHO "who are you?"              HERE "who is here?"          SAID "what did Ada say?"
    ROLE "why are you so quiet?"    PRESENT "is Ben here?"       MISSED "what did I miss?"
    KEPT "is this saved?"           JUDGE "what is wrong with Ben?"   ...

Pure functions of text. The tables hold regular expressions of whole lines, in lower case and
without marks; they are tried in order, those that name a member first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OPENER: Final = "(?:(?:and|so|but|well|ok|okay|hey|hello|hi|please|oh|um|tell me|tell us) )*"
_WHO: Final = "(?P<who>.+?)"

#: Questions about a member, whom the group `who` names.
_ABOUT: Final[dict[str, tuple[str, ...]]] = {
    "PRIVATE": (
        (
            rf"what (?:did|does|has|do|have) {_WHO} (?:ever )?"
            r"(?:say|said|tell|told|talk|write|written)\b.* "
            r"(?:alone|in private|privately|in secret|secretly)"
        ),
        rf"what (?:do|else do) you know about {_WHO}",
    ),
    "SAID": (
        (
            rf"what (?:did|does|has|was it that|was it|is it that) {_WHO} (?:just |last |even )?"
            r"(?:say|says|said|tell|told|write|wrote|written|mean|saying)"
            r"(?: us| me| you| before| earlier| just now| again| last| here| so far)*"
            r"(?: (?:about|of|on) (?P<matter>.+))?"
        ),
        (
            rf"do you (?:still )?(?:remember|know|recall) what {_WHO} "
            r"(?:just )?(?:said|told us|wrote)"
            r"(?: here| before| earlier)*(?: (?:about|of|on) (?P<matter>.+))?"
        ),
        rf"what was {_WHO} (?:saying|talking about|telling us|telling)(?: .*)?",
        rf"what (?:did|does) {_WHO} (?!miss)(?P<matter>\S+)(?: about| of| last)?",
    ),
    "PRESENT": (
        (
            rf"(?:is|are) {_WHO} (?:still |even |back )?(?:here|there|around|online|back|gone|"
            r"in here|in the room|with us|present|left)(?: now| yet| again| still| too)*"
        ),
        rf"(?:has|did) {_WHO} (?:left|leave|gone|go|come|come back|come in)(?: .*)?",
        rf"where is {_WHO}",
    ),
    "TELL": (
        rf"(?:can you |could you |will you )?(?:ask|tell|greet) {_WHO}(?: .+)?",
        rf"(?:can you |could you |will you )?say .+ to {_WHO}(?: from me)?",
    ),
    "JUDGE": (
        rf"what(?: is|'s|s) (?:wrong|the matter|up) with {_WHO}",
        (
            rf"(?:is|does|do you think) {_WHO} (?:is |have |has )?"
            r"(?:really |just |being |so |a bit |a |an )*"
            r"(?:depressed|crazy|mad|sick|ill|lying|insane|normal|bipolar|autistic|psycho|psychopath|"
            r"narcissist|mental|stupid|disorder|depression|adhd|ptsd|a case)\b.*"
        ),
    ),
}

_THANKS: Final = "(?:thanks|thank you|thx|ty|cheers)"
_AFTER: Final = "(?: (?:so much|a lot|very much|for that|again|all|everyone|everybody|then|now))*"
_A_HUMAN: Final = (
    "(?:a |an |the |really |actually |just |even |some kind of |real )*"
    "(?:human|person|robot|bot|machine|program|computer|ai|chatbot|doctor|alive|real|therapist|"
    "psychologist|psychiatrist|somebody|someone|chatgpt|eliza)"
)
_THIS: Final = "(?:this|it|that|what (?:we|i) (?:say|write)|everything|our words|anything)"
_ANYONE: Final = "(?:anyone|anybody|others|other people|somebody|someone)"

#: Everything else that the host is asked or told.
_PLAIN: Final[dict[str, tuple[str, ...]]] = {
    "CALLED": ("(?:please )?help(?: me| us)?(?: please| now)*",),
    "WHO-SAID": (
        "who (?:said|wrote|told us|was it that said)(?: it)? (?:that |about |of )*(?P<matter>.+)",
    ),
    "PRIVATE": (
        (
            "(?:do you (?:know|remember)|can you (?:tell|say)|what do you know) .*"
            " (?:alone|in private|privately|in secret|secretly)(?: .*)?"
        ),
        "what (?:do|else do) you know about (?:me|us)",
    ),
    "HELLO": (
        (
            "(?:hello|hi|hey|hiya|good (?:morning|evening|afternoon))"
            "(?: there| everyone| everybody| all| again| both)*"
        ),
        "(?:i'm|im|i am) (?:back|here)(?: again)?",
    ),
    "THANKS": (f"(?:no |yes |ok )?{_THANKS}{_AFTER}",),
    "BYE": (f"(?:bye|goodbye|good night|goodnight|see you|bye bye|night){_AFTER}",),
    "HUSH": tuple(
        f"(?:just |can you |could you |will you |would you )?{said}"
        "(?: please| now| for a (?:while|moment|bit|minute))*"
        for said in (
            "(?:be quiet|shut up|quiet|silence|hush|say nothing)",
            "stop(?: talking| it| answering| interrupting)?",
            "stay (?:out|quiet|silent)(?: of (?:this|it))?",
            (
                "(?:don't|dont|do not|stop) (?:answer|interrupt|talk|butt in|interfere|"
                "say anything)"
                "(?:ing)?(?: .*)?"
            ),
            "let (?:us|me) (?:talk|speak)(?: .*)?",
            "leave us(?: alone)?",
        )
    ),
    "READ": (
        (
            "(?:did|have|do) you (?:even |really |actually |just |not )*"
            "(?:read|see|seen|hear|heard|get|notice|noticed|understand|understood) .*"
        ),
        "(?:don't|dont|didn't|didnt|can't|cant) you (?:read|see|hear|get|understand)(?: .*)?",
    ),
    "SORRY": (
        (
            "(?:that|this|it) "
            "(?:was|is|wasn't|isn't|wasnt|isnt|did not|didn't|didnt) "
            "(?:not |really |very |so |no |of no )*"
            "(?:help|helpful|help me|kind|nice|hurtful|wrong|rude|useful|use|useless|stupid|mean|"
            "funny|cruel|tactless|my point|what i (?:meant|said|asked|wanted))(?: .*)?"
        ),
        "that (?:hurt|hurts|made no sense|makes no sense)(?: .*)?",
        (
            "you (?:just |always |only |keep |keep on )*"
            "(?:said|repeat|repeats|repeated|repeating|quote|quoted|quoting|copy|parrot)(?: .*)?"
        ),
        (
            "you(?: are| were|'re|re)(?: not| no| really| so| being| just| very)* "
            "(?:help|helpful|helping|use|useful|useless|annoying|stupid|rude|listening|kidding)"
            "(?: .*)?"
        ),
        (
            "(?:why|what) (?:did|do|would|are|were) you (?:just |always |keep )*"
            "(?:say|saying|repeat|repeating|quote|quoting|ask|asking|write|read|tell|bring)(?: .*)?"
        ),
        "(?:stop|don't|dont|do not|please don't|please stop) (?:repeat|quot)(?:e|ing)?(?: .*)?",
        "what do you mean(?: .*)?",
        "i (?:do not|don't|dont) (?:understand|get) (?:you|that|what you .*|your .*)",
    ),
    "NOTED": (
        (
            r"(?:please )?(?:don't|dont|do not|no need to) "
            r"(?:analy[sz]e|comment|ask|worry|explain)\b.*"
        ),
        "(?:i am |i'm |im |i was )?(?:just |only )?(?:joking|kidding)(?: .*)?",
        r"(?:that|this|it)(?: is| was|'s|s) (?:just |only )?(?:a joke|irony|sarcasm)\b.*",
        "(?:i was|that was|this was) not (?:for|talking to|meant for) you(?: .*)?",
    ),
    "WHO": (
        "(?:who|what) (?:are you|is this)(?: exactly| really| anyway| again| actually)*",
        f"(?:are you|you are|is this) {_A_HUMAN}(?: or .*| at all| too| then| now)*",
        "are we talking (?:to|with) .*",
    ),
    "THERE": (
        "are you (?:still )?(?:there|here|listening|awake|reading|with us|online)(?: .*)?",
        "(?:you )?(?:still )?(?:there|listening)",
    ),
    "HERE": (
        (
            "who(?: is|'s|s)? ?(?:else |all |still )?(?:is )?"
            "(?:here|there|in here|around|online|present|with us|in (?:this|the) (?:room|group))"
            "(?: now| today| tonight| right now| with us| at the moment| still)*"
        ),
        "how many (?:of us )?(?:are|people are|members are)(?: .*)?",
        "is (?:anyone|anybody|someone|somebody) (?:else )?(?:here|there|around|online)",
        "(?:are we|am i) (?:alone|all here|the only one.*)(?: here| now)*",
    ),
    "MISSED": (
        "what did (?:i|we) miss",
        "what (?:has )?happened(?: so far| before| here)*",
        "what was said.*",
        "what did (?:we|they|everyone|everybody|people|you all|the others) (?:say|talk about).*",
        "what (?:are|were) (?:we|they|you all|you) (?:all )?talking about.*",
        "what (?:is|was) (?:this|it|the (?:topic|subject))(?: all)? about.*",
        "(?:can you |could you )?(?:sum|summari[sz]e|recap)(?: .*)?",
        "(?:can you |could you )?(?:give (?:us|me) )?(?:a )?(?:summary|recap)(?: .*)?",
    ),
    "KEPT": (
        (
            f"(?:is|are|will) (?:all )?{_THIS}(?: .*?)? ?(?:be |being |getting )?"
            "(?:saved|recorded|stored|logged|private|secret|confidential|anonymous|kept|public)"
            "(?: .*)?"
        ),
        "who (?:else )?(?:can|could|will|may|gets to) (?:read|see|look at|listen).*",
        f"can {_ANYONE}(?: else)? (?:read|see|look at|listen).*",
        "are you (?:writing|taking|recording|saving|storing|keeping|logging|noting) .*",
        (
            "do you (?:remember|keep|save|store|record|log|write down) "
            "(?:all|any|this|it|that|what|everything|our|my).*"
        ),
    ),
    "ROLE": (
        "what (?:can|do|could) you (?:do|do here|help with|help us with)",
        "what are you (?:for|doing)(?: here)?",
        "are you (?:of )?(?:any|a) (?:use|help|good)(?: .*)?",
        "what is your (?:job|role)(?: here)?",
        "why are you (?:here|so quiet|so silent|quiet|silent|not (?:answering|talking).*)",
        "why (?:don't|dont|do not|didn't|didnt) you (?:say|answer|talk|reply|speak)(?: .*)?",
        "why do you (?:say|talk) so little.*",
        "you (?:may|can|could|should) (?:say|answer|talk|speak)(?: .*)?",
        (
            "how (?:does (?:this|it|the room) work|do (?:i|we) (?:talk to|use|call|ask) "
            "(?:you|this))(?: .*)?"
        ),
    ),
    "PASS": (
        "what (?:do|would|did) you (?:think|say|suggest|advise|recommend|do|make)(?: .*)?",
        "what(?: is|'s|s) your (?:opinion|advice|view|take)(?: .*)?",
        "do you agree(?: .*)?",
        "do you have (?:any|an|some) (?:idea|ideas|advice|tips?|opinion).*",
        "do you think (?:so|he is right|she is right|that's right|that.*)",
        "(?:any|got any) (?:ideas?|advice|thoughts?|tips?|suggestions?)(?: .*)?",
        "(?:can|could) you (?:help|advise)(?: (?:me|us))?(?: .*)?",
        "what (?:should|can|shall|could) (?:i|we|he|she|they|one|you) (?:do|say|try)(?: .*)?",
        "(?:should|shall) we .*",
        "(?:are|did|do|were) we .*",
        "who(?: is|'s|s) right(?: .*)?",
        "your turn|and you|what about you|how about you|say something",
    ),
    # Thanks with a little more around them come last.
    "THANKS ": (r"(?:\S+ ){0,4}thank(?:s| you)\b.{0,40}",),
}
_SENTENCE_END: Final = re.compile(r"[.?!\u2026]+\s+")
_WORD: Final = re.compile(r"[\w'-]+")
_MARKS: Final = re.compile(r"[^\w' -]+")


def _compiled(table: dict[str, tuple[str, ...]]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (kind, re.compile(f"{_OPENER}(?:{said})"))
        for kind, every in table.items()
        for said in every
    )


_ABOUT_MEMBERS: Final = _compiled(_ABOUT)
_ABOUT_THE_ROOM: Final = _compiled(_PLAIN)
#: Characters of a question; a longer line asks more than one sentence can answer.
_LONGEST: Final = 120


class Question(NamedTuple):
    """What the host is asked, and about whom."""

    kind: str
    about: str = ""
    matter: str = ""  #: what it is asked about that member


def find_question(body: str, asker: str, names: Sequence[str]) -> Question | None:
    """Return what a line that is said to the host asks, None where a machine is to answer it.

    `names` are those of the members who are known; of others it is only asked whether they are
    here. The `asker` may say "I". Of several sentences the whole is tried, and then the last one.
    """
    known = {name.lower(): name for name in names}
    for text in (body, *_SENTENCE_END.split(body.rstrip(" .?!\u2026"))[-1:]):
        low = " ".join(_MARKS.sub(" ", text.lower().replace("\u2019", "'")).split())
        if not low:
            return Question("CALLED")
        found = _find_question(low, text, asker, known) if len(low) <= _LONGEST else None
        if found is not None:
            return found
    return None


def _name_in(text: str, low: str) -> str:
    """Return a word as it stands in a text, where it is a name by its capital; else nothing."""
    return next((w for w in _WORD.findall(text) if w.lower() == low and w.istitle()), "")


def _find_question(low: str, text: str, asker: str, known: Mapping[str, str]) -> Question | None:
    """Return what a sentence asks; `low` is the same in lower case and without marks."""
    for kind, pattern in _ABOUT_MEMBERS:
        found = pattern.fullmatch(low)
        if found is not None:
            about = asker if found["who"] in {"i", "me"} and kind == "SAID" else ""
            about = about or known.get(found["who"], "")
            if kind == "PRESENT" and not about:
                about = _name_in(text, found["who"])
            if about:
                return Question(kind, about, found.groupdict().get("matter") or "")
    for kind, pattern in _ABOUT_THE_ROOM:
        found = pattern.fullmatch(low)
        if found is not None:
            return Question(kind.strip(), "", found.groupdict().get("matter") or "")
    return None
