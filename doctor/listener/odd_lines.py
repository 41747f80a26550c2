"""Lines that are not sentences: find what is odd about a line.

The kinds are the names of a script's ODD forms, and REPEATED.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.english.lexicon import words
from doctor.english.tokenizer import FROWNS, SMILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doctor.english.clauses import Line
    from doctor.listener.state import State

#: A line of more words than this is a text, and is asked what matters in it.
LONG_LINE_WORDS: Final = 160

_FOREIGN: Final = words(
    "que je ich nicht und est pas muy mi yo tengo estoy una los las por para con suis mon ma "
    "les des une avec mais bin ist das der die ein eine mein meine mir habe sono mio mia non "
    "che perche molto eu minha meu nao não estou ik het een mijn niet soy esta como el la le "
    "de et es ne sehr jag och inte är jestem nie się moja mój ben bir ama sie pour tout mi'ha "
    "sin porque pero quiero ja tu wir auf zu siento bien hoy y triste esto eso quien donde "
    "cuando nada todo gracias hola amigo familia vida tres oggi sto io ho heute traurig warum "
    "weiß ganz"
)
_KEYS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "lkjhgfdsa", "poiuytrewq")
_VOWEL: Final = re.compile("[aeiouyäöüéèàáíóúåæø]")
_ENGLISH_LETTER: Final = re.compile("[a-z]")


def find_oddness(line: Line, state: State, sign: str, known: Mapping[str, str]) -> str:
    """Return what is odd about a line, empty for an ordinary one.

    `sign` represents the line in a state; `known` holds the words of English and of the script.
    """
    words = line.words
    if not words:
        if line.address:
            return "ADDRESS"
        return _mood(line.text) if line.text else "EMPTY"
    if sign in state.replies and len(words) > 2:
        return "ECHO"
    if sign in state.lines and (len(words) > 2 or state.lines.endswith(sign * 2)):
        return "REPEATED"
    if line.address and len(words) < 4:
        return "ADDRESS"
    if len(words) > LONG_LINE_WORDS:
        return "LONG"
    if words[0][0].isdigit() and all(word[0].isdigit() for word in words):
        return "NUMBERS"
    plain = _FOREIGN.isdisjoint(line.vocabulary)
    if plain and not line.strange:
        return ""
    unknown = line.vocabulary.difference(known)
    if plain and len(unknown) * 3 <= len(line.vocabulary):
        return ""
    strange = [word for word in words if word in unknown]
    if len(strange) * 2 > len(words) or len(words) > 2:
        return _strangeness(strange, words)
    return ""


def _mood(text: str) -> str:
    """Return what signs without words say: FROWN, SMILE, or no more than SYMBOLS."""
    if FROWNS.search(text) is not None:
        return "FROWN"
    return "SYMBOLS" if SMILES.search(text) is None else "SMILE"


def _strangeness(strange: list[str], words: list[str]) -> str:
    """Distinguish noise and other languages from English with unknown words."""
    foreign = sum(word in _FOREIGN for word in words)
    english = len(words) - len(strange)
    if foreign >= 2 and foreign * 2 >= len(words) - foreign and foreign > english // 2:
        return "LANGUAGE"
    if len(strange) * 2 > len(words):
        letters = [word for word in strange if word.isalpha()]
        if letters and not any(_ENGLISH_LETTER.search(word) for word in letters):
            return "LANGUAGE"
        noise = sum(_is_noise(word) for word in letters)
        if noise and noise * 2 >= len(words):
            return "NOISE"
    return ""


def _is_noise(word: str) -> bool:
    """Return True for a word that is made by hitting keys at random."""
    if len(word) < 4:
        return False
    if any(word in row for row in _KEYS):
        return True
    if _VOWEL.search(word) is None or len(word) > 25:
        return True
    runs = re.findall("[bcdfghjklmnpqrstvwxz]{5,}", word)
    return (bool(runs) and len(runs[0]) > 4) or len(set(word)) < 3
