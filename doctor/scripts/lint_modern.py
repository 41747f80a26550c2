"""Check what a modern script says: its rules, texts, tags, spellings and dates.

Nothing here keeps a script from being played. `doctor.scripts.lint_forms` checks CARE and the names
of forms; this module checks the rest:

    (always = forever)        a keyword that is replaced before its rule is looked for
    (Was that MEMORIES?)      a slot that is none, or that is not known in this place
    (DATES (YESTERDAYS ...))  a row that is never used
    ((0) (Go on.))            a pattern that takes every line, before others
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.scripts.lint_words import swapped_spellings
from doctor.scripts.model import KINDS_OF_WORD, NONE, Assemble, OneOf, Position, Tagged, position_of
from doctor.scripts.modern import spellings, tagged_words
from doctor.scripts.sexpr import WARNING, ScriptFault
from doctor.scripts.similar import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from doctor.scripts.model import Element, Extension, Item, Rule, Script

#: What can be put into texts by name (`doctor.listener.reassembly.SLOTS`), and where it is known.
SLOTS: Final = ("NAME", "MEMORY", "WHEN", "TOPIC", "HELPLINES", "EMERGENCY", "CALLED")
_KNOWN_IN: Final = {
    "GREETING": frozenset(("NAME",)),
    "RETURNING": frozenset(("NAME", "MEMORY", "WHEN")),
    "RECALL": frozenset(("MEMORY", "WHEN")),
}
_KNOWN_IN_RULES: Final = frozenset(("MEMORY", "WHEN", "TOPIC", "HELPLINES", "EMERGENCY", "CALLED"))
#: The rows of a DATES form (`doctor.listener.dates.ROWS`), and the words that some must have.
DATE_ROWS: Final = {
    **dict.fromkeys(("EARLIER", "TODAY", "YESTERDAY", "WEEKDAY", "LAST-WEEK", "WEEKS"), 1),
    **dict.fromkeys(("MONTH", "YEAR"), 1),
    "DAYS": 7,
    "MONTHS": 12,
}
#: The two heads of an answer that need a question after them.
_HEADS: Final = frozenset(("ASK", "AND"))
_NUMBERS: Final = {7: "seven", 12: "twelve"}
#: Forms with texts in lists of their own, and for two of them in which lists.
_SAYING: Final = frozenset(("CARE", "MEANT", "ODD", "REPEATED", "MIRROR", "ASKED"))
_LISTS: Final = {"CARE": ("ANSWERS", "ASKS"), "MEANT": ("DENIED", "UNCLEAR")}
_MARKS: Final = ".,?!:;\"'"


def review_modern(script: Script) -> list[ScriptFault]:
    """Return the warnings about what a modern script says, in no order."""
    reviewer = _ModernReviewer(script)
    reviewer.check_keywords()
    reviewer.check_answers()
    reviewer.check_patterns()
    reviewer.check_tags()
    reviewer.check_texts()
    reviewer.check_spellings()
    reviewer.check_dates()
    reviewer.check_memory()
    return reviewer.warnings


class _ModernReviewer:
    def __init__(self, script: Script) -> None:
        self.script = script
        self.warnings: list[ScriptFault] = []
        self.tagged = tagged_words(script)
        odd = spellings(script)
        comes = {word for better in odd.values() for word in better}
        #: Words that are always replaced before a pattern sees them, and by what.
        self.replaced = {word: better for word, better in odd.items() if word not in comes}
        for word in swapped_spellings(script):  # told once, where the spelling is
            self.replaced.pop(word, None)

    def warn(self, where: Position | Extension | Item, message: str, remedy: str) -> None:
        position = where if isinstance(where, Position) else position_of(where)
        self.warnings.append(ScriptFault(position.line, position.column, WARNING, message, remedy))

    # --- rules -----------------------------------------------------------------------------------

    def check_keywords(self) -> None:
        by_tag = {tag.lower(): tag for tag in self.tagged}
        for rule in self.script.rules:
            keyword = rule.keyword.lower()
            if keyword.startswith("/"):
                if keyword[1:] not in by_tag:
                    otherwise = f"write (TAG {keyword[1:].upper()} word ...)"
                    remedy = did_you_mean(keyword[1:], by_tag, otherwise)
                    self.warn(
                        rule.position,
                        f"no word has the tag {rule.keyword[1:]} of this rule",
                        remedy,
                    )
            elif keyword in self.replaced and rule.has_transformation:
                better = " ".join(self.replaced[keyword])
                self.warn(
                    rule.position,
                    f"the keyword {rule.keyword} is never reached: it is replaced by {better}",
                    f"write the rule for {self.replaced[keyword][0]}, or do not replace the word",
                )

    def check_answers(self) -> None:
        for rule in self.script.rules:
            for decomposition in rule.decompositions:
                for each in decomposition.reassemblies:
                    if not isinstance(each, Assemble):
                        continue
                    if len(each.terms) == 1 and each.terms[0] in _HEADS:
                        message = f"{each.terms[0]} has no question after it"
                        self.warn(each.position, message, f"write ({each.terms[0]} What else?)")
                    self.check_slots(each.terms, each.position, _KNOWN_IN_RULES, "an answer")

    def check_patterns(self) -> None:
        for rule in self.script.rules:
            for decomposition in rule.decompositions:
                for element in decomposition.pattern:
                    words = _words_of(element)
                    if words and all(word in self.replaced for word in words):
                        better = " ".join(self.replaced[words[0]])
                        self.warn(
                            decomposition.position,
                            f"this pattern never matches: SPELLING replaces {words[0]} by {better}",
                            f"write {better}",
                        )
            self.check_order(rule)

    def check_order(self, rule: Rule) -> None:
        """Find a pattern that takes every line and always has something to say, before others."""
        if rule.keyword == NONE:
            return
        for decomposition in rule.decompositions[:-1]:
            if decomposition.pattern == (0,) and any(
                isinstance(each, Assemble) and not _may_be_refused(each)
                for each in decomposition.reassemblies
            ):
                self.warn(
                    decomposition.position,
                    "(0) takes every line: the patterns after it are used only when all of its "
                    "answers were given lately",
                    "put (0) last",
                )
                return

    # --- tags ------------------------------------------------------------------------------------

    def check_tags(self) -> None:
        # A tag of a TAG form that no pattern uses has a use: its words are known to the program.
        used = {keyword.lstrip("/").lower() for keyword in self.script.by_keyword}
        for rule in self.script.rules:
            for decomposition in rule.decompositions:
                for element in decomposition.pattern:
                    if isinstance(element, Tagged):
                        used.update(tag.lower() for tag in element.tags)
        for form in self.script.extensions:
            used.update(_tags_in(form.items))
        for form in self.script.extension("TAG"):
            name = str(form.items[0]).lstrip("/")
            if len(form.items) == 1:
                self.warn(form, f"no word has the tag {name}", f"write (TAG {name} word ...)")
            elif name in KINDS_OF_WORD:
                message = f"the tag {name} is a kind of words that the program knows by itself"
                self.warn(form, message, "choose another name")
        for rule in self.script.rules:
            for tag in rule.tags:
                if tag.lower() not in used:
                    remedy = f"use (/{tag}) in a pattern, or remove it; (TAG {tag} ...) lists words"
                    self.warn(rule.position, f"no pattern uses the tag {tag} of DLIST", remedy)

    # --- texts -----------------------------------------------------------------------------------

    def check_texts(self) -> None:
        for form in self.script.extensions:
            known = _KNOWN_IN.get(form.name)
            if known is None:
                for said in _texts_in(form):
                    where = said if hasattr(said, "position") else form
                    self.check_slots(said, where, frozenset(SLOTS), form.name)
                continue
            for text in form.items:
                if isinstance(text, str):
                    message = f"{text} is between the texts of {form.name}, and is not said"
                    self.warn(text, message, "put each text in parentheses")
                    break
                where = text if hasattr(text, "position") else form
                self.check_slots(text, where, known, form.name)

    def check_slots(
        self,
        text: Iterable[Item | int],
        where: Position | Extension | Item,
        known: frozenset[str],
        name: str,
    ) -> None:
        for word in (str(each).strip(_MARKS) for each in text if isinstance(each, str)):
            if word in SLOTS and word not in known:
                places = [form for form, slots in _KNOWN_IN.items() if word in slots]
                remedy = f"use it in {' or '.join(places)}" if places else "use it in a rule"
                message = f"{word} is not known in {name}, so this text is never said"
                self.warn(where, message, remedy)
            elif word.isupper() and len(word) > 2 and word not in SLOTS:
                near = nearest(word, SLOTS)
                if near:
                    self.warn(where, f"{word} is no slot, and is said as it is", f"write {near}")

    # --- other forms -----------------------------------------------------------------------------

    def check_spellings(self) -> None:
        for form in self.script.extension("SPELLING"):
            for item in form.items:
                if isinstance(item, str) or "=" not in item or "=" in (item[0], item[-1]):
                    shown = item if isinstance(item, str) else " ".join(map(str, item))
                    self.warn(
                        item,
                        f"({shown}) in SPELLING says not what is replaced by what",
                        "write (odd words = right words), with = between them",
                    )
                    if isinstance(item, str):
                        break  # the words after it are told by this one

    def check_dates(self) -> None:
        for form in self.script.extension("DATES"):
            for row in form.items:
                if isinstance(row, str) or not row or not isinstance(row[0], str):
                    self.warn(form, "a row of DATES is (TODAY earlier today)", "write it so")
                    continue
                name, count = row[0], len(row) - 1
                least = DATE_ROWS.get(name)
                if least is None:
                    otherwise = f"the rows are {', '.join(DATE_ROWS)}"
                    message = f"no date is said by the row {name}"
                    self.warn(row, message, did_you_mean(name, DATE_ROWS, otherwise))
                elif count < least or (least > 1 and count > least):
                    needs = _NUMBERS.get(least, "one")
                    message = f"the row {name} of DATES has {count} words, and is not used"
                    self.warn(row, message, f"give it {needs}" if least > 1 else "say something")

    def check_memory(self) -> None:
        memory = self.script.memory
        if memory is not None:
            message = "MEMORY is a form of 1966, and is not used in a modern script"
            self.warn(memory.position, message, "write (REMEMBER ...) and (RECALL ...)")


# --- helpers -------------------------------------------------------------------------------------


def _words_of(element: Element) -> tuple[str, ...]:
    match element:
        case str():
            return (element.lower(),)
        case OneOf(words=words):
            return tuple(word.lower() for word in words)
        case _:
            return ()


def _may_be_refused(answer: Assemble) -> bool:
    """Return True if an answer needs something that a line may not have."""
    first = answer.terms[:1]
    return first == ("AND",) or any(
        isinstance(term, int) or any(map(str.isdigit, term)) or term.strip(_MARKS) in SLOTS
        for term in answer.terms
    )


def _texts_in(form: Extension) -> Iterator[tuple[Item, ...]]:
    """Yield what is said by a form that has patterns or lists of its own."""
    for item in form.items if form.name in _SAYING else ():
        if isinstance(item, tuple) and (
            form.name not in _LISTS or item[:1][0] in _LISTS[form.name]
        ):
            yield from (text for text in item[1:] if isinstance(text, tuple))


def _tags_in(items: Iterable[Item]) -> Iterator[str]:
    """Yield the tags of all elements such as (/FAMILY) in some items, in lower case."""
    for item in items:
        if isinstance(item, tuple):
            if item and isinstance(item[0], str) and item[0].startswith("/"):
                yield from (str(word).lstrip("/").lower() for word in item)
            yield from _tags_in(item)
