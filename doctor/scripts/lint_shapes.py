"""Check that each form of a modern script has the shape that its documentation gives it.

A form of another shape is read as far as possible, and what does not fit is silently left out, so
that a script plays and says less than its writer thinks. The shapes are:

    texts     GREETING RETURNING RECALL INVITE       (NAME (text) (text) ...)
    rules     MIRROR ASKED REPEATED REMEMBER, ODD    (NAME ((pattern) (text) ...) ...)
    once      STYLE CARED, ODD and TAG of one name, and a row of DATES

A component in a text of such a rule is one that its pattern has, and a pattern sees a clause
without punctuation marks. In the answers of keywords, words that mean something elsewhere (ASK in
the middle, NEWKEYS alone) are told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.scripts.model import Assemble, Position, position_of
from doctor.scripts.remedies import mark_fault
from doctor.scripts.sexpr import WARNING, ScriptFault
from doctor.scripts.similar import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from doctor.scripts.model import Extension, Item, Script

#: Forms with texts, and forms with rules; how a rule of each is written.
_TEXTS: Final = ("GREETING", "RETURNING", "RECALL", "INVITE")
_RULES: Final = {
    "MIRROR": "((my 0) (Your 2.))",
    "ASKED": '((0) ("1?"))',
    "REPEATED": "((0) (You said that before.))",
    "REMEMBER": "((my 0) (your 2))",
    "ODD": "((0) (Take your time.))",
}
#: Forms that count once, and those that count once for each name.
_ONCE: Final = ("STYLE", "CARED")
_ONCE_FOR_A_NAME: Final = ("TAG", "ODD")
#: The slots of the rows of DATES; a row that is not here has none.
_DATE_SLOTS: Final = {
    "WEEKDAY": ("1",),
    "LAST-WEEK": ("1",),
    "MONTH": ("1",),
    "YEAR": ("1", "2"),
}
_DATE_ROWS: Final = ("EARLIER", "TODAY", "YESTERDAY", *_DATE_SLOTS, "WEEKS", "DAYS", "MONTHS")
_WORD_LISTS: Final = ("DAYS", "MONTHS")
#: Lists of CARE in which every item is a phrase.
_PHRASES: Final = ("PHRASES", "HARMLESS")
_NUMBER: Final = re.compile(r'["(]*(\d+)[".,!?:;)]*')
_MARKS: Final = frozenset(',.!?:;"')
_END: Final = "."  # in a phrase of CARE: here the sentence ends


def review_shapes(script: Script) -> list[ScriptFault]:
    """Return the warnings about the shapes of a modern script's forms, in no order."""
    reviewer = _ShapeReviewer(script)
    reviewer.check_repeats()
    reviewer.check_texts()
    reviewer.check_rules()
    reviewer.check_care()
    reviewer.check_spellings()
    reviewer.check_dates()
    reviewer.check_keywords()
    return reviewer.warnings


class _ShapeReviewer:
    def __init__(self, script: Script) -> None:
        self.script = script
        self.warnings: list[ScriptFault] = []

    def warn(self, where: Position | Extension | Item, message: str, remedy: str) -> None:
        position = where if isinstance(where, Position) else position_of(where)
        self.warnings.append(ScriptFault(position.line, position.column, WARNING, message, remedy))

    # --- forms that count once -------------------------------------------------------------------

    def check_repeats(self) -> None:
        for form in self.script.extension("STYLE"):
            if len(form.items) > 1:
                more = _shown(form.items[1:])
                self.warn(form, f"{more} has no meaning in STYLE", "write (STYLE MODERN)")
        first: dict[tuple[str, str], Extension] = {}
        for form in self.script.extensions:
            named = form.name in _ONCE_FOR_A_NAME and form.items and isinstance(form.items[0], str)
            if form.name not in _ONCE and not named:
                continue
            name = str(form.items[0]).lstrip("/").upper() if named else ""
            earlier = first.setdefault((form.name, name), form)
            if earlier is not form:
                what = f"{form.name} {name}".strip()
                message = f"a second {what}; the first is on line {earlier.line}"
                self.warn(form, message, f"join the two forms {what} in one")

    # --- forms with texts ------------------------------------------------------------------------

    def check_texts(self) -> None:
        for name in _TEXTS:
            for form in self.script.extension(name):
                if not form.items:
                    message = f"{name} has no text, and says nothing"
                    self.warn(form, message, f"write ({name} (text) ...), or remove it")

    # --- forms with rules ------------------------------------------------------------------------

    def check_rules(self) -> None:
        for form in self.script.extensions:
            if form.name not in _RULES:
                continue
            rules = form.items[1:] if form.name == "ODD" else form.items
            if not rules:
                self.warn(form, f"{form.name} has no rule", f"write {_RULES[form.name]}")
            for rule in rules:
                self.check_rule(form, rule)

    def check_rule(self, form: Extension, rule: Item) -> None:
        where = rule if hasattr(rule, "position") else form
        remedy = f"a rule of {form.name} is {_RULES[form.name]}"
        if isinstance(rule, str) or not rule or isinstance(rule[0], str):
            message = f"{_short(rule)} in {form.name} is no rule: a rule begins with its pattern"
            self.warn(where, message, remedy)
            return
        pattern, *texts = rule
        self.check_pattern(pattern, where)
        fault = mark_fault(pattern, modern=True)
        if fault is not None:
            self.warn(where, *fault[1:])
        if not texts:
            message = f"the pattern ({_shown(pattern)}) of {form.name} has no text after it"
            self.warn(where, message, remedy)
        for text in texts:
            if isinstance(text, str):
                message = f"{text} is between the texts of {form.name}, and is not said"
                self.warn(text, message, "put each text in parentheses")
                return
            self.check_components(text, len(pattern), where)

    def check_pattern(self, pattern: Iterable[object], where: Position | Extension | Item) -> None:
        for word in _words_in(pattern):
            if not _MARKS.isdisjoint(word) and word != _END:
                message = f"no clause has {word}: a pattern sees it without punctuation marks"
                self.warn(where, message, f"write {_unmarked(word) or 'only words'}")

    def check_components(
        self, text: Iterable[object], count: int, where: Position | Extension | Item
    ) -> None:
        place = text if hasattr(text, "position") else where
        for word in text:
            found = _NUMBER.fullmatch(word) if isinstance(word, str) else None
            if found and not 1 <= int(found[1][:9]) <= count:
                message = f"component {found[1][:9]} is out of range"
                remedy = f"the pattern has components 1 to {count}"
                self.warn(place, message, remedy)  # type: ignore[arg-type]

    # --- care ------------------------------------------------------------------------------------

    def check_care(self) -> None:
        for form in self.script.extension("CARE"):
            if form.items and not isinstance(form.items[0], str):
                remedy = "write (CARE NAME (PHRASES ...) (ANSWERS ...))"
                self.warn(form, "this CARE form has no name", remedy)
            for part in form.items:
                if isinstance(part, tuple) and part:
                    self.check_care_list(part)

    def check_care_list(self, part: tuple[Item, ...]) -> None:
        name, *items = part
        if name == "AFTER":
            if len(items) == 1:
                message = "AFTER has a list of words and no phrase, so that it finds nothing"
                self.warn(part, message, "write (AFTER (died) (i miss him))")
            items = items[1:]
        elif name not in _PHRASES:
            return
        for phrase in items:
            if isinstance(phrase, tuple) and _END in phrase[:-1]:
                message = f"({_shown(phrase)}) never matches: '.' is the end of the sentence"
                self.warn(phrase, message, "put the '.' last, or remove it")

    # --- spellings and dates ---------------------------------------------------------------------

    def check_spellings(self) -> None:
        seen: dict[str, tuple[Item, ...]] = {}
        for form in self.script.extension("SPELLING"):
            for item in form.items:
                if isinstance(item, str) or "=" not in item:
                    continue
                where = item if hasattr(item, "position") else form
                at = item.index("=")
                if "=" in item[at + 1 :]:
                    message = f"({_shown(item)}) has a second =, which is taken for a word"
                    self.warn(where, message, "write (odd words = right words), with one =")
                for word in (str(each).lower() for each in item[:at]):
                    if seen.setdefault(word, item[at:]) != item[at:]:
                        message = f"SPELLING replaces {word} a second time, by something else"
                        self.warn(where, message, "remove one; the last one counts")

    def check_dates(self) -> None:
        seen: set[str] = set()
        all_known = True
        forms = self.script.extension("DATES")
        for form in forms:
            for row in form.items:
                if not isinstance(row, tuple) or not row or row[0] not in _DATE_ROWS:
                    all_known = False  # `lint_modern` tells it
                    continue
                name = str(row[0])
                if name in seen:
                    self.warn(row, f"a second row {name} in DATES", "remove one; the last counts")
                seen.add(name)
                if name not in _WORD_LISTS:
                    self.check_date_slots(name, row)
        missing = [name for name in _DATE_ROWS if name not in seen]
        if forms and missing and all_known:
            message = f"DATES has no row {', '.join(missing)}: it is said in English"
            self.warn(forms[0], message, f"add ({missing[0]} ...)")

    def check_date_slots(self, name: str, row: tuple[Item, ...]) -> None:
        known = _DATE_SLOTS.get(name, ())
        numbers = [str(word).strip(",.") for word in row[1:]]
        numbers = [word for word in numbers if word.isdecimal()]
        wrong = [word for word in numbers if word not in known]
        slots = " and ".join(known)
        if wrong:
            message = f"the row {name} has no slot {wrong[0]}"
            self.warn(row, message, f"its slots are {slots}" if known else "write words")
        elif known and "1" not in numbers and name != "YEAR":
            message = f"the row {name} does not say which day or month it is"
            self.warn(row, message, f"write {slots} where its name belongs")

    # --- rules of keywords -----------------------------------------------------------------------

    def check_keywords(self) -> None:
        for rule in self.script.rules:
            for decomposition in rule.decompositions:
                self.check_pattern(decomposition.pattern, decomposition.position)
                for each in decomposition.reassemblies:
                    if isinstance(each, Assemble):
                        quoted = [t for t in each.terms if isinstance(t, str) and t[:1] == '"']
                        count = len(decomposition.pattern)
                        self.check_components(quoted, count, each.position)
                        self.check_answer(each)

    def check_answer(self, answer: Assemble) -> None:
        words = [term for term in answer.terms if isinstance(term, str)]
        inner = next((word for word in words[1:] if word in {"ASK", "AND", "NEWKEY"}), "")
        if inner == "NEWKEY":
            message = "NEWKEY is said as it is: it is not alone in its list"
            self.warn(answer.position, message, "write (NEWKEY)")
        elif inner:
            message = f"{inner} is said as it is: it is not the first word"
            self.warn(answer.position, message, f"put {inner} first")
        if (
            len(answer.terms) == 1
            and words
            and words[0].isupper()
            and nearest(words[0], ["NEWKEY"])
        ):
            self.warn(answer.position, f"{words[0]} is said as it is", "did you mean NEWKEY?")


def _shown(items: Iterable[object]) -> str:
    """Return items as a script has them."""
    return " ".join(each if isinstance(each, str) else _listed(each) for each in items)


def _listed(each: object) -> str:
    return f"({_shown(each)})" if isinstance(each, tuple) else str(each)


def _short(item: Item) -> str:
    words = (item if isinstance(item, str) else _shown(item)).split()
    shown = " ".join(words[:4]) + (" ..." if len(words) > 4 else "")
    return shown if isinstance(item, str) else f"({shown})"


def _words_in(pattern: Iterable[object]) -> list[str]:
    """Return the words of a pattern, those of its sets included."""
    found: list[str] = []
    for element in pattern:
        if isinstance(element, str):
            found.append(element)
        elif isinstance(element, tuple):
            found += [word for word in element if isinstance(word, str) and word not in "*/"]
            found += [w for inner in element if isinstance(inner, tuple) for w in _words_in(inner)]
    return found


def _unmarked(word: str) -> str:
    return "".join(letter for letter in word if letter not in _MARKS)
