"""The modern doctor: a machine for scripts that are written in natural English.

Theory. A reply is chosen by what weighs most, in this order:

    1. care         a line about suicide or harm has its careful answer, whatever else is in it
    2. oddness      nothing to read, an address, numbers, noise, another language, the doctor's own
                    words, the same line again
    3. keywords     every keyword of every clause goes on one stack, the highest rank on top; a
                    clause of the patient's own ("I", "my") before another of the same rank, and a
                    later clause before an earlier one, because people come to the point
    4. memory       a line with nothing to hold on to takes up what was said before
    5. NONE         the clause with the most in it is mirrored, and asked about

Within a keyword the patterns are tried in the order of the script. What may be said takes turns:
first what was not said for longest, and among what was never said the line itself decides, so that
two patients do not hear the same first reply. A reply that was given in the last exchanges, or that
would not be a sound sentence with the patient's words in it, is refused, and the next is tried.

    line --clauses--> clauses --care--> ... --keywords--> pattern, components
         --reflection--> words turned round --spoken--> reply;  mind.State -> mind.State

A `Listener` is immutable and shared by all threads; a patient's state is a value of its own.
Nothing here reads a clock, a file or a random number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.english.tokenizer import Reader
from doctor.listener import state as mind
from doctor.listener.answering import Answering
from doctor.listener.care import Care
from doctor.listener.dates import ROWS
from doctor.listener.reassembly import CompiledRules, Keyword, Numbering, Template
from doctor.machine import Notes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from doctor.listener.helplines import Helplines
    from doctor.machine import Response, Trace, Visit
    from doctor.scripts.model import Extension, Script


class Listener:
    """A modern script made ready to answer. Immutable; any thread may call any method."""

    def __init__(
        self,
        script: Script,
        helplines: Helplines,
        *,
        zone: tzinfo | None = None,
    ) -> None:
        """Make `script` ready; `zone` is where dates are told in (None: this machine's zone)."""
        self.script = script
        self.has_care = bool(script.extension("CARE"))
        self.helplines = helplines
        self.zone = zone
        tagged = _tagged(script)
        numbers = Numbering(tagged)
        self.rules: dict[str, Keyword] = {
            rule.keyword.lower(): numbers.keyword(rule) for rule in script.rules
        }
        self.by_word = _by_word(self.rules, tagged)
        self.none = self.rules.pop("none")
        self.mirror = self._ways(numbers, "MIRROR")
        self.asked = self._ways(numbers, "ASKED")
        self.remember = self._ways(numbers, "REMEMBER")
        self.recall = self._says(numbers, "RECALL")
        self.greeting = self._says(numbers, "GREETING")
        self.returning = self._says(numbers, "RETURNING")
        self.repeated = self._ways(numbers, "REPEATED")
        self.cared = self._named("CARED")
        self.odd = {
            str(form.items[0]): numbers.ways(form.items[1:], form.line)
            for form in script.extension("ODD")
        }
        self.care = Care(script.extension("CARE"), tagged)
        self.careful = tuple(
            numbers.says(answers, form.line)
            for answers, form in zip(self.care.answers, script.extension("CARE"), strict=True)
        )
        self.dates = _dates(script)
        self.reader = Reader(_spelling(script), [*self.by_word, *_every_word(tagged)])

    def _named(self, name: str) -> Keyword | None:
        """Return the rule that an extension form names."""
        forms = [form for form in self.script.extension(name) if form.items]
        return self.rules.get(str(forms[0].items[0]).lower()) if forms else None

    def _ways(self, numbers: Numbering, name: str) -> CompiledRules:
        loose = name in {"MIRROR", "REMEMBER"}
        return CompiledRules(
            [
                way
                for form in self.script.extension(name)
                for way in numbers.ways(form.items, form.line, loose=loose).every
            ]
        )

    def _says(self, numbers: Numbering, name: str) -> tuple[Template, ...]:
        forms = self.script.extension(name)
        return tuple(say for form in forms for say in numbers.says(form.items, form.line))

    @property
    def keywords(self) -> int:
        """How many words of a patient's the script has an answer to."""
        return len(self.by_word)

    def start(self) -> mind.State:
        """Return the state of a new patient."""
        return mind.State()

    def greet(self, state: mind.State, visit: Visit, now: float) -> Response[mind.State]:
        """Return what a patient who comes is greeted with; a returning one is remembered."""
        answering = Answering(self, state, "", now, None)
        return answering.greet(visit)

    def respond(self, state: mind.State, line: str, now: float) -> Response[mind.State]:
        """Return the reply to a line, and the state after it; `state` itself stays as it is."""
        return Answering(self, state, line, now, None).answer()

    def explain(self, state: mind.State, line: str, now: float) -> Trace:
        """Return how `respond` makes the reply to the same line in the same state."""
        notes = Notes(line, ())
        reply, *_ = Answering(self, state, line, now, notes).answer()
        notes.add("reply", reply)
        return notes.trace()

    def pack(self, state: mind.State) -> bytes:
        """Return the state as at most 8 KiB, the same bytes for the same state."""
        return mind.pack(state)

    def unpack(self, packed: bytes) -> mind.State:
        """Return the state that was packed; raise `ValueError` for anything else."""
        return mind.unpack(packed)


def _tagged(script: Script) -> dict[str, tuple[str, ...]]:
    """Return the words that have each tag, by DLIST or by a TAG form, in lower case."""
    tagged = {tag: [word.lower() for word in words] for tag, words in script.tagged.items()}
    for form in script.extension("TAG"):
        name = str(form.items[0]).lstrip("/")
        listed = tagged.setdefault(name, [])
        listed += [str(word).lower() for word in form.items[1:]]
    return {tag: tuple(words) for tag, words in tagged.items()}


def _every_word(tagged: Mapping[str, Sequence[str]]) -> set[str]:
    return {word for words in tagged.values() for word in words}


def _by_word(
    rules: Mapping[str, Keyword], tagged: Mapping[str, Sequence[str]]
) -> dict[str, tuple[Keyword, ...]]:
    """Return the rules of each word: its own, then those of its tags."""
    found: dict[str, list[Keyword]] = {}
    for name, rule in rules.items():
        if name != "none" and not name.startswith("/"):
            found.setdefault(name, []).append(rule)
    for tag, words in tagged.items():
        rule_of_tag = rules.get("/" + tag.lower())
        if rule_of_tag is not None:
            for word in words:
                found.setdefault(word, []).append(rule_of_tag)
    return {word: tuple(listed) for word, listed in found.items()}


def _spelling(script: Script) -> dict[str, tuple[str, ...]]:
    """Return what each odd spelling stands for: SPELLING forms, and substitutions of rules."""
    spelling: dict[str, tuple[str, ...]] = {
        rule.keyword.lower(): (rule.substitution.lower(),)
        for rule in script.rules
        if rule.substitution is not None
    }
    for form in script.extension("SPELLING"):
        for item in form.items:
            if isinstance(item, tuple) and "=" in item:
                at = item.index("=")
                better = tuple(str(word).lower() for word in item[at + 1 :])
                spelling.update({str(word).lower(): better for word in item[:at]})
    return {word: better for word, better in spelling.items() if better and better != (word,)}


def _dates(script: Script) -> dict[str, tuple[str, ...]]:
    """Return the rows of DATES; a row that the script leaves out is in English."""
    rows = {name: tuple(words.split()) for name, words in ROWS.items()}
    for form in script.extension("DATES"):
        rows |= _rows(form)
    return rows


def _rows(form: Extension) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for item in form.items:
        if isinstance(item, tuple) and item and item[0] in ROWS:
            name = str(item[0])
            row = tuple(str(word) for word in item[1:])
            if len(row) >= {"DAYS": 7, "MONTHS": 12}.get(name, 1):
                found[name] = row
    return found
