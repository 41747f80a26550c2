"""The page in a real browser on the real server: what a visitor does, sees and keeps."""

from __future__ import annotations

import json
import socket
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from client.model import saving
from client.net.lines import parse_history
from doctor.protocol import Reply, closing, codes
from tests.support.fake_server import Behaviour, FakeServer
from tests.support.helpers import Client, live_server
from tests.support.web import Page, live_gateway

if TYPE_CHECKING:
    from selenium import webdriver

    from server import DoctorServer

EVIL = "<script>document.title='owned'</script><img src=x onerror=alert(1)> \u202e &amp; \"'"
STYLES = Path("client/web/static/page.css")


# --- talking --------------------------------------------------------------------------------------


def test_a_first_and_a_second_visit(page: Page) -> None:
    """A visitor talks; coming back, the name is there, and so is what was said."""
    page.enter("Ada")
    first = page.say("My mother hates me.")
    second = page.say("Perhaps I could learn to get along with my mother.")
    assert page.said() == [
        "My mother hates me.",
        "Perhaps I could learn to get along with my mother.",
    ]
    assert not page.all(".pending")
    page.load()
    assert page.value("#name") == "Ada"
    page.find("#name").send_keys(Keys.ENTER)
    page.until(lambda: page.replies() == [first, second], "the first visit's exchanges")
    assert "Ada" in page.texts(".greeting .words")[0]
    third = page.say("I am unhappy.")
    assert page.replies() == [first, second, third]
    assert page.texts(".day h3") == [saving._day_in_words(datetime.now().astimezone())]
    assert page.complaints() == []


def test_right_to_left(page: Page) -> None:
    """Hebrew begins at the right, where it is typed too, and reads well in an English line."""
    page.enter("Ada")
    shalom, olam = "\u05e9\u05dc\u05d5\u05dd", "\u05e2\u05d5\u05dc\u05dd"
    page.find("#line").send_keys(f"{shalom} {olam}")
    assert page.script("getComputedStyle(document.querySelector('#line')).direction") == "rtl"
    page.find("#line").clear()
    lines = [f"{shalom} {olam}", f"English, with {shalom} {olam}."]
    for line in lines:
        assert page.say(line)
    hebrew, english = page.script(
        """[...document.querySelectorAll(".patient > .words")].map(({firstChild: text}) =>
            [...text.data].map((_, at) => {
                const range = document.createRange();
                range.setStart(text, at);
                range.setEnd(text, at + 1);
                return range.getBoundingClientRect().left;
            }))"""
    )
    assert hebrew == sorted(hebrew, reverse=True)
    assert hebrew[0] > page.script("innerWidth / 2") > english[0]
    at = lines[1].index(shalom)
    assert english[:at] == sorted(english[:at])
    assert english[at:-1] == sorted(english[at:-1], reverse=True)
    assert page.said() == lines


def test_only_the_name_and_the_palette_are_stored(page: Page) -> None:
    """The browser's storage has these two entries and nothing that was said."""
    page.enter("Ada")
    page.say("I have a secret.")
    page.menu("#palette option[value=dark]")
    assert page.script("Object.entries(localStorage)") == [["name", "Ada"], ["palette", "dark"]]
    assert page.script("sessionStorage.length") == 0
    assert page.script("document.cookie") == ""
    page.load()
    assert page.script("document.documentElement.dataset.palette") == "dark"


def test_a_name_that_cannot_be_used_is_told(page: Page) -> None:
    """A refused name leaves the visitor at the form, with the reason."""
    page.find("#name").send_keys("con\u200b/..", Keys.ENTER)
    page.until(lambda: page.find("#line").is_displayed() or page.find("#problem").text)
    page.load()
    page.find("#name").clear()
    page.find("#name").send_keys("\u200b\u200b", Keys.ENTER)
    page.until(lambda: page.find("#problem").is_displayed(), "the reason")
    assert "name cannot be used" in page.find("#problem").text
    assert page.find("#name").is_displayed()


def test_no_server_is_told(browser: webdriver.Chrome) -> None:
    """Without a server the form says that it does not answer."""
    with live_gateway(1) as gateway:
        page = Page(browser, gateway.url)
        page.find("#name").send_keys("Ada", Keys.ENTER)
        page.until(lambda: page.find("#problem").is_displayed(), "the reason")
        assert page.find("#problem").text == "The doctor's server does not answer."
        browser.get("about:blank")


def test_what_is_said_is_only_text(page: Page) -> None:
    """Markup in a name, a line and a reply is shown and not obeyed; nothing is loaded for it."""
    page.enter(f"{EVIL}"[:40])
    page.say(EVIL)
    assert page.said() == [EVIL.strip()]
    assert page.browser.title.endswith("and the doctor")
    assert not page.all("#transcript script, #transcript img")
    page.find("#open-why").click()
    page.until(lambda: page.all(".steps li"), "the explanation")
    assert not page.all("#why script, #why img")
    assert page.complaints() == []


def test_a_hostile_server_gets_nothing_into_the_page(browser: webdriver.Chrome) -> None:
    """Greetings, notices, rows and traces with markup are text, whatever their code."""
    row = ("component", EVIL, EVIL, "0", "999999999")
    replies = [
        Reply(codes.SAYS, EVIL),
        Reply(codes.NOT_SAVED, EVIL),
        Reply(299, EVIL, (("__proto__", EVIL), ("constructor",), row)),
    ]
    with (
        FakeServer(Behaviour(greeting=EVIL, replies=replies)) as server,
        live_gateway(server.port) as gateway,
    ):
        page = Page(browser, gateway.url)
        page.enter("Ada")
        page.say("one")
        page.type("two")
        page.until(lambda: page.all(".refused"), "the refusal")
        page.find("#line").clear()
        page.type("three")
        page.until(lambda: len(page.all(".refused")) == 2, "the unknown code")
        assert page.replies() == [EVIL]
        assert not page.all("main script, main img, dialog script, dialog img")
        assert page.browser.title == "Ada and the doctor"
        assert page.complaints() == []
        browser.get("about:blank")


@pytest.mark.parametrize(
    "row",
    [
        ("component", "1", EVIL, "5", "2"),
        ("component", "999", EVIL, "0", "999999"),
        ("component", "x", "", "", ""),
        ("reassembly", "1 2 3 __proto__"),
        ("constructor", EVIL),
        ("toString",),
        ("",),
    ],
    ids=str,
)
def test_a_trace_is_shown_whatever_its_rows_hold(page: Page, row: tuple[str, ...]) -> None:
    """No row of a trace makes the explanation fail."""
    words = "import('/why.js').then(m => { m.explain(document.body, arguments[0]); return true })"
    rows = [["line", "a b"], ["keyword", "a"], ["decomposition", "(0 a 0)"], list(row)]
    assert page.script(words, rows)
    assert not page.all("script[src=x], img")


# --- lost connections -----------------------------------------------------------------------------


def test_a_server_that_stops_and_starts_loses_nothing(
    tmp_path: Path, browser: webdriver.Chrome
) -> None:
    """A line said while the server is away waits, and is recorded once when it is back."""
    with live_server(tmp_path) as server:
        port = server.address[1]
        with live_gateway(port) as gateway:
            page = Page(browser, gateway.url)
            page.enter("Ada")
            page.say("one")
            server.stop()
            page.until(lambda: page.find("#trouble").is_displayed(), "the notice")
            page.type("two")
            assert page.texts(".pending .words") == ["two"]
            _serve_again(tmp_path, port, page)
            browser.get("about:blank")


def _serve_again(patients: Path, port: int, page: Page) -> None:
    with live_server(patients, port=port):
        page.until(lambda: page.said() == ["one", "two"], "the line that waited")
        assert not page.find("#trouble").is_displayed()
        assert not page.all(".pending")
        page.say("three")
        page.load()
        page.find("#name").send_keys(Keys.ENTER)
        page.until(lambda: page.said() == ["one", "two", "three"], "the history")


@pytest.mark.parametrize("fate", ["cut_after_recording", "cut_before_recording"])
@pytest.mark.parametrize("numbers", [True, False])
def test_a_line_under_way_is_recorded_once(
    browser: webdriver.Chrome, fate: str, *, numbers: bool
) -> None:
    """Whether the connection breaks before or after the exchange was saved, it is saved once."""
    with FakeServer(Behaviour(numbers=numbers)) as server, live_gateway(server.port) as gateway:
        page = Page(browser, gateway.url)
        page.enter("Ada")
        page.say("one")
        setattr(server.behaviour, fate, 0)
        assert page.say("two") == "Why do you say: two?"
        assert [line for line, *_ in server.histories["Ada"]] == ["one", "two"]
        assert page.said() == ["one", "two"]
        browser.get("about:blank")


def test_a_gateway_that_stops_loses_nothing(browser: webdriver.Chrome) -> None:
    """The page waits for its gateway too, and goes on with the same conversation."""
    with FakeServer() as server:
        with live_gateway(server.port) as gateway:
            page = Page(browser, gateway.url)
            page.enter("Ada")
            page.say("one")
            port = gateway.port
        page.type("two")
        with live_gateway(server.port, port=port):
            page.until(lambda: page.said() == ["one", "two"], "the line that waited")
            browser.get("about:blank")


def test_two_tabs_of_one_patient(page: Page, server: DoctorServer) -> None:
    """What another connection said is shown after a lost connection, and nothing is said twice."""
    page.enter("Ada")
    page.say("here")
    with Client(server) as other:
        other.enter("Ada")
        other.ask("elsewhere")
    assert page.say("here again")
    page.load()
    page.find("#name").send_keys(Keys.ENTER)
    page.until(lambda: page.said() == ["here", "elsewhere", "here again"], "all three")


def test_what_was_said_elsewhere_comes_before_what_waits(browser: webdriver.Chrome) -> None:
    """After a lost connection, exchanges of another one are shown above the line that waited."""
    with FakeServer() as server, live_gateway(server.port) as gateway:
        page = Page(browser, gateway.url)
        page.enter("Ada")
        page.say("one")
        server.close()
        page.type("three")
        server.histories["Ada"].append(("two", "why two?", 9))
        server.open()
        page.until(lambda: len(page.said()) == 3, "all three")
        assert page.said() == ["one", "two", "three"]
        assert [line for line, *_ in server.histories["Ada"]] == ["one", "two", "three"]
        browser.get("about:blank")


def test_an_idle_visitor_stays_and_the_next_line_connects(browser: webdriver.Chrome) -> None:
    """A connection that the server closed as idle is made again by the next line alone."""
    with FakeServer() as server, live_gateway(server.port) as gateway:
        page = Page(browser, gateway.url)
        page.enter("Ada")
        server.behaviour.replies.append(closing(codes.Reason.IDLE, "you were silent"))
        page.type("one")
        page.until(lambda: page.replies() == ["Why do you say: one?"], "the answer")
        server.close(closing(codes.Reason.IDLE, "you were silent"))
        page.until(lambda: "you were silent" in "".join(page.notices()), "the notice")
        server.open()
        assert page.say("two") == "Why do you say: two?"
        browser.get("about:blank")


def test_a_server_that_says_what_nobody_asked_for_is_left(browser: webdriver.Chrome) -> None:
    """A flood of replies shows nothing in the transcript, and ends the connection."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        live_gateway(listener.getsockname()[1]) as gateway,
    ):
        page = Page(browser, gateway.url)
        page.find("#name").send_keys("Ada", Keys.ENTER)
        link, _ = listener.accept()
        with link:
            link.sendall(b"220 doctor/1\n")
            assert link.recv(100) == b"Ada\n"
            link.sendall(b"230 hello\n" + b"250 and another thing\n" * 150)
            page.until(lambda: page.find("#trouble").is_displayed(), "the notice")
        assert "nobody asked for" in page.find("#trouble").text
        assert page.texts("#transcript .doctor .words") == ["hello"]
        browser.get("about:blank")


def test_a_refused_line_comes_back_to_the_field(browser: webdriver.Chrome) -> None:
    """A line that could not be saved is marked, and is in the field again."""
    with (
        FakeServer(Behaviour(replies=[Reply(codes.NOT_SAVED, "full")])) as server,
        live_gateway(server.port) as gateway,
    ):
        page = Page(browser, gateway.url)
        page.enter("Ada")
        page.type("one")
        page.until(lambda: page.all(".refused"), "the mark")
        assert "could not be saved" in page.texts(".refused .notice")[0]
        assert page.value("#line") == "one"
        browser.get("about:blank")


def test_a_line_that_is_too_long_is_not_sent(page: Page) -> None:
    """The visitor learns by how many bytes a line is too long, and it stays in the field."""
    page.enter("Ada")
    page.script("document.getElementById('line').value = 'é'.repeat(2100)")
    page.find("#line").send_keys(Keys.ENTER)
    assert "105 bytes too long" in page.find("#line-problem").text
    assert len(page.value("#line")) == 2100
    assert not page.all(".pending")


# --- the server's questions -----------------------------------------------------------------------


def test_a_passphrase_is_set_and_opens_the_history(page: Page) -> None:
    """The menu sets a passphrase; the next visit asks for it, and a wrong one is told."""
    page.enter("Ada")
    page.say("My mother hates me.")
    page.menu("[data-say='/passphrase']")
    page.answer("/difference engine ")
    page.until(lambda: "once more" in page.find("#question-text").text, "the repetition")
    page.answer("/difference engine ")
    page.until(lambda: " now" in "".join(page.notices()), "the confirmation")
    page.load()
    page.find("#name").send_keys(Keys.ENTER)
    page.answer("wrong")
    page.until(lambda: "Try again" in page.find("#question-text").text, "the refusal")
    assert page.find("#reply").get_property("type") == "password"
    page.answer("/difference engine ")
    page.until(lambda: page.said() == ["My mother hates me."], "the history")
    assert "engine" not in json.dumps(page.script("Object.entries(localStorage)"))


def test_cancelling_a_passphrase_goes_on_with_the_conversation(page: Page) -> None:
    """Escape at the question for a new passphrase changes nothing; the conversation goes on."""
    page.enter("Ada")
    page.say("one")
    page.menu("[data-say='/passphrase']")
    page.until(lambda: page.find("#reply").is_displayed(), "the question")
    page.find("#reply").send_keys("half a pass", Keys.ESCAPE)
    assert page.say("two")
    page.load()
    page.find("#name").send_keys(Keys.ENTER)
    page.until(lambda: page.said() == ["one", "two"], "the history, without a question")


def test_cancelling_the_first_question_leads_back_to_the_form(
    page: Page, server: DoctorServer
) -> None:
    """Who does not know the passphrase gets back to the form for names."""
    with Client(server) as other:
        other.enter("Ada")
        for line in ("/passphrase", "engine", "engine"):
            other.ask(line)
    page.enter("Ada")
    page.find("#cancel").click()
    page.until(lambda: page.find("#name").is_displayed(), "the form")
    page.enter("Grace")
    assert page.find("#line").is_displayed()


def test_erasing_a_history_asks_for_the_name(page: Page) -> None:
    """The menu erases a history after the name was typed; anything else cancels."""
    page.enter("Ada")
    page.say("one")
    for typed, left in (("no", ["one"]), ("Ada", [])):
        page.menu("[data-say='/forget']")
        page.answer(typed)
        before = len(page.notices()) if left else 0
        page.until(lambda: page.said() == left and page.notices(), f"after {before} notices")  # noqa: B023
    page.say("two")
    assert page.said() == ["two"]


# --- earlier sessions, why, saving ----------------------------------------------------------------


@pytest.fixture
def long_history(server: DoctorServer) -> int:
    """A patient with many exchanges."""
    with Client(server) as other:
        other.enter("Ada")
        for number in range(1, 131):
            other.ask(f"line {number}")
    return 130


def test_earlier_exchanges_come_page_by_page(page: Page, long_history: int) -> None:
    """The newest are shown first; earlier ones come on request, and what is read stays in place."""
    page.enter("Ada")
    page.until(lambda: len(page.said()) == 50, "the first page")
    assert page.said()[-1] == f"line {long_history}"
    while page.find("#earlier").is_displayed():
        shown = len(page.said())
        page.script("document.getElementById('earlier').click()")
        page.until(lambda: len(page.said()) > shown, "earlier exchanges")  # noqa: B023
    assert page.said() == [f"line {number}" for number in range(1, long_history + 1)]
    assert len(page.texts(".day")) == 1


def test_scrolling_to_the_top_loads_earlier_exchanges(page: Page, long_history: int) -> None:
    """Earlier exchanges come without a click when the first one is scrolled into view."""
    page.enter("Ada")
    page.until(lambda: len(page.said()) == 50, "the first page")
    page.script("document.getElementById('scroller').scrollTop = 0")
    page.until(lambda: len(page.said()) >= min(100, long_history), "earlier exchanges")
    assert page.script("document.getElementById('scroller').scrollTop") > 100


@pytest.mark.parametrize("kind", ["txt", "json", "html"])
def test_saving_writes_what_the_window_writes(
    page: Page, server: DoctorServer, tmp_path: Path, kind: str
) -> None:
    """The whole history, not only what is shown, is saved as the window saves it."""
    with Client(server) as other:
        other.enter("Ada")
        for number in range(1, 61):
            other.ask(f"line {number} {EVIL}")
        rows = other.ask("/history 1000").rows
    target = tmp_path / f"saved.{kind}"
    saving.write(target, "Ada", parse_history(rows))
    downloads = tmp_path / "downloads"
    page.browser.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)}
    )
    page.enter("Ada")
    page.until(lambda: len(page.said()) == 50, "the first page")
    page.menu(f"[data-save={kind}]")
    made = downloads / f"doctor-Ada.{kind}"
    page.until(lambda: made.exists() and made.stat().st_size, "the file")
    assert made.read_text(encoding="utf-8") == target.read_text(encoding="utf-8")
    assert page.complaints() == []


def test_the_explanation_follows_the_conversation(page: Page) -> None:
    """Why? shows how the last reply was made, and keeps up with every later one."""
    page.screen(1280, 800)
    page.enter("Ada")
    first = page.say("My mother hates me.")
    page.find("#open-why").click()
    page.until(lambda: first in page.find("#steps").text, "the explanation")
    assert page.all(".piece")
    page.say("I am unhappy.")
    page.until(lambda: "unhappy" in page.find("#steps").text, "the next explanation")
    page.find("#line").send_keys(Keys.ESCAPE)
    assert not page.find("#why").is_displayed()
    assert page.script("document.activeElement.id") == "line"
    page.find("#open-why").click()
    page.browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert page.script("document.activeElement.id") == "open-why"


def test_help_lists_the_commands(page: Page) -> None:
    """A command is answered by a notice with a table."""
    page.enter("Ada")
    page.type("/help")
    page.until(lambda: page.all(".note td"), "the table")
    assert "/history [N [BEFORE]]" in page.texts(".note td")
    page.type("/dance")
    page.until(lambda: "There is no such command" in "".join(page.notices()), "the refusal")
    page.type("//dance")
    page.until(lambda: page.said() == ["/dance"], "a line that begins with a slash")


def test_leaving_ends_the_visit(page: Page, server: DoctorServer) -> None:
    """Leave says goodbye to the server and shows the form again."""
    page.enter("Ada")
    page.menu("#leave")
    page.until(lambda: page.find("#name").is_displayed(), "the form")
    page.until(lambda: not len(server.context.sessions), "the end of the session")


def test_ten_thousand_exchanges_stay_usable(browser: webdriver.Chrome) -> None:
    """A page with 10,000 exchanges shows a change within a second, and the talk goes on."""
    with FakeServer() as server, live_gateway(server.port) as gateway:
        server.histories["Ada"] = [(f"line {n}", f"why {n}?", 1) for n in range(1, 10_001)]
        page = Page(browser, gateway.url)
        page.enter("Ada")
        page.until(lambda: len(page.said()) == 50, "the first page")
        page.browser.set_script_timeout(100)
        page.browser.execute_async_script(
            "const done = arguments[0]; const button = document.getElementById('earlier');"
            "const more = () => { if (button.hidden) done(); else { button.click();"
            "setTimeout(more, 1); } }; more();"
        )
        assert page.script("document.querySelectorAll('.exchange').length") == 10_000
        took = page.browser.execute_async_script(
            "const done = arguments[0]; const from = performance.now();"
            "const field = document.getElementById('line'); field.value = '';"
            "requestAnimationFrame(() => setTimeout(() => done(performance.now() - from)))"
        )
        assert took < 1000
        assert page.say("one more") == "Why do you say: one more?"
        browser.get("about:blank")


# --- pages from elsewhere -------------------------------------------------------------------------


def test_a_page_from_elsewhere_cannot_frame_it(page: Page) -> None:
    """A page that frames this one shows nothing of it."""
    frame = f"<iframe src='{page.url}'></iframe>"
    page.browser.get(f"data:text/html,{frame}")
    page.browser.switch_to.frame(page.browser.find_element(By.TAG_NAME, "iframe"))
    assert not page.browser.find_elements(By.ID, "name")
    page.browser.switch_to.default_content()


def test_a_page_from_elsewhere_opens_no_web_socket(page: Page) -> None:
    """A script of another origin gets an error instead of a conversation."""
    page.browser.get("data:text/html,<p>elsewhere")
    url = page.url.replace("http:", "ws:") + "talk"
    assert (
        page.browser.execute_async_script(
            "const s = new WebSocket(arguments[0]); const done = arguments[1];"
            "s.onopen = () => done('open'); s.onerror = () => done('error')",
            url,
        )
        == "error"
    )


# --- finding, taking back, paragraphs -------------------------------------------------------------


def test_what_is_not_loaded_is_found(page: Page, server: DoctorServer) -> None:
    """The page searches the whole history, newest first, whatever the capitals and accents."""
    with Client(server) as other:
        other.enter("Ada")
        other.ask("A Naïve beginning")
        for number in range(120):
            other.ask(f"line {number}")
        other.ask("naive to the end")
    page.enter("Ada")
    page.until(lambda: len(page.said()) == 50, "the first page")
    page.find("#open-menu").click()
    page.find("#find-text").send_keys("NAIVE", Keys.ENTER)
    page.until(lambda: page.find("#found-count").text == "2 found", "both")
    said = page.texts("#found-list li > p:nth-child(2)")
    assert said == ["naive to the end", "A Naïve beginning"]
    page.find("#close-found").click()
    assert page.complaints() == []


def test_any_entry_is_taken_back(page: Page) -> None:
    """A click on an entry offers it, the number confirms it, and its words are gone."""
    page.enter("Ada")
    for line in ("My first secret", "My second line"):
        page.say(line)
    page.find("li.exchange[data-number='1'] .patient").click()
    page.find(".take-back").click()
    page.until(lambda: page.find("#question").is_displayed(), "the question")
    page.find("#reply").send_keys("1", Keys.ENTER)
    page.until(lambda: "Number 1 was taken back" in page.find("#transcript").text, "the end of it")
    assert "secret" not in page.find("#transcript").text
    page.menu("#take-back")
    page.until(lambda: page.find("#question").is_displayed(), "the question")
    page.find("#cancel").click()
    page.until(lambda: "Nothing is taken back" in page.find("#transcript").text, "no change")
    assert page.complaints() == []


def test_paragraphs_are_kept(page: Page, server: DoctorServer) -> None:
    """Shift+Enter begins a paragraph; it is shown as one and arrives as U+2029."""
    page.enter("Ada")
    field = page.find("#line")
    field.send_keys("one", Keys.SHIFT, Keys.ENTER, Keys.NULL, "two", Keys.ENTER)
    page.until(lambda: page.said() == ["one\ntwo"], "both paragraphs")
    page.until(lambda: page.texts(".exchange .doctor"), "the answer")
    with Client(server) as other:
        other.enter("Ada")
        assert other.ask("/history").rows[0][5] == "one\u2029two"
