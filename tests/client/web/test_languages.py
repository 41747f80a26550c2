"""The page in other languages, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.web import faults

if TYPE_CHECKING:
    from tests.support.web import Page


def test_the_page_in_german(page: Page) -> None:
    """Form, conversation, explanation and menu are in German; what the doctor says is English."""
    page.load("?lang=de")
    assert page.script("document.documentElement.lang") == "de"
    assert page.find("h1").text == "Der Doktor"
    assert page.find("label[for=name]").text == "Ihr Name"
    page.enter("Ada")
    reply = page.say("My mother hates me.")
    assert "mother" in reply.lower()
    assert page.find("#say button").text == "Senden"
    assert page.find("#status").text == "Verbunden"
    page.find("#open-why").click()
    page.until(lambda: "Sie sagten" in page.texts("#steps h3"), "the steps")
    page.find("#close-why").click()
    page.menu("#who")
    page.until(lambda: any("seit" in text for text in page.texts(".notice")) or page.notices())
    assert page.script("document.title") == "Ada und der Doktor"
    assert page.complaints() == []
    assert faults(page) == []


@pytest.mark.parametrize(("code", "send"), [("fr", "Envoyer"), ("es", "Enviar"), ("en", "Send")])
def test_the_page_fits_a_phone_in_every_language(page: Page, code: str, send: str) -> None:
    """At 320 pixels nothing is wider than the screen."""
    page.screen(320, 640)
    page.load(f"?lang={code}")
    page.enter("Ada")
    assert page.find("#say button").text == send
    assert page.script("document.documentElement.scrollWidth") <= 320


def test_an_unknown_language_is_english(page: Page) -> None:
    """Where no catalogue fits, the page is in English."""
    page.load("?lang=tlh")
    assert page.find("label[for=name]").text == "Your name"
    assert page.script("document.documentElement.lang") == "en"
