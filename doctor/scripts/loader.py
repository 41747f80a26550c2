"""A script, read from text into rules; every fault with its line, its column and a remedy.

    script      : opening ['START'] { rule | memory | extension | '()' }
    opening     : '(' {word} ')'                            what the doctor says first (page 42)
    rule        : '(' keyword ['=' word] ['DLIST' '(' '/' tag {tag} ')'] [rank]
                      {decomposition} [link] ')'            (pages 38 to 41)
    decomposition : '(' '(' element {element} ')' reassembly {reassembly} ')'
    element     : word | number | '(' '*' word {word} ')' | '(' '/' tag {tag} ')'
    reassembly  : '(' {word | number} ')' | link | '(' 'NEWKEY' ')'
                | '(' 'PRE' '(' {word | number} ')' link ')'
    link        : '(' '=' keyword ')'
    memory      : '(' 'MEMORY' keyword { '(' element {element} '=' {word | number} ')' } ')'
    extension   : '(' NAME {item} ')'                       only in a script with (STYLE ...)

A script without `(STYLE ...)` is one of 1966: its words are read in capitals, as the machine had
no others. A script with it keeps its words as they are written and may use the extensions in the
table below; docs/modern-scripts.md says what they mean.

    text --sexpr.read--> lists --parser.parse_script--> Script (scripts.model) --lint--> warnings
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from doctor import paths
from doctor.errors import ScriptError
from doctor.scripts.contradictions import contradictions
from doctor.scripts.model import Script
from doctor.scripts.other_formats import other_format
from doctor.scripts.parser import parse_script
from doctor.scripts.sexpr import (
    ERROR,
    MAX_BYTES,
    Faults,
    List,
    ScriptFault,
    TooManyFaults,
    is_word,
    read,
    too_large,
)
from doctor.scripts.similar import closest
from doctor.text import quantity

if TYPE_CHECKING:
    from doctor.scripts.sexpr import Node

__all__ = ["DEFAULT_SCRIPT", "EXTENSIONS", "Script", "ScriptFault", "check", "load", "parse"]

#: The script that ships.
DEFAULT_SCRIPT = Path(__file__).with_name("doctor.script")

#: The forms that a script with (STYLE ...) may use besides rules, each with its purpose.
EXTENSIONS = {
    "STYLE": "how the script is written; (STYLE MODERN) is natural case and punctuation",
    "GREETING": "what a new patient is greeted with",
    "RETURNING": "what a returning patient is greeted with",
    "CARE": "lines that are met with care",
    "CARED": "the rule for what is said right after a line met with care",
    "MEANT": "what answers the question whether danger is meant, and what is said then",
    "SCORE": "the table of scores that votes with the phrases of CARE; (SCORE ENGLISH) ships",
    "FACTS": "what holds of the people a patient speaks of",
    "ABOUT": "the rule for what is said of somebody of whom something holds",
    "ANSWERED": "the rule for a short line right after a question",
    "ALSO": "the rule for questions about a matter of the patient's, or for long lines",
    "RECALL": "how a remembered matter is brought up again",
    "REPEATED": "answers to a patient who repeats a line",
    "MIRROR": "how a clause is repeated to the patient before a question",
    "INVITE": "what follows a clause that is repeated and not asked about",
    "ASKED": "how a question is repeated to the patient before a question",
    "REMEMBER": "what is remembered of a patient",
    "ODD": "answers to lines that are not sentences",
    "TAG": "words that have a tag",
    "SPELLING": "spellings that are corrected before anything else",
    "DATES": "how dates are said",
    "HOST": "what is said in a room of several people",
}


def load(path: Path | str) -> Script:
    """Return the script in a file; raise `ScriptError` where it cannot be read or used."""
    path = Path(path)
    return parse(read_file(path), path.name)


def read_file(path: Path) -> str:
    """Return the text of a script file; raise `ScriptError` if it is too large or not UTF-8."""
    try:
        with paths.reading(path) as file:
            raw = file.read(MAX_BYTES + 1)
            size = path.stat().st_size
    except OSError as error:
        raise ScriptError(f"cannot read the script {path}: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise ScriptError(f"{path.name}:{too_large(max(size, len(raw)))}", 1, 1)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        message = f"{path.name}:{line}:{column}: the script is not UTF-8; save it as UTF-8"
        raise ScriptError(message, line, column) from error


def parse(text: str, name: str = "script") -> Script:
    """Return the script that `text` is; raise `ScriptError` at its first fault.

    Warnings do not stop it; `check` finds them.
    """
    script, faults = _read_script(text, name, positions=False)
    if all(fault.severity != ERROR for fault in faults):
        return script
    # Now the position of each word is needed, so the text is read again.
    _, faults = _read_script(text, name, positions=True)
    errors = sorted(fault for fault in faults if fault.severity == ERROR)
    first = errors[0]
    count = len(errors) - 1
    more = f", and {quantity(count, 'more fault')}" if count else ""
    raise ScriptError(f"{name}:{first}{more}", first.line, first.column)


def check(text: str) -> list[ScriptFault]:
    """Return every fault of a script, errors and warnings, in the order of its lines."""
    from doctor.scripts.reviews import review_all  # noqa: PLC0415 - a script is played without

    script, faults = _read_script(text, "script", positions=True)
    errors = [fault for fault in faults if fault.severity == ERROR]
    return sorted({*faults, *review_all(script, text, errors, EXTENSIONS)})


def _read_script(text: str, name: str, *, positions: bool) -> tuple[Script, Faults]:
    faults = Faults()
    script = Script((), (), None, name=name)
    other = other_format(text)
    if other:
        message = f"this is {other}, and no script of this program"
        remedy = "docs/scripts.md describes the format; begin with an opening remark: (HELLO)"
        faults.append(ScriptFault(1, 1, ERROR, message, remedy))
        return script, faults
    try:
        whole = read(text, faults, positions=positions)
        modern = any(_is_style(part) for part in whole.parts)
        if not modern:
            modern = _is_style_meant(whole, faults)
        script = parse_script(
            whole, name, modern=modern, extensions=EXTENSIONS, faults=faults, positions=positions
        )
        if whole.atoms():
            errors = [fault for fault in faults if fault.severity == ERROR]
            faults += contradictions(script, errors if positions else ())
    except TooManyFaults:
        pass  # the last fault says so
    return script, faults


def _is_style(part: Node) -> bool:
    # A keyword rule cannot begin with two words, so no script of 1966 is taken for a modern one.
    match part.atoms()[:2] if isinstance(part, List) else []:
        case ["STYLE", second]:
            return is_word(second) and second != "DLIST"
        case _:
            return False


def _is_style_meant(whole: List, faults: Faults) -> bool:
    """Return True if one list of a script was meant as (STYLE MODERN), and tell it.

    It could be no rule of 1966: the word MODERN has no meaning there. The rest is read as a modern
    script, so that no other faults bury this one.
    """
    for part in whole.parts:
        if not isinstance(part, List):
            continue
        match part.atoms():
            case [str(head), str(second)] if closest(head, ["STYLE"]) and closest(
                second, ["MODERN"]
            ):
                remedy = "did you mean STYLE? write (STYLE MODERN)"
                message = f"{head} is no form"
                faults.add(ScriptFault(part.line, part.column, ERROR, message, remedy))
                part.parts[:] = ["STYLE MODERN"]
                return True
    return False
