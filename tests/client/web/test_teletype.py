"""The look of a teletype on the page: by the script, in capitals, printed letter by letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.keys import Keys

from client.model.dialogue import DIALOGUE
from client.widgets.teletype_palettes import TELETYPES
from doctor.scripts import find_script, named_script
from tests.support.fake_server import FakeServer
from tests.support.helpers import live_server
from tests.support.web import Page, faults, live_gateway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium import webdriver

LABEL = "DOCTOR  \u00b7  1966  \u00b7  MIT  \u00b7  Joseph Weizenbaum"
#: The part of the last reply that is not printed yet; "" if all of it is.
UNPRINTED = "[...(CSS.highlights.get('unprinted') ?? [])].map(each => each.toString()).join('')"
LOOK = "document.documentElement.dataset.look"
BELLS = """(() => {
  const start = OscillatorNode.prototype.start;
  window.bells = 0;
  OscillatorNode.prototype.start = function (...given) {
    window.bells += 1;
    return start.apply(this, given);
  };
})()"""


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    """A fake server whose greeting names a script of 1966."""
    with FakeServer() as server:
        server.script = ("DOCTOR", "1966", "MIT", "Joseph Weizenbaum")
        yield server


@pytest.fixture
def old(fake: FakeServer, browser: webdriver.Chrome) -> Iterator[Page]:
    """The page of a gateway to that server."""
    with live_gateway(fake.port) as gateway:
        yield Page(browser, gateway.url)
        browser.get("about:blank")


def style(page: Page, css: str, name: str) -> str:
    """Return how an element is shown."""
    return str(
        page.script(
            "getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]", css, name
        )
    )


def test_a_script_of_1966_is_a_teletype(tmp_path: Path, browser: webdriver.Chrome) -> None:
    """The real server's greeting says what is played: paper, a label, letter by letter."""
    script = named_script(find_script("1966"))
    assert script
    with (
        live_server(tmp_path, script=script.path) as server,
        live_gateway(server.address[1]) as gateway,
    ):
        page = Page(browser, gateway.url)
        page.enter("Ada")
        assert page.script(LOOK) == "paper"
        label = page.find("#label").text
        assert all(each.upper() in label for each in (script.title, script.year, script.maker))
        reply = page.say("Men are all alike.")
        assert page.script(UNPRINTED)
        assert reply.endswith(page.script(UNPRINTED))
        assert style(page, ".doctor .words", "textTransform") == "uppercase"
        assert "Mono" in style(page, ".doctor .words", "fontFamily")
        assert page.complaints() == []
        assert faults(page) == []
        browser.get("about:blank")


def test_it_prints_letter_by_letter_until_a_key(old: Page) -> None:
    """More and more is printed; a key prints the rest; the bell rings at the end of each answer."""
    old.load("?print=30")
    old.browser.execute_script(BELLS)
    old.enter("Ada")
    reply = old.say("My mother hates me, and my father is not much better than she is.")
    first = old.script(UNPRINTED)
    old.until(lambda: old.script(UNPRINTED) != first, "a letter")
    assert reply.endswith(old.script(UNPRINTED))
    before = old.script("bells")
    old.find("#line").send_keys("y")
    assert old.script(UNPRINTED) == ""
    assert old.script("bells") == before + 1
    assert old.value("#line") == "y"
    old.find("#line").clear()
    old.say("I am unhappy.")
    old.until(lambda: old.script("bells") == before + 2, "the bell after the last letter")
    assert old.script(UNPRINTED) == ""


def test_screen_readers_get_the_whole_reply_once(old: Page) -> None:
    """What is not printed yet is in the page as it was said, and spoken once, as a whole."""
    old.enter("Ada")
    reply = old.say("My mother hates me.")
    assert old.script(UNPRINTED)
    assert old.texts("#live p")[-1] == f"Doctor: {reply}"
    spoken = old.texts("#live p")
    old.find("#line").send_keys("y")
    assert old.texts("#live p") == spoken
    assert old.script("document.querySelector('#transcript').closest('[aria-live]')") is None
    tree = old.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    read = [each["name"]["value"] for each in tree if each["role"]["value"] == "StaticText"]
    assert read.count(reply.upper()) == 1


def test_the_address_chooses_a_look(old: Page) -> None:
    """The page's address names a look for exhibits; an unknown one is as the script is."""
    looks = {
        "": "paper",
        "?look=teletype": "paper",
        "?look=green": "screen",
        "?look=plain": "",
        "?look=__proto__": "paper",
    }
    for query, look in looks.items():
        old.load(query)
        old.enter("Ada")
        assert old.script(LOOK) == look, query
        capitals = style(old, ".greeting .words", "textTransform") == "uppercase"
        assert capitals == bool(look), query
    assert old.script("localStorage.getItem('look')") is None


def test_another_look_is_a_choice_away(page: Page) -> None:
    """The menu chooses a look, a speed and the bell for any script; the browser remembers them."""
    page.enter("Ada")
    assert page.script(LOOK) == ""
    for chosen in (
        "#look option[value=screen]",
        "#print option[value='0']",
        "#bell option[value=off]",
    ):
        page.find("#open-menu").click()
        page.find(chosen).click()
        page.find("#close-menu").click()
    assert page.script(LOOK) == "screen"
    page.browser.execute_script(BELLS)
    page.say("My mother hates me.")
    assert page.script(UNPRINTED) == ""
    assert page.script("bells") == 0
    page.load()
    assert page.script(LOOK) == "screen"
    stored = {"name": "Ada", "look": "screen", "print": "0", "bell": "off"}
    assert page.script("({...localStorage})") == stored


@pytest.mark.parametrize("feature", ["prefers-reduced-motion", "forced-colors"])
def test_nothing_is_printed_slowly_where_that_is_not_wanted(old: Page, feature: str) -> None:
    """With reduced motion, and with the system's own colours, a reply is there at once."""
    old.media("light", **{feature: "reduce" if "motion" in feature else "active"})
    old.enter("Ada")
    old.say("My mother hates me.")
    assert old.script(LOOK) == "paper"
    assert old.script(UNPRINTED) == ""


@pytest.mark.parametrize("look", ["paper", "screen"])
def test_the_colours_are_those_of_the_window(old: Page, look: str) -> None:
    """Each colour is the window's, whatever the system prefers; more contrast stays that."""
    old.load(f"?look={look}")
    old.media("dark" if look == "paper" else "light")
    for role in ("page", "ink", "muted", "band", "accent", "warning", "button", "field", "rule"):
        wanted = getattr(TELETYPES[look], role).lstrip("#")
        assert old.colour(role) == "rgb({}, {}, {})".format(*bytes.fromhex(wanted)), role
    old.media("light", **{"prefers-contrast": "more"})
    assert old.colour("page") == "rgb(0, 0, 0)"
    assert old.colour("ink") == "rgb(255, 255, 255)"


@pytest.mark.parametrize(("look", "width"), [("paper", 320), ("green", 1280)])
def test_axe_finds_nothing(old: Page, look: str, width: int) -> None:
    """Form, conversation while it is printed, explanation, menu and attract page have no fault."""
    old.screen(width, 640)
    old.load(f"?look={look}")
    assert faults(old) == []
    old.enter("Ada")
    old.say("My mother hates me.")
    assert faults(old) == []
    old.find("#open-why").click()
    old.until(lambda: old.all(".steps li"), "the explanation")
    assert faults(old) == []
    old.find("#open-menu").click()
    assert faults(old) == []
    assert old.script("document.documentElement.scrollWidth") <= width


# --- at an exhibit --------------------------------------------------------------------------------


def attracts(page: Page) -> bool:
    """Return whether the published dialogue is on the screen."""
    return page.find("#attract").is_displayed()


def test_the_published_dialogue_waits_for_a_visitor(old: Page, fake: FakeServer) -> None:
    """Left alone, an exhibit replays the dialogue with nothing connected; a key begins a visit."""
    old.load("?exhibit=1&print=30")
    old.browser.execute_script(
        "import('/attract.js').then((module) => Object.assign(module.PAUSES, {between: 1, end: 1}))"
    )
    old.until(lambda: attracts(old), "the dialogue")
    assert "January 1966" in old.find("#attract-title").text
    old.until(lambda: fake.is_alone, "nobody connected")
    old.until(lambda: old.texts("#dialogue .doctor .words"), "the first answer")
    assert old.script(UNPRINTED)
    assert faults(old) == []
    visitors = len(fake.histories)
    old.browser.execute_cdp_cmd(
        "Input.dispatchKeyEvent", {"type": "keyDown", "key": "x", "text": "x"}
    )
    old.until(lambda: old.find("#line").is_displayed(), "a visit")
    assert not attracts(old)
    assert old.value("#line") == ""
    assert len(fake.received) > visitors


def test_the_dialogue_is_the_published_one(old: Page) -> None:
    """Every line is shown in order; where less motion is wanted all of it stands there."""
    old.media("light", **{"prefers-reduced-motion": "reduce"})
    old.load("?exhibit=1")
    old.until(lambda: attracts(old), "the dialogue")
    assert old.texts("#dialogue .words") == [line for pair in DIALOGUE for line in pair]
    assert old.script("document.activeElement.id") == "begin-visit"
    old.find("#begin-visit").click()
    old.until(lambda: old.find("#line").is_displayed(), "a visit")


def test_one_key_shows_how_an_answer_was_made(old: Page) -> None:
    """F1, and a button for those who touch, show the trace; the next visitor does not see it."""
    old.load("?exhibit=2")
    old.until(lambda: old.find("#line").is_displayed(), "the first visitor")
    assert old.find("#label").text == LABEL.upper()
    old.say("My mother hates me.")
    old.find("#line").send_keys(Keys.F1)
    old.until(lambda: old.all(".steps li"), "the explanation")
    assert faults(old) == []
    old.find("body").send_keys(Keys.F1)
    assert not old.find("#why").is_displayed()
    assert "how was this answer made" in old.find("#open-why").text
    old.find("#open-why").click()
    old.until(lambda: old.find("#why").is_displayed(), "the explanation")
    old.until(lambda: attracts(old), "the dialogue")
    assert not old.find("#why").is_displayed()
    assert not old.all(".steps li")


def test_a_mouse_that_rests_is_no_visitor(old: Page) -> None:
    """A movement to where the mouse already is, as browsers report it, begins no visit."""
    move = {"type": "mouseMoved", "x": 100, "y": 100}
    old.load("?exhibit=1")
    old.until(lambda: old.find("#line").is_displayed(), "the first visitor")
    old.browser.execute_cdp_cmd("Input.dispatchMouseEvent", move)
    old.until(lambda: attracts(old), "the dialogue")
    old.browser.execute_cdp_cmd("Input.dispatchMouseEvent", move)
    assert attracts(old)
    old.browser.execute_cdp_cmd("Input.dispatchMouseEvent", {**move, "x": 300})
    old.until(lambda: not attracts(old), "a visit")
