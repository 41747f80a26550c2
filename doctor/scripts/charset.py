"""The characters of the machine of 1966: how a line becomes words, and the hash of a word.

ELIZA ran on an IBM 7094, whose character set (Hollerith, also called BCD) has capitals, digits and
eleven punctuation marks in six bits each. What people type today is brought to it as follows; the
choices for characters that did not exist then are those described with the recovered machine:

    letters                    capitals
    ! ? and U+2029             a full stop: they end a sentence, and a paragraph does
    : ; and dashes             a comma: they end a clause
    the right single quote     an apostrophe, so that a typographer's I'm is a word of the script
    other quotation marks      nothing
    white space                separates words

A comma and a full stop are words by themselves (page 37 of the paper: they delimit clauses).

This module imports nothing of the project, and every function in it is pure.
"""

from __future__ import annotations

from binascii import a2b_base64

#: Marks that end a clause (page 37 of the paper), and the word that does: the paper does not name
#: it, but the recovered source tests for it on line 000660 (recovered description, part 2, 1).
CLAUSE_ENDS = (",", ".", "BUT")

#: What stands between two paragraphs of a line (U+2029).
PARAGRAPH = "\N{PARAGRAPH SEPARATOR}"

_TO_STOP = "!?"
_TO_COMMA = ":;\u2013\u2014"
_TO_NOTHING = (
    '"`\u00ab\u00bb\u2018\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a'  # quotation marks
    "\u00a1\u00bf"  # inverted marks, which open a sentence and end none
)
#: Letters whose capitals are two or three letters; every other letter keeps its length.
_LONG_CAPITALS = {
    "\u00df": "SS",
    "\ufb00": "FF",
    "\ufb01": "FI",
    "\ufb02": "FL",
    "\ufb03": "FFI",
    "\ufb04": "FFL",
    "\ufb05": "ST",
    "\ufb06": "ST",
}


def _marks() -> dict[int, str]:
    table = {ord(mark): "." for mark in _TO_STOP}
    table[ord(PARAGRAPH)] = "."
    table |= {ord(mark): "," for mark in _TO_COMMA}
    table |= {ord(mark): " " for mark in _TO_NOTHING}
    table[0x2019] = "'"
    return table


_MARKS = _marks()
#: The same for a line of ASCII alone, one byte to one byte; capitals included.
_ASCII = bytes(
    ord(_MARKS.get(code, chr(code).upper())) if code < 128 else code for code in range(256)
)


def upper(text: str) -> str:
    """Return `text` in capitals; a letter without a capital of one character stays as it is."""
    if text.isascii():
        return text.upper()
    return "".join(map(_capital, text))


def _capital(letter: str) -> str:
    if "\u10d0" <= letter <= "\u10ff":
        return letter  # Georgian has capitals for headings, and none for sentences
    capital = letter.upper()
    return capital if len(capital) == 1 else _LONG_CAPITALS.get(letter, letter)


def fold(text: str) -> str:
    """Return `text` in the machine's characters; its length changes only for a few ligatures."""
    if text.isascii():
        return text.encode().translate(_ASCII).decode()
    return upper(text).translate(_MARKS)


def split(line: str) -> list[str]:
    """Return the words of a patient's line, commas and full stops among them.

    Takes any text; a line of nothing but white space and quotation marks gives no words.
    """
    # Asking bytes for a mark costs more than replacing it in text.
    folded = line.encode().translate(_ASCII).decode() if line.isascii() else fold(line)
    return folded.replace(".", " . ").replace(",", " , ").split()


def split_at(marks: str, line: str) -> list[str]:
    """Return the words of a line as `split` does, and each of `marks` as a word of its own."""
    folded = fold(line)
    for mark in f".,{marks}":
        folded = folded.replace(mark, f" {mark} ")
    return folded.split()


def split_with_offsets(line: str, marks: str = "") -> list[tuple[str, int, int]]:
    """Return the words of `split_at`, each with its start and end in `line`, in characters."""
    alone = f".,{marks}"
    found: list[tuple[str, int, int]] = []
    start = -1
    parts: list[str] = []
    for here, letter in enumerate(line):
        folded = fold(letter)
        if folded in alone or folded.isspace():
            if start >= 0:
                found.append(("".join(parts), start, here))
                start, parts = -1, []
            if not folded.isspace():
                found.append((folded, here, here + 1))
            continue
        if start < 0:
            start = here
        parts.append(folded)
    if start >= 0:
        found.append(("".join(parts), start, len(line)))
    return found


# --- the hash of the last word (recovered description, part 3) -----------------------------------
#
# A word longer than six characters fills several machine words of 36 bits; HASH is given the last
# one, filled up with spaces. It squares the datum without its sign bit (35 bits) and returns the
# middle of the 70-bit product. For the two bits of the memory rule those are bits 35 and 34.
#
# Packing six-bit codes is what base 64 does: the table below writes each character's Hollerith
# code as the base-64 digit of that value, and one call of the standard library packs them.

_HOLLERITH = {
    **{digit: value for value, digit in enumerate("0123456789")},
    "=": 0o13,
    "'": 0o14,
    "+": 0o20,
    **{letter: 0o21 + offset for offset, letter in enumerate("ABCDEFGHI")},
    ".": 0o33,
    ")": 0o34,
    "-": 0o40,
    **{letter: 0o41 + offset for offset, letter in enumerate("JKLMNOPQR")},
    "$": 0o53,
    "*": 0o54,
    " ": 0o60,
    "/": 0o61,
    **{letter: 0o62 + offset for offset, letter in enumerate("STUVWXYZ")},
    ",": 0o73,
    "(": 0o74,
}
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
#: A byte without a Hollerith code counts with its lowest six bits.
_SIX_BITS = bytes(_BASE64[_HOLLERITH.get(chr(code), code & 0x3F)] for code in range(256))
_LOW_35_BITS = (1 << 35) - 1


def hollerith(word: str) -> int:
    """Return the 36 bits that the last machine word of `word` held, six characters with spaces."""
    raw = word.encode("utf-8", "replace")
    if len(raw) > 6:
        raw = raw[(len(raw) - 1) // 6 * 6 :]
    # Eight digits of base 64 are 48 bits, of which the last two digits are cut off again.
    return int.from_bytes(a2b_base64(raw.ljust(8).translate(_SIX_BITS)), "big") >> 12


def mid_square(datum: int, bits: int) -> int:
    """Return the middle `bits` (0 to 15) of the square of a 36-bit datum, as SLIP's HASH did."""
    magnitude = datum & _LOW_35_BITS
    return (magnitude * magnitude >> (35 - bits // 2)) & ((1 << bits) - 1)


def memory_choice(word: str) -> int:
    """Return which of the four memory transformations, from 0, a text ending in `word` takes."""
    magnitude = hollerith(word) & _LOW_35_BITS
    return magnitude * magnitude >> 34 & 3  # mid_square(hollerith(word), 2), written out
