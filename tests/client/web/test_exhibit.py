"""The page for visitors of an exhibition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selenium.webdriver.common.keys import Keys

from tests.support.fake_server import FakeServer
from tests.support.web import Page, faults, live_gateway

if TYPE_CHECKING:
    from selenium import webdriver

    from server import DoctorServer

#: Makes the five seconds between two attempts short.
_TRIES_SOON = """
const wait = setTimeout;
window.setTimeout = (then, after) => wait(then, after === 5000 ? 50 : after);
"""


def test_an_exhibit_begins_by_itself_and_forgets_its_visitor(
    page: Page, server: DoctorServer
) -> None:
    """Each visitor has a random name, no menu and no commands; left alone, it begins anew."""
    page.load("?exhibit=2")
    page.until(lambda: page.find("#line").is_displayed(), "the first visitor")
    assert not page.find("#open-menu").is_displayed()
    assert faults(page) == []
    first = {each.patient_name for each in server.context.sessions}
    page.type("/forget")
    page.until(lambda: page.said() == ["/forget"], "a line, not a command")
    page.find("#line").send_keys("half a li")
    page.until(lambda: page.find("#attract").is_displayed(), "the published dialogue")
    assert not page.said()
    assert not server.context.sessions
    page.find("#begin-visit").click()
    page.until(lambda: page.find("#line").is_displayed(), "the next visitor")
    assert page.value("#line") == ""
    assert page.script("Object.keys(localStorage)") == []
    page.until(
        lambda: first.isdisjoint(each.patient_name for each in server.context.sessions),
        "another name",
    )
    page.find("#line").send_keys(Keys.ARROW_UP)
    assert page.value("#line") == ""


def test_an_exhibit_waits_for_its_doctor(browser: webdriver.Chrome) -> None:
    """An exhibit without a server says so, and begins when there is one."""
    with FakeServer() as server, live_gateway(server.port) as gateway:
        server.close()
        page = Page(browser, gateway.url)
        hurry = browser.execute_cdp_cmd(
            "Page.addScriptToEvaluateOnNewDocument", {"source": _TRIES_SOON}
        )
        page.load("?exhibit")
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", hurry)
        page.until(lambda: "not here now" in page.find("#problem").text, "the notice")
        server.open()
        page.until(lambda: page.find("#line").is_displayed(), "the doctor")
        (name,) = server.histories
        assert name.startswith("Visitor ")
        browser.get("about:blank")
