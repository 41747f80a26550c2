"""The page for everybody: axe-core, the keyboard, screen readers, sizes, colours, motion."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys

from client.widgets import palette
from tests.support.web import Page, faults


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark"), (320, "contrast")])
def test_axe_finds_nothing(page: Page, scheme: str, width: int) -> None:
    """The form, the conversation, the explanation, the menu and a question have no fault."""
    page.screen(width, 720)
    page.media("light" if scheme == "contrast" else scheme)
    if scheme == "contrast":
        page.menu("#palette option[value=contrast]")
        page.find("#close-menu").click()
    assert faults(page) == []
    page.enter("Ada")
    page.say("My mother hates me.")
    page.type("/help")
    page.until(lambda: page.all(".note td"), "the table")
    assert faults(page) == []
    page.find("#open-why").click()
    page.until(lambda: page.all(".steps li"), "the explanation")
    assert faults(page) == []
    page.find("#open-menu").click()
    assert faults(page) == []
    page.find("[data-say='/passphrase']").click()
    page.until(lambda: page.find("#reply").is_displayed(), "the question")
    assert faults(page) == []


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    """Every control is reached by Tab in the order of the page, and used without a mouse."""
    body = page.find("body")
    body.send_keys(Keys.TAB)
    assert page.script("document.activeElement.id") == "open-menu"
    page.browser.switch_to.active_element.send_keys(Keys.TAB)
    assert page.script("document.activeElement.id") == "name"
    page.browser.switch_to.active_element.send_keys("Ada", Keys.ENTER)
    page.until(lambda: page.script("document.activeElement.id") == "line", "the field")
    page.say("My mother hates me.")
    reached = []
    for _ in range(6):
        page.browser.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(page.script("document.activeElement.id || document.activeElement.tagName"))
    assert [each for each in reached if each in {"open-why", "open-menu", "scroller", "line"}][
        :4
    ] == ["open-why", "open-menu", "scroller", "line"]
    page.find("#open-menu").send_keys(Keys.ENTER)
    assert page.script("document.querySelector('#menu').open")
    page.browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not page.script("document.querySelector('#menu').open")
    assert page.script("document.activeElement.id") == "open-menu"
    page.find("#line").send_keys(Keys.ARROW_UP)
    assert page.value("#line") == "My mother hates me."


def test_replies_are_spoken(page: Page) -> None:
    """A screen reader is given each reply once, by a polite live region, and no earlier one."""
    page.enter("Ada")
    reply = page.say("My mother hates me.")
    live = page.find("#live")
    assert live.get_attribute("aria-live") == "polite"
    assert f"Doctor: {reply}" in page.texts("#live")[0]
    page.load()
    page.find("#name").send_keys(Keys.ENTER)
    page.until(lambda: page.said() == ["My mother hates me."], "the history")
    assert reply not in page.texts("#live")[0]


@pytest.mark.parametrize(("width", "height"), [(320, 640), (320, 256), (640, 360), (1280, 800)])
def test_nothing_is_cut_at_any_size(page: Page, width: int, height: int) -> None:
    """At 320 pixels, and at the sizes that zooming leaves, no text or control is out of reach."""
    page.screen(width, height)
    assert page.script("document.documentElement.scrollWidth") <= width
    page.enter("A" * 40)
    page.say("w" * 300)
    page.say("I am unhappy.")
    bottom = "[...document.querySelectorAll('.exchange')].at(-1).getBoundingClientRect().bottom"
    top = page.script("document.querySelector('#say').getBoundingClientRect().top")
    assert 0 < page.script(bottom) <= top + 1
    page.type("/help")
    page.until(lambda: page.all(".note td"), "the table")
    assert page.script("document.documentElement.scrollWidth") <= width
    for css in ("#line", "#say button", "#open-menu", "#open-why"):
        box = page.find(css).rect
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width + 1
        assert box["height"] >= 24
    page.find("#open-why").click()
    page.until(lambda: page.all(".steps li"), "the explanation")
    assert page.script("document.documentElement.scrollWidth") <= width


def test_no_motion_where_none_is_wanted(page: Page) -> None:
    """With reduced motion nothing moves or fades."""
    page.media("light", **{"prefers-reduced-motion": "reduce"})
    moving = "[...document.querySelectorAll('*')].filter(each => {const s = getComputedStyle(each);"
    moving += "return s.transitionDuration !== '0s' || s.animationName !== 'none'"
    assert page.script(moving + "|| s.scrollBehavior === 'smooth'}).length") == 0


@pytest.mark.parametrize("name", ["light", "dark", "contrast"])
def test_palettes_are_those_of_the_window(page: Page, name: str) -> None:
    """Each colour of the page is the window's; the system chooses until the visitor does."""
    page.media("dark" if name == "dark" else "light")
    if name == "contrast":
        page.media("light", **{"prefers-contrast": "more"})
    chosen = palette.PALETTES[name]
    for role in ("page", "ink", "muted", "band", "accent", "warning", "button", "field"):
        wanted = getattr(chosen, role).lstrip("#")
        assert page.colour(role) == "rgb({}, {}, {})".format(*bytes.fromhex(wanted)), role
