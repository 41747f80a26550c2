"""Every text of the client is in every catalogue, with its places, and none is left out.

To mend a failure: `python tools/catalogues.py`, then write what is empty in client/catalogues.
"""

from __future__ import annotations

import ast
import io
import re
import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tools import catalogues

ROOT = Path(__file__).parents[2]
MEND = "run `python tools/catalogues.py`, then write what is empty in client/catalogues"
FUNCTIONS = {"tr": 1, "mark": 1, "plural": 2}
CODES = tuple(catalogues.LANGUAGES)


def _messages(code: str) -> dict[str, list[str]]:
    """Return each text with its translations: one, or one for each form of a plural."""
    found = {}
    for message in read_po(io.BytesIO((catalogues.FOLDER / f"{code}.po").read_bytes())):
        key = message.id if isinstance(message.id, str) else "\0".join(message.id)
        strings = (
            [message.string] if isinstance(message.string, str) else list(message.string or ())
        )
        if key:
            found[key] = strings
    return found


def _places(text: str) -> set[str]:
    return {
        f"{name}:{spec}" for _, name, spec, _ in string.Formatter().parse(text) if name is not None
    }


def _calls() -> list[tuple[str, ast.Call, int]]:
    """Return each call of a function that takes texts: its file, itself, how many texts."""
    found = []
    for path in sorted((ROOT / "client").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                texts = FUNCTIONS.get(node.func.id, 0)
                if texts and path.name != "language.py":
                    found.append((str(path.relative_to(ROOT)), node, texts))
    return found


@pytest.mark.parametrize("code", CODES)
def test_a_catalogue_has_every_text(code: str) -> None:
    """A catalogue is what the tool makes of the code, byte by byte."""
    path = catalogues.FOLDER / f"{code}.po"
    assert path.read_bytes() == catalogues.update(code, catalogues.extract()), MEND


@pytest.mark.parametrize("code", CODES)
def test_every_text_has_a_translation(code: str) -> None:
    """No translation is empty, and every plural has all its forms."""
    empty = [text for text, strings in _messages(code).items() if not all(strings)]
    assert not empty, MEND
    assert all(len(strings) == 1 + ("\0" in text) for text, strings in _messages(code).items())


@pytest.mark.parametrize("code", CODES)
def test_translations_have_the_same_places(code: str) -> None:
    """A translation has the places of its text, with the same formats; a plural's first may not."""
    for text, strings in _messages(code).items():
        forms = text.split("\0")
        wanted = [_places(form) for form in forms]
        for given in map(_places, strings):
            assert given in wanted or (len(forms) > 1 and given <= wanted[-1]), text


@pytest.mark.parametrize("code", CODES)
def test_translations_have_the_same_edges(code: str) -> None:
    """A translation begins and ends with the same spaces and signs that say more follows."""
    for text, strings in _messages(code).items():
        form = text.split("\0")[-1]
        for given in strings:
            assert len(form) - len(form.lstrip(" ")) == len(given) - len(given.lstrip(" ")), text
            assert form.endswith(" ") == given.endswith(" "), text
            assert form.endswith("\u2026") == given.endswith("\u2026"), text
            assert form.startswith("# ") == given.startswith("# "), text
            assert "\n" not in given or "\n" in form, text


def test_nothing_but_texts_is_translated() -> None:
    """A call with a literal finds it in the catalogues, also in an f-string; no f-string is one."""
    known = _messages("de")
    literals = 0
    for place, call, texts in _calls():
        given = call.args[:texts]
        assert not any(isinstance(each, (ast.JoinedStr, ast.BinOp)) for each in given), place
        if all(isinstance(each, ast.Constant) for each in given):
            literals += 1
            key = "\0".join(str(each.value) for each in given if isinstance(each, ast.Constant))
            assert key in known or not key, f"{place}: {key!r}; {MEND}"
    assert literals > 300


#: What a reader sees although no function marks it: names, files, formats, what the system says.
_SENTENCE = re.compile(r"[A-Z][a-z]+ [a-z]+ [a-z]+.*[.!?\u2026]$")
#: Files that have sentences which stay as they are: for a Python that cannot read the rest of the
#: program, and a dialogue that is quoted.
_AS_THEY_ARE = ("client/__init__.py", "client/model/dialogue.py")


def test_no_sentence_is_left_in_english() -> None:
    """A string of the client that is a whole sentence is marked as a text."""
    left = []
    for path in sorted((ROOT / "client").rglob("*.py")):
        place = str(path.relative_to(ROOT))
        tree = ast.parse(path.read_text(encoding="utf-8"))
        marked = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in FUNCTIONS
            for inner in ast.walk(node)
        }
        said = {
            id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)
        }  # docstrings
        left += [
            f"{place}:{node.lineno}: {node.value}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in marked | said
            and _SENTENCE.match(node.value)
            and place not in _AS_THEY_ARE
        ]
    assert not left, left
