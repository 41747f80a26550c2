"""Check the forms that only a modern script has; those of CARE most closely.

A mistake in a CARE form is silent: a phrase that never matches misses somebody in danger, and one
that matches ordinary words asks everybody whether they are safe. What is found here keeps no script
from being played; each fault names the line, and what to write instead.

    (* to die)                a set where a sequence was meant: every phrase with it also matches
                              "to" alone
    (PHRASE (want to die))    an unknown name: the phrases are never looked for
    (want (to die))           a list that matches nothing
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.english.clause_types import KINDS, OWNERS, TONES
from doctor.english.lexicon import words
from doctor.english.tagger import mark_of
from doctor.english.tokenizer import Tokenizer
from doctor.scripts.model import (
    ALSO_KINDS,
    CARE_PARTS,
    FACT_KINDS,
    KINDS_OF_WORD,
    MEANT_PARTS,
    ODD_KINDS,
    QUESTION_KINDS,
    TIERS,
    Assemble,
    PlacedItems,
    Position,
    position_of,
)
from doctor.scripts.modern import spellings, tagged_words
from doctor.scripts.sexpr import DIGITS, WARNING, ScriptFault
from doctor.scripts.similar import closest, did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from doctor.scripts.model import Extension, Item, Script

#: Words that only join other words: nobody is in danger because of one of them.
_JOINING: Final = words(
    "a an the my your his its our their to of at by for from with and or nor but that than as "
    "if because when while who what how why which where i no not"
)
#: Words that stand for people and things: in a set beside "her" they mix nothing.
_PRONOUNS: Final = words(
    "someone somebody anyone anybody everyone everybody nobody no-one noone something anything "
    "everything nothing people others"
)
_OPEN_CLASSES: Final = frozenset("NVBG")  # nouns and adjectives, verbs in their forms
#: The lists of a CARE form by which lines are found.
_FINDING: Final = frozenset(("PHRASES", "TOGETHER", "AFTER"))
#: Forms of rules with patterns, besides CARE.
_PATTERNED: Final = words("MIRROR ASKED REMEMBER REPEATED ODD MEANT FACTS")
_END: Final = "."  # in a phrase: here the sentence ends


def review_forms(script: Script, names: Iterable[str], *, whole: bool) -> list[ScriptFault]:
    """Return the warnings about the forms of a modern script; `names` are those of all forms.

    A script that is not `whole` has faults, and may have forms that could not be read.
    """
    reviewer = _FormReviewer(script)
    reviewer.check_names(names)
    reviewer.check_simple_forms()
    reviewer.check_tags()
    reviewer.check_heads()
    reviewer.check_care(whole=whole)
    return reviewer.warnings


class _FormReviewer:
    def __init__(self, script: Script) -> None:
        self.script = script
        self.warnings: list[ScriptFault] = []
        self.tagged: Mapping[str, tuple[str, ...]] = tagged_words(script)
        self.tokenizer = Tokenizer(
            spellings(script), {w for ws in self.tagged.values() for w in ws}
        )

    def warn(self, where: Position | Extension | Item, message: str, remedy: str) -> None:
        position = where if isinstance(where, Position) else position_of(where)
        self.warnings.append(ScriptFault(position.line, position.column, WARNING, message, remedy))

    # --- names -----------------------------------------------------------------------------------

    def check_names(self, names: Iterable[str]) -> None:
        """Find rules that were meant as forms: (MIROR ...)."""
        for rule in self.script.rules:
            near = nearest(rule.keyword, names) if rule.keyword.isupper() else ""
            if near:
                message = f"{rule.keyword} is no form, and is read as the rule of a keyword"
                self.warn(
                    rule.position, message, f"write ({near} ...), or the keyword in lower case"
                )

    def check_simple_forms(self) -> None:
        for form in self.script.extension("STYLE"):
            if form.items[:1] != ("MODERN",):
                message = f"the style {_shown(form.items[:1])} is unknown, and read as MODERN"
                self.warn(form, message, "write (STYLE MODERN)")
        for form in self.script.extension("ODD"):
            kind = str(form.items[0])
            if kind not in ODD_KINDS:
                known = closest(kind, ODD_KINDS) or ", ".join(sorted(ODD_KINDS))
                self.warn(form, f"no line is odd in the way {kind}", f"write one of these: {known}")
        self.check_meant()
        keywords = {rule.keyword.lower() for rule in self.script.rules}
        for form in self.script.extension("CARED"):
            if not form.items or str(form.items[0]).lower() not in keywords:
                message = f"CARED names {_shown(form.items[:1]) or 'nothing'}, which has no rule"
                self.warn(form, message, "name the keyword of a rule: (CARED after-care)")
        self.check_named_rules("ABOUT", FACT_KINDS[1:], keywords)
        self.check_named_rules("ANSWERED", QUESTION_KINDS[1:], keywords)
        self.check_named_rules("ALSO", ALSO_KINDS, keywords)
        returning = self.script.extension("RETURNING")
        texts = [text for form in returning for text in form.items if isinstance(text, tuple)]
        if texts and all({"MEMORY", "WHEN"} & _slots(text) for text in texts):
            message = "no greeting in RETURNING can be said to a patient of whom nothing is known"
            self.warn(returning[0], message, "add one without MEMORY and WHEN")

    def check_meant(self) -> None:
        """Find unknown lists of MEANT, a table of scores that does not ship, and what lacks."""
        for form in self.script.extension("MEANT"):
            for part in form.items:
                name = part[0] if isinstance(part, tuple) and part else part
                if not isinstance(name, str) or name not in MEANT_PARTS:
                    near = closest(str(name), MEANT_PARTS) or "one of " + ", ".join(
                        sorted(MEANT_PARTS)
                    )
                    self.warn(part, f"MEANT has an unknown list: {name}", f"write {near}")
        for form in self.script.extension("SCORE"):
            if form.items != ("ENGLISH",):
                message = f"there is no table of scores {_shown(form.items)}"
                self.warn(form, message, "write (SCORE ENGLISH), or leave the form out")
        asks = any(part[:1] == ("ASKS",) for form in self.script.extension("CARE")
                   for part in form.items if isinstance(part, tuple))  # fmt: skip
        if asks and not self.script.extension("MEANT"):
            where = self.script.extension("CARE")[0]
            message = "ASKS asks what is meant, and no form MEANT says how it is answered"
            self.warn(where, message, "add (MEANT (YES ((yes) 0)) (NO ((no) 0)) ...)")

    def check_named_rules(self, name: str, kinds: Sequence[str], keywords: set[str]) -> None:
        """Find forms such as (ABOUT DED mourned), whose kind or rule does not exist."""
        for form in self.script.extension(name):
            kind, word = (*map(_shown, ((each,) for each in form.items)), "", "")[:2]
            if kind not in kinds:
                near = closest(kind, kinds) or "one of " + ", ".join(kinds)
                self.warn(
                    form, f"{name} does not know the kind {kind or 'of nothing'}", f"write {near}"
                )
            elif word.lower() not in keywords:
                message = f"{name} {kind} names {word or 'nothing'}, which has no rule"
                self.warn(form, message, f"name the keyword of a rule: ({name} {kind} keyword)")

    def check_tags(self) -> None:
        """Find tags in the patterns of forms that no word has; those of CARE, with its phrases."""
        for form in self.script.extensions:
            if form.name in _PATTERNED:
                for item, parent in _lists_in(form.items, form):
                    self.check_element(item, parent)

    def check_element(self, element: Item, where: Extension | Item) -> None:
        for tag in _tags_of(element):
            if tag not in self.tagged and tag not in KINDS_OF_WORD:
                remedy = f"write (TAG {tag} word ...), or correct the tag"
                names = (*self.tagged, *KINDS_OF_WORD)
                self.warn(where, f"no word has the tag {tag}", did_you_mean(tag, names, remedy))

    def check_heads(self) -> None:
        """Find questions for types of clauses that do not exist: (AND/EVNT And then?)."""
        known = KINDS | OWNERS | TONES
        for rule in self.script.rules:
            for decomposition in rule.decompositions:
                for each in decomposition.reassemblies:
                    head = str(each.terms[0]) if isinstance(each, Assemble) and each.terms else ""
                    if not head.startswith(("ASK/", "AND/", "FOR/")):
                        continue
                    for name in head.split("/")[1:]:
                        if name not in known:
                            near = closest(name, known) or "one of " + ", ".join(sorted(known))
                            message = f"no clause is of the type {name}"
                            self.warn(each.position, message, f"write {near}")

    # --- care ------------------------------------------------------------------------------------

    def check_care(self, *, whole: bool) -> None:
        forms = self.script.extension("CARE")
        if not forms and whole:
            message = "the script has no CARE form: danger is answered like anything else"
            remedy = (
                "add one: (CARE SELF (PHRASES (kill myself)) (ANSWERS (Are you safe? HELPLINES)))"
            )
            self.warn(self.script.position, message, remedy)
        for form in forms:
            parts = [item for item in form.items[1:] if isinstance(item, tuple)]
            if len(parts) < len(form.items) - 1:
                loose = next(item for item in form.items[1:] if isinstance(item, str))
                self.warn(loose, f"{loose} has no meaning in CARE", "put it into one of the lists")
            for part in parts:
                self.check_part(form, part)
            self.check_answers(form, [_as_meant(part) for part in parts])

    def check_part(self, form: Extension, part: tuple[Item, ...]) -> None:
        name = part[0] if part and isinstance(part[0], str) else ""
        if name not in CARE_PARTS:
            near = closest(name, CARE_PARTS) or "one of " + ", ".join(sorted(CARE_PARTS))
            message = f"CARE {_shown(form.items[:1])} has an unknown list: {name or _shown(part)}"
            self.warn(part, message, f"write {near}")
            return
        items = part[1:]
        if name in {"TIER", "WITHIN"}:
            self.check_name(part, name)
            return
        if name in {"ANSWERS", "ASKS"}:
            return
        if name == "AFTER":
            words_before = items[0] if items else ()
            if not words_before or isinstance(words_before, str):
                self.warn(
                    part, "AFTER begins with no list of words", "write (AFTER (died) (phrase))"
                )
            items = items[1:]
        for item in items:
            if isinstance(item, str):
                message = f"{item} is between the phrases of {name}, and is not looked for"
                self.warn(item, message, "put each phrase in parentheses: (want to die)")
                return
            self.check_phrase(item, part)

    def check_name(self, part: tuple[Item, ...], name: str) -> None:
        """Find a tier or a kind that is none."""
        kinds = [str(form.items[0]) for form in self.script.extension("CARE") if form.items]
        known = TIERS if name == "TIER" else kinds
        for word in map(str, part[1:] or ("",)):
            if word not in known:
                near = closest(word, known) or "one of " + ", ".join(dict.fromkeys(known))
                what = "no tier of danger" if name == "TIER" else "the name of no CARE form"
                self.warn(part, f"{word or 'nothing'} is {what}", f"write {near}")

    def check_phrase(self, phrase: tuple[Item, ...], part: tuple[Item, ...]) -> None:
        where = phrase if isinstance(phrase, PlacedItems) else part
        for element in phrase:
            self.check_element(element, where)
            if isinstance(element, tuple) and _is_mixed(_words_of(element)):
                shown = _shown((element,))
                message = f"{shown} is a set, and mixes words that join with words that tell"
                remedy = "write what belongs together without *, or make two phrases of it"
                self.warn(where, f"{message}: in ({_shown(phrase)})", remedy)
        why = self.why_never(phrase)
        if why:
            self.warn(where, f"the phrase ({_shown(phrase)}) never matches: {why}", "correct it")

    def why_never(self, phrase: tuple[Item, ...]) -> str:
        """Return why no line can match a phrase; empty if one can."""
        telling = False
        for element in phrase:
            if isinstance(element, str):
                if element == _END or element.isdigit():
                    continue
                if element[0] in "*/":
                    return f"write ({element}), in parentheses of its own"
                listed: tuple[str, ...] = (element,)
            elif tags := _tags_of(element):
                if any(tag in KINDS_OF_WORD for tag in tags):
                    continue
                listed = tuple(word for tag in tags for word in self.tagged.get(tag, ()))
            else:
                listed = _words_of(element)
                if element and str(element[0])[:1] != "*":
                    return f"{_shown((element,))} is a list without * or /"
            if not any(word == _END or self.can_be_heard(word) for word in listed):
                return f"{_shown((element,))} has no word that a line can have"
            telling = telling or _END not in listed
        return "" if telling else "it has no word to be found by"

    def can_be_heard(self, word: str) -> bool:
        """Return True if a word of a pattern is among the words of a line that has it."""
        low = word.lower()
        return low in self.tokenizer.read(low).words

    def check_answers(self, form: Extension, parts: list[tuple[Item, ...]]) -> None:
        name = _shown(form.items[:1])
        answers = [part for part in parts if part[:1] == ("ANSWERS",)]
        if not any(isinstance(text, tuple) and text for part in answers[:1] for text in part[1:]):
            message = f"CARE {name} has no answer, so that nothing careful is said"
            self.warn(form, message, "give it (ANSWERS (Are you safe? HELPLINES) ...)")
        for part in answers[:1]:
            for text in part[1:]:
                if not isinstance(text, tuple):
                    message = f"{text} is between the answers of CARE {name}, and is not said"
                    self.warn(text, message, "put each answer in parentheses")
                    break
                if not text:
                    self.warn(text or part, f"an answer of CARE {name} is empty", "remove it")
        for part in answers[1:]:
            self.warn(part, f"CARE {name} has a second ANSWERS, which is not used", "join the two")
        if not any(part[0] in _FINDING and len(part) > 1 for part in parts if part):
            message = f"CARE {name} has no phrase, so that it answers no line"
            self.warn(form, message, "give it (PHRASES (kill myself) ...)")


# --- helpers -------------------------------------------------------------------------------------


def _shown(items: Iterable[Item]) -> str:
    """Return items as a script has them."""
    return " ".join(each if isinstance(each, str) else f"({_shown(each)})" for each in items)


def _as_meant(part: tuple[Item, ...]) -> tuple[Item, ...]:
    """Return a list of CARE under the name that was meant, so that no more is told of it."""
    name = part[0] if part else ""
    is_odd = isinstance(name, str) and name not in CARE_PARTS
    meant = closest(str(name), CARE_PARTS) if is_odd else ""
    return (meant, *part[1:]) if meant else part


def _slots(text: tuple[Item, ...]) -> set[str]:
    return {str(word).strip(".,?!:") for word in text}


def _lists_in(
    items: tuple[Item, ...], parent: Extension | Item
) -> Iterator[tuple[tuple[Item, ...], Extension | Item]]:
    """Yield every list in some items, each with what is around it and has a position."""
    for item in items:
        if isinstance(item, tuple):
            around = item if isinstance(item, PlacedItems) else parent
            yield item, around
            yield from _lists_in(item, around)


def _tags_of(element: Item) -> list[str]:
    """Return the tags of an element such as (/FAMILY); none for any other."""
    if isinstance(element, str) or not element or str(element[0])[:1] != "/":
        return []
    return [tag for tag in (str(word).lstrip("/").upper() for word in element) if tag]


def _words_of(element: Item) -> tuple[str, ...]:
    """Return the words of a set in a phrase, in lower case."""
    if isinstance(element, str):
        return (element.lower(),)
    joined = [str(word).lower() for word in element]
    if joined and joined[0][:1] in "*/":
        joined[0] = joined[0][1:]
    return tuple(word for word in joined if word)


def _is_mixed(listed: tuple[str, ...]) -> bool:
    """Return True if a set has words that only join beside nouns and verbs."""
    tells = [
        word
        for word in listed
        if word not in _JOINING
        and word not in _PRONOUNS
        and word[:1] not in DIGITS
        and word != _END
        and mark_of(word) in _OPEN_CLASSES
    ]
    return bool(tells) and not _JOINING.isdisjoint(listed)
