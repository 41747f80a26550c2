"""Misspelt words in the input, with a dictionary of the test's own."""

from __future__ import annotations

import sys
import tkinter as tk
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from client.model.spelling import Speller, find_speller
from tests.support.screen import User, connected, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.ui.main_window import DoctorClient


class FewWords:
    """A dictionary of a few words; it counts what it is asked."""

    def __init__(self, language: str = "") -> None:
        self.language = language
        self.asked: list[str] = []

    def check(self, word: str) -> bool:
        """Return True for the few words."""
        self.asked.append(word)
        return word.lower() in {"my", "mother", "hates", "me", "don't"}

    def suggest(self, word: str) -> list[str]:
        """Return more words than are shown."""
        return ["mother", *(f"{word}{number}" for number in range(9))]


def _misspelt(text: str) -> list[str]:
    return [text[start:end] for start, end in Speller(FewWords()).misspelt(text)]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("My mothr hates me.", ["mothr"]),
        ("Don't, don\u2019t!", []),
        ("héllo", ["héllo"]),
        ("see example.org/path or a@b.de and x2 #tag", ["see", "or", "and"]),
        ("/find mothr", []),
        ("//slash", []),
        ("", []),
    ],
)
def test_words_alone_are_looked_up(text: str, wrong: list[str]) -> None:
    """Addresses, numbers and commands are no words; apostrophes belong to one."""
    assert _misspelt(text) == wrong


def test_a_word_is_looked_up_once() -> None:
    """What was looked up is remembered."""
    dictionary = FewWords()
    speller = Speller(dictionary)
    for _ in range(3):
        speller.misspelt("mother mother")
    assert dictionary.asked == ["mother"]
    assert len(speller.suggest("mothr")) == 5


def test_without_enchant_nothing_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing package, a missing library and a missing dictionary are all the same."""
    monkeypatch.setitem(sys.modules, "enchant", None)
    assert find_speller() is None
    module = ModuleType("enchant")
    module.dict_exists = lambda _name: False  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "enchant", module)
    assert find_speller() is None


def test_english_is_taken_where_the_language_has_no_dictionary(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first dictionary that is there is used."""
    module = ModuleType("enchant")
    module.dict_exists = lambda name: name == "en_US"  # type: ignore[attr-defined]
    module.Dict = FewWords  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "enchant", module)
    found = find_speller()
    assert found is not None
    assert found.misspelt("mother") == []


def test_a_misspelt_word_is_marked_and_mended(client: Callable[..., DoctorClient]) -> None:
    """It is underlined once the word is complete; the Menu key in it offers others."""
    window = connected(client("Ada"))
    window._take_speller(Speller(FewWords()))
    area = window.layout.input
    user = User(window)
    user.focus(area)
    user.write("my mothr hates me")
    until(window, lambda: area.tag_ranges("misspelt"))
    assert area.get(*area.tag_ranges("misspelt")) == "mothr"
    user.press(*["Left"] * 11, "Menu")
    menu = window.context_menu.menu
    until(window, menu.winfo_viewable)
    assert menu.entrycget(0, "label") == "mother"
    menu.focus_force()
    user.press("Down", "Return")
    until(window, lambda: window.view.input.text == "my mother hates me")
    assert not area.tag_ranges("misspelt")
    window.use_spelling("off")
    area.insert(tk.END, " xyzzy ")
    window.view.spelling.mark()
    assert not area.tag_ranges("misspelt")
    assert not window.settings.spelling
