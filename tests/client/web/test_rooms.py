"""Rooms and persons on the page: who spoke, what is unread, and who reads along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.keys import Keys

from doctor.protocol import Notice, codes, notices
from tests.support.fake_server import FakeServer
from tests.support.helpers import Client
from tests.support.web import Page, faults, live_gateway

if TYPE_CHECKING:
    from selenium import webdriver

    from server import DoctorServer

_AT = "2026-11-30T19:20:18.123+00:00"
_EVIL = "<img src=x onerror=alert(1)> \u202e &amp;"


def lines(page: Page) -> list[str]:
    """Return who said what in the conversation that is shown."""
    found = page.script(
        "[...document.querySelectorAll('.transcript:not([hidden]) .exchange p')].map("
        "p => p.querySelector('.who').firstChild.textContent + ': '"
        " + p.querySelector('.words').textContent)"
    )
    return list(found)


def shown_room(page: Page) -> str:
    """Return the name of the conversation that is shown."""
    return str(page.script("document.querySelector('#rooms [aria-current]')?.dataset.room ?? ''"))


def enter_room(page: Page, name: str) -> None:
    """Enter a room by the menu."""
    page.find("#open-menu").click()
    page.find("#join-name").send_keys(name, Keys.ENTER)
    page.until(lambda: shown_room(page) == name, "the room")


def test_two_visitors_talk_in_a_room(page: Page, server: DoctorServer) -> None:
    """What others say is shown with their names, what one says oneself once, and all is saved."""
    page.enter("Ada")
    enter_room(page, "Garden")
    with Client(server) as bob:
        bob.enter("Bob")
        assert bob.ask("/join garden").code == codes.JOINED
        bob.send(f"Hello, Ada. {_EVIL}\n".encode())
        page.until(lambda: f"Bob: Hello, Ada. {_EVIL}" in lines(page), "Bob's line")
        page.type("Hello, Bob.")
        page.until(lambda: "Ada (you): Hello, Bob." in lines(page), "the own line")
        page.until(lambda: not page.all(".pending"), "its answer")
        page.type("Doctor, are you there?")
        page.until(lambda: lines(page)[-1].startswith("Doctor: "), "the host")
        assert lines(page).count("Ada (you): Hello, Bob.") == 1
        assert any("Bob comes in" in text for text in page.texts(".transcript .note"))
        assert "Bob: Hello, Ada." in page.texts("#live")[0]
        page.type("/who")
        page.until(lambda: any("Bob" in text for text in page.texts(".note td")), "who is there")
    assert not page.all("main img")
    assert page.complaints() == []


def test_what_is_unread_is_counted(page: Page, server: DoctorServer) -> None:
    """A conversation that is not shown has the number of new lines beside its name."""
    page.enter("Ada")
    enter_room(page, "Garden")
    page.find("#rooms button[data-room='']").click()
    assert page.script("document.activeElement.id") == "line"
    with Client(server) as bob:
        bob.enter("Bob")
        bob.ask("/join Garden")
        bob.send(b"one\ntwo\n")
        page.until(
            lambda: page.texts("#rooms button[data-room=Garden]") == ["Garden 3 new"],
            "the count: the host's welcome to Bob, and two lines",
        )
        page.say("I am sad.")
        assert page.said() == ["I am sad."]
        page.find("#rooms button[data-room=Garden]").click()
        assert {"Bob: one", "Bob: two"} <= set(lines(page))
        assert page.find("#rooms button[data-room=Garden]").text == "Garden"
    page.type("/leave")
    page.until(lambda: not page.find("#rooms").is_displayed(), "no rooms")
    assert page.said() == ["I am sad."]


def test_earlier_lines_of_a_room_are_loaded(page: Page, server: DoctorServer) -> None:
    """A room shows its last lines; the others are loaded above them."""
    with Client(server) as bob:
        bob.enter("Bob")
        bob.ask("/join Garden")
        bob.send(b"".join(b"line %d\n" % number for number in range(40)))
        said = 0
        while said < 40:
            said += bob.reply().code == codes.SAID
        page.enter("Ada")
        enter_room(page, "Garden")
        page.until(lambda: "Bob: line 39" in lines(page), "the last line")
        page.script("document.querySelector('#earlier').click()")
        page.until(lambda: "Bob: line 0" in lines(page), "the first line")
        found = [line for line in lines(page) if line.startswith("Bob: line")]
        assert found == [f"Bob: line {number}" for number in range(40)]


def test_a_person_is_shown(browser: webdriver.Chrome) -> None:
    """Who reads is said above the transcript, and what a person says has the name."""
    with FakeServer() as server, live_gateway(server.port) as gateway:
        page = Page(browser, gateway.url)
        page.enter("Ada")
        assert not page.find("#presence").is_displayed()
        server.flood(Notice(notices.READING, "", 0, _AT, "event", "Maria", "", "Maria reads along"))
        page.until(lambda: page.find("#presence").is_displayed(), "the reader")
        assert page.find("#presence").text == "Maria (a person) reads along"
        server.flood(
            Notice(notices.TAKEN_OVER, "", 0, _AT, "event", "Maria", "", "Maria answers now")
        )
        server.flood(Notice(notices.SAID, "", 0, _AT, "person", "Maria", "", f"Hello. {_EVIL}"))
        page.until(lambda: f"Maria (a person): Hello. {_EVIL}" in lines(page), "the person's words")
        assert "answers in the doctor's place" in page.find("#presence").text
        server.flood(Notice(notices.LEFT, "", 0, _AT, "event", "Maria", "", "Maria leaves"))
        page.until(lambda: not page.find("#presence").is_displayed(), "the end")
        assert not page.all("main img")
        assert page.complaints() == []
        browser.get("about:blank")


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_axe_finds_nothing_in_rooms(
    page: Page, server: DoctorServer, scheme: str, width: int
) -> None:
    """Speakers, the list of rooms, counts and the menu of a room have no fault."""
    page.screen(width, 720)
    page.media(scheme)
    page.enter("Ada")
    enter_room(page, "Garden")
    with Client(server) as bob, Client(server) as eve:
        for one, name in ((bob, "Bob"), (eve, "Eve")):
            one.enter(name)
            one.ask("/join Garden")
            one.send(b"Hello, Ada.\n")
        page.until(lambda: "Eve: Hello, Ada." in lines(page), "both lines")
        assert faults(page) == []
        page.find("#rooms button[data-room='']").click()
        bob.send(b"Are you there?\n")
        page.until(lambda: "new" in page.texts("#rooms")[0], "the count")
        assert faults(page) == []
        page.find("#open-menu").click()
        assert faults(page) == []
        page.find("#close-menu").click()
        styles = page.script(
            "[...document.querySelectorAll('.other')].map(each => "
            "getComputedStyle(each).borderLeftStyle)"
        )
        assert len(set(styles)) == 2
        assert page.script("document.documentElement.scrollWidth") <= width


def test_danger_is_answered_to_the_one_alone(page: Page, server: DoctorServer) -> None:
    """Who speaks of danger is told of help alone, and nobody's line has a label for it."""
    page.enter("Ada")
    enter_room(page, "Garden")
    with Client(server) as bob:
        bob.enter("Bob")
        bob.ask("/join Garden")
        bob.send(b"I want to die.\n")
        page.until(lambda: "Bob: I want to die." in lines(page), "Bob's line")
        page.until(lambda: page.all(".transcript:not([hidden]) .doctor.care"), "the answer")
        assert not page.all(".patient.care")
        assert not any(line.startswith("Doctor, to you alone") for line in lines(page))
        page.type("I want to die too.")
        page.until(
            lambda: any(line.startswith("Doctor, to you alone: ") for line in lines(page)),
            "what is for the visitor alone",
        )


def test_why_in_a_room_is_about_the_host(page: Page, server: DoctorServer) -> None:
    """The explanation is that of the last answer in the conversation that is shown."""
    page.enter("Ada")
    page.say("I am sad.")
    enter_room(page, "Garden")
    with Client(server) as bob:
        bob.enter("Bob")
        bob.ask("/join Garden")
        page.type("Doctor, my mother hates me.")
        page.until(lambda: lines(page)[-1].startswith("Doctor: "), "the host")
        page.find("#open-why").click()
        page.until(lambda: "mother" in page.texts("#steps")[0], "the explanation")


def test_a_room_is_entered_again_after_a_lost_connection(page: Page, server: DoctorServer) -> None:
    """What was said meanwhile is shown once, and a line that was typed meanwhile is said once."""
    page.enter("Ada")
    enter_room(page, "Garden")
    with Client(server) as bob:
        bob.enter("Bob")
        bob.ask("/join Garden")
        bob.ask("before")
        page.until(lambda: "Bob: before" in lines(page), "Bob's line")
        for conversation in server.context.sessions.of_patient("Ada"):
            conversation.abort()
        bob.ask("meanwhile")
        page.type("typed meanwhile")
        page.until(lambda: "Ada (you): typed meanwhile" in lines(page), "the own line")
        page.until(lambda: not page.all(".pending"), "its answer")
        page.until(lambda: "Bob: meanwhile" in lines(page), "what was missed")
        bob.ask("after")
        page.until(lambda: "Bob: after" in lines(page), "what comes after")
        found = [line for line in lines(page) if not line.startswith("Doctor")]
        assert sorted(found) == sorted(set(found))
        assert shown_room(page) == "Garden"
    assert page.complaints() == []
