"""Find words of a modern script that no line can have as they are, most of them misprints.

    (TAG PET dog rabit)           almost a keyword of the script, and nothing else
    (cafe ((0 the café 0) ...))   the pattern lacks the keyword but has one that differs in accents
    (TAG FLOWER rose, tulip)      words with marks
    (want to = wanna)             a spelling with its sides swapped
    (bike = bicycle)              a spelling that is replaced by another one
    (You say "1. Go on.)          a quotation that is not closed
    (Ask/EVENT What then?)        a word of the format in small letters

A word that the lexicon of English knows is no misprint.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from doctor.english.clause_types import KINDS, OWNERS, TONES
from doctor.english.lexicon import RESTORED, words
from doctor.english.tagger import CONTRACTED, MARKS
from doctor.english.tokenizer import Tokenizer
from doctor.scripts.model import Assemble, OneOf, Position, position_of
from doctor.scripts.modern import spellings, tagged_words
from doctor.scripts.sexpr import WARNING, ScriptFault
from doctor.scripts.similar import Misprints, is_misprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from doctor.scripts.model import Element, Extension, Item, Rule, Script

#: Shorter words differ by one letter too easily.
_SHORTEST: Final = 5
#: Endings by which a word is another form of one that lacks them.
_ENDINGS: Final = frozenset(("s", "es", "d", "ed", "r", "er", "n", "ing", "ly", "y", "'s", "e"))
#: Odd spellings that the lexicon knows as words.
_ODD: Final = words("wanna gonna gotta ain't cos cuz coz bc u")
#: Marks that end a clause, or that a line loses, so that no word has them.
_MARKS: Final = ',.;:!?"()[]{}'
_HEADS: Final = ("ASK", "AND", "FOR")
_TYPES: Final = KINDS | OWNERS | TONES


def review_words(script: Script) -> list[ScriptFault]:
    """Return the warnings about the words of a modern script, in no order."""
    reviewer = _WordReviewer(script)
    reviewer.check_patterns()
    reviewer.check_tags()
    reviewer.check_spellings()
    reviewer.check_texts()
    return reviewer.warnings


def swapped_spellings(script: Script) -> set[str]:
    """Return the words that SPELLING replaces only because its two sides are swapped."""
    used, replaced = _used(script), spellings(script)
    rows = (row for row in _rows(script) if _is_swapped(row, used, replaced))
    return {word for row in rows for word in _odd(row)}


class _WordReviewer:
    def __init__(self, script: Script) -> None:
        self.script = script
        self.warnings: list[ScriptFault] = []
        self.told: set[str] = set()
        self.replaced = spellings(script)
        self.tokenizer = Tokenizer(self.replaced)
        self.keywords = {
            rule.keyword.lower() for rule in script.rules if not rule.keyword.startswith("/")
        }
        heard = {word for words in self.replaced.values() for word in words}
        #: Words that are right because the script uses them elsewhere.
        self.certain = self.keywords | heard
        self.misprints = Misprints(word for word in self.keywords if len(word) >= _SHORTEST)

    def warn(self, where: Position | Extension | Item, message: str, remedy: str) -> None:
        position = where if isinstance(where, Position) else position_of(where)
        self.warnings.append(ScriptFault(position.line, position.column, WARNING, message, remedy))

    # --- words that are almost others ------------------------------------------------------------

    def check_patterns(self) -> None:
        for rule in self.script.rules:
            plain = rule.keyword.strip(_MARKS)
            if plain and self.is_marked(rule.keyword):
                message = f"no line has the keyword {rule.keyword}"
                self.warn(rule.position, message, f"write it without marks: ({plain} ...)")
            for decomposition in rule.decompositions:
                words = [word for each in decomposition.pattern for word in _words_of(each)]
                if rule.keyword.lower() in words:
                    continue
                for word in dict.fromkeys(words):
                    meant = self.meant(word, rule)
                    if meant:
                        message = f"{word} is nowhere else in the script, and almost {meant}"
                        self.warn(decomposition.position, message, f"did you mean {meant}?")

    def meant(self, word: str, rule: Rule) -> str:
        """Return the keyword that a word of a pattern is a misprint of, or nothing."""
        keyword = rule.keyword.lower()
        if word in self.certain:
            return ""
        if _plain(word) == _plain(keyword):
            return rule.keyword
        if self.may_be_wrong(word) and is_misprint(word, keyword) and not _is_form(word, keyword):
            return rule.keyword
        return self.misprint(word)

    def misprint(self, word: str) -> str:
        """Return the keyword that a word may be a misprint of, or nothing."""
        meant = self.misprints.meant_by(word) if self.may_be_wrong(word) else ()
        near = (each for each in meant if each[0] == word[0] and not _is_form(word, each))
        return next(near, "")

    def may_be_wrong(self, word: str) -> bool:
        """Return True for a word that neither English nor the script has elsewhere."""
        known = word in MARKS or word in self.certain or word in self.replaced
        return len(word) >= _SHORTEST and word.isalpha() and not known

    # --- tags ------------------------------------------------------------------------------------

    def check_tags(self) -> None:
        for form in self.script.extension("TAG"):
            name = str(form.items[0])
            words = [word for word in form.items[1:] if isinstance(word, str)]
            marked = [word for word in words if self.is_marked(word)]
            if marked:
                message = f"no line has the word {marked[0]} of TAG {name}"
                plain = " ".join(filter(None, (word.strip(f"={_MARKS}") for word in words[:4])))
                more = " ..." if words[4:] else ""
                remedy = f"words are separated by spaces alone: (TAG {name} {plain}{more})"
                self.warn(form, message, remedy)
            listed = {word.lower() for word in words}
            for word in words:
                meant = self.misprint(word.lower())
                if meant and meant not in listed:
                    message = f"{word} in TAG {name} is almost the keyword {meant}"
                    self.warn(form, message, f"did you mean {meant}?")

    def is_marked(self, word: str) -> bool:
        """Return True if no line has a word because of the mark at its end, or of what it is."""
        is_odd = word[-1] in _MARKS or not any(map(str.isalnum, word))
        return is_odd and not self.is_heard(word)

    def is_heard(self, word: str) -> bool:
        """Return True if a word is among the words of a line that has it."""
        low = word.lower()
        return low in self.tokenizer.read(low).words

    # --- spellings -------------------------------------------------------------------------------

    def check_spellings(self) -> None:
        used = _used(self.script)
        for item in _rows(self.script):
            at = item.index("=")
            odd, better = " ".join(map(str, item[:at])), " ".join(map(str, item[at + 1 :]))
            if _is_swapped(item, used, self.replaced):
                message = f"SPELLING replaces {' and '.join(map(str, item[:at]))} by {better}"
                remedy = "did you swap the two sides? what is typed is on the left"
                self.warn(item, message, f"{remedy}: ({better} = {odd})")
                continue
            marked = [word for word in _odd(item) if word[-1] in ",;" and word.strip(_MARKS)]
            if marked:
                message = f"no line has the word {marked[0]} of SPELLING"
                self.warn(item, message, "words are separated by spaces alone")
            self.check_chain(item, [str(word).lower() for word in item[at + 1 :]])

    def check_chain(self, item: tuple[Item, ...], better: list[str]) -> None:
        """Find what is replaced by a word that is replaced itself."""
        again = self.replaced.get(better[0]) if len(better) == 1 else None
        if again is None or better[0] in self.told:
            return
        odd, last = _odd(item), " ".join(again)
        self.told.update(odd)
        message = f"SPELLING replaces {odd[0]} by {better[0]}, and {better[0]} by {last}"
        if last in odd:
            self.warn(item, message, "keep only one of the two")
        else:
            remedy = f"what is replaced is not looked at again: write ({odd[0]} = {last})"
            self.warn(item, message, remedy)

    # --- what is said ----------------------------------------------------------------------------

    def check_texts(self) -> None:
        for rule in self.script.rules:
            for decomposition in rule.decompositions:
                for each in decomposition.reassemblies:
                    if isinstance(each, Assemble):
                        self.check_text(list(map(str, each.terms)), each.position)
        for form in self.script.extensions:
            for text in _texts(form.items):
                self.check_text([str(word) for word in text], position_of(text))

    def check_text(self, words: list[str], where: Position) -> None:
        open_at = [word for word in words if word.count('"') % 2]
        if len(open_at) % 2:
            message = f"the quotation mark of {open_at[-1]} is never closed"
            self.warn(where, message, 'write a " on both sides: "1"')
        first = words[0] if words else ""
        head, *types = first.upper().split("/")
        if head in _HEADS and not _TYPES.isdisjoint(types) and not first.startswith(head):
            message = f"{first} is said as it is: it is not in capitals"
            self.warn(where, message, f"write {first.upper()}")
        elif len(words) == 1 and first.upper() == "NEWKEY" != first:
            self.warn(where, f"{first} is said as it is: it is not in capitals", "write (NEWKEY)")


# --- helpers -------------------------------------------------------------------------------------


def _words_of(element: Element) -> tuple[str, ...]:
    match element:
        case str():
            return (element.lower(),)
        case OneOf(words=words):
            return tuple(word.lower() for word in words)
        case _:
            return ()


def _plain(word: str) -> str:
    """Return a word without its accents."""
    split = unicodedata.normalize("NFD", word)
    return "".join(letter for letter in split if not unicodedata.combining(letter))


def _is_form(word: str, other: str) -> bool:
    """Return True if one of two words is the other with an ending."""
    long, short = (word, other) if len(word) > len(other) else (other, word)
    same = next(
        (n for n, (a, b) in enumerate(zip(long, short, strict=False)) if a != b), len(short)
    )
    return same >= len(short) - 1 and (long[same:] in _ENDINGS or len(long) == len(short))


def _rows(script: Script) -> Iterator[tuple[Item, ...]]:
    """Yield the replacements of SPELLING that have both sides."""
    for form in script.extension("SPELLING"):
        for item in form.items:
            if isinstance(item, tuple) and "=" in item[1:-1]:
                yield item


def _odd(item: tuple[Item, ...]) -> list[str]:
    """Return what a replacement replaces."""
    return [str(word).lower() for word in item[: item.index("=")]]


def _is_known(word: str) -> bool:
    return word in MARKS and word not in _ODD and word not in RESTORED


def _is_swapped(
    item: tuple[Item, ...], used: set[str], replaced: Mapping[str, tuple[str, ...]]
) -> bool:
    """Return True if English words are replaced by something that is none, and is used nowhere."""
    odd, better = _odd(item), [str(word).lower() for word in item[item.index("=") + 1 :]]
    if len(better) != 1 or better[0] in replaced or not all(map(_is_known, odd)):
        return False
    (word,) = better
    return len(odd) > 1 and word in CONTRACTED if _is_known(word) else word not in used


def _used(script: Script) -> set[str]:
    """Return the words of keywords, patterns and tags, in lower case."""
    found = {word for words in tagged_words(script).values() for word in words}
    for rule in script.rules:
        found.add(rule.keyword.lower())
        for decomposition in rule.decompositions:
            found.update(word for each in decomposition.pattern for word in _words_of(each))
    for form in script.extensions:
        if form.name not in {"SPELLING", "TAG"}:
            found.update(str(word).lower() for text in _texts(form.items) for word in text)
    return found


def _texts(items: Iterable[Item]) -> Iterator[tuple[Item, ...]]:
    """Yield every list in some items."""
    for item in items:
        if isinstance(item, tuple):
            yield item
            yield from _texts(item)
