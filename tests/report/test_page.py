"""The report: one complete page, tested in a real browser."""

from __future__ import annotations

import base64
import json
import re
import shutil
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.support.histories import DAY, MINUTE, TUESDAY, keep, run, said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webelement import WebElement

PATIENCE = 20
EVIL = "<script>document.title='owned'</script><img src=http://127.0.0.1:9/x> \u202e $x$ & \"'"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a patient with 40 sessions over a year, some of them evil."""
    directory = tmp_path_factory.mktemp("patients")
    exchanges = []
    for session in range(1, 41):
        at = TUESDAY + session * 9 * DAY
        exchanges += [
            said("My mother calls every night.", at=at, session=session),
            said(f"I had dream number {session}.", at=at + MINUTE, session=session, keyword="NONE"),
            said("Die Straße, ÇA VA? 小明 \U0001f600", at=at + 2 * MINUTE, session=session),
        ]
    exchanges[4] = said("I do not want to be here.", mark="care", at=exchanges[4].at, session=2)
    exchanges.append(said(EVIL, EVIL, at=exchanges[-1].at + MINUTE, session=40, keyword=EVIL))
    keep(directory, "Ada & <b>", *exchanges)
    target = directory / "report.html"
    ran = run("report", "ada & <b>", "--html", str(target), "--patients", str(directory))
    assert (ran.status, ran.out) == (0, ""), ran.err
    return target


@pytest.fixture(scope="module")
def started() -> Iterator[webdriver.Chrome]:
    """One browser for all tests of this module."""
    browser, driver = (
        shutil.which("chromium") or shutil.which("google-chrome"),
        shutil.which("chromedriver"),
    )
    assert browser, "no browser: apt-get install chromium"
    assert driver, "no driver: apt-get install chromium-driver"
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    service = webdriver.ChromeService(driver)
    chrome = webdriver.Chrome(options=options, service=service)
    yield chrome
    chrome.quit()


@pytest.fixture
def browser(started: webdriver.Chrome, page: Path) -> webdriver.Chrome:
    """The browser with the report freshly open: a wide light screen."""
    _screen(started, 1200, 900)
    _media(started)
    started.get("about:blank")
    for kind in ("performance", "browser"):
        started.get_log(kind)  # type: ignore[no-untyped-call]
    started.get(page.as_uri())
    return started


pytestmark = pytest.mark.leaks_checked_elsewhere  # the browser lives as long as the module


def _screen(browser: webdriver.Chrome, width: int, height: int) -> None:
    wanted = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", wanted)


def _media(browser: webdriver.Chrome, media: str = "", scheme: str = "light") -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


def _script(browser: webdriver.Chrome, words: str, *given: Any) -> Any:
    return browser.execute_script(f"return {words}", *given)


def _shown(browser: webdriver.Chrome) -> list[WebElement]:
    return browser.find_elements(By.CSS_SELECTOR, ".exchange:not([hidden])")


def _count(browser: webdriver.Chrome) -> str:
    return browser.find_element(By.CSS_SELECTOR, ".search output").text


def _search(browser: webdriver.Chrome, text: str, count: str) -> None:
    field = browser.find_element(By.ID, "wanted")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(Keys.DELETE, text)
    WebDriverWait(browser, PATIENCE).until(lambda b: _count(b) == count, count)


def _lightness(browser: webdriver.Chrome, css: str, what: str) -> float:
    colour = _script(browser, f"getComputedStyle(document.querySelector(arguments[0])).{what}", css)
    red, green, blue = map(float, re.findall(r"[\d.]+", colour)[:3])
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def test_the_page_asks_for_nothing(browser: webdriver.Chrome, page: Path) -> None:
    """Loading the page makes one request, for the page, and no complaint of the browser's."""
    asked = [
        message["params"]["request"]["url"]
        for entry in browser.get_log("performance")  # type: ignore[no-untyped-call]
        if (message := json.loads(entry["message"])["message"])["method"]
        == "Network.requestWillBeSent"
    ]
    assert asked == [page.as_uri()]
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_what_was_said_is_shown_and_not_obeyed(browser: webdriver.Chrome) -> None:
    """Markup in names, lines, replies and keywords is text on the page."""
    assert browser.title == "Ada & <b>: conversations with the doctor"
    assert browser.find_element(By.TAG_NAME, "h1").text == "Ada & <b>"
    last = browser.find_elements(By.CSS_SELECTOR, ".exchange .patient span")[-1]
    assert last.get_property("textContent") == EVIL.replace("\u202e", "\\u202e")
    assert not browser.find_elements(By.CSS_SELECTOR, "main script, main img")


def test_the_page_shows_every_picture(browser: webdriver.Chrome) -> None:
    """Each picture has a title, a sentence, a table with rows, and lines drawn in it."""
    figures = browser.find_elements(By.TAG_NAME, "figure")
    assert [figure.get_attribute("id") for figure in figures] == [
        "calendar", "over-time", "hours", "lengths", "subjects"
    ]  # fmt: skip
    for figure in figures:
        assert figure.find_element(By.TAG_NAME, "h3").text
        assert figure.find_element(By.CSS_SELECTOR, "figcaption p").text
        assert figure.find_elements(By.CSS_SELECTOR, "tbody tr")
        wide = figure.find_element(By.CSS_SELECTOR, "svg.wide")
        assert wide.is_displayed()
        assert wide.size["height"] > 80
        assert not figure.find_element(By.CSS_SELECTOR, "svg.narrow").is_displayed()
        assert wide.find_elements(By.TAG_NAME, "title")


def test_the_page_is_well_formed(browser: webdriver.Chrome) -> None:
    """Each id is unique, every reference has its target, and headings skip no level."""
    ids = _script(browser, "Array.from(document.querySelectorAll('[id]'), e => e.id)")
    assert len(ids) == len(set(ids))
    aimed = _script(
        browser,
        "Array.from(document.querySelectorAll('a[href^=\"#\"], label[for], [aria-labelledby]'),"
        " e => e.hash ? e.hash.slice(1) : e.htmlFor || e.getAttribute('aria-labelledby'))",
    )
    assert set(aimed) <= set(ids)
    levels = _script(
        browser, "Array.from(document.querySelectorAll('h1,h2,h3,h4'), e => +e.tagName[1])"
    )
    assert levels[0] == 1
    assert all(later <= level + 1 for level, later in pairwise(levels))
    unnamed = _script(
        browser,
        "Array.from(document.querySelectorAll('button,input,select,summary'))"
        ".filter(e => !(e.textContent.trim() || (e.labels && e.labels.length))).length",
    )
    assert unnamed == 0


def test_search_filters_the_transcript(browser: webdriver.Chrome) -> None:
    """Typing leaves the exchanges that hold the text, whatever its capitals, and lights it."""
    assert _count(browser) == "121 exchanges"
    _search(browser, "DREAM number 1", "11 of 121")
    texts = [element.text for element in _shown(browser)]
    assert len(texts) == 11
    assert all("dream number 1" in text for text in texts)
    sessions = browser.find_elements(By.CSS_SELECTOR, ".session:not([hidden])")
    assert len(sessions) == 11
    assert _script(browser, "CSS.highlights.get('found').size") == 11
    _search(browser, "ça va", "40 of 121")
    _search(browser, "nothing of the kind", "0 of 121")
    assert not browser.find_elements(By.CSS_SELECTOR, ".session:not([hidden])")
    _search(browser, "", "121 exchanges")
    assert len(_shown(browser)) == 121


def test_marked_lines_alone(browser: webdriver.Chrome) -> None:
    """A switch selects the marked lines; a word marks them, not only a colour."""
    browser.find_element(By.CSS_SELECTOR, ".search [type=checkbox]").click()
    [element] = _shown(browser)
    assert "marked: care" in element.text
    assert _count(browser) == "1 of 121"


def test_the_page_follows_the_dark(browser: webdriver.Chrome) -> None:
    """Light and dark follow the reader's setting, pictures too; the switch turns them round."""

    def seen() -> tuple[bool, bool]:
        return (
            _lightness(browser, "body", "backgroundColor") > 0.5,
            _lightness(browser, "#hours svg.wide text", "fill") > 0.5,
        )

    assert seen() == (True, False)
    _media(browser, scheme="dark")
    assert seen() == (False, True)
    browser.find_element(By.CSS_SELECTOR, ".switch").click()
    assert seen() == (True, False)
    _media(browser, scheme="light")
    browser.find_element(By.CSS_SELECTOR, ".switch").click()
    assert seen() == (False, True)


def _contrast(one: float, other: float) -> float:
    light, dark = max(one, other), min(one, other)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out(browser: webdriver.Chrome, scheme: str) -> None:
    """Every colour that words have stands out from its ground as WCAG AA asks: 4.5 to 1."""
    _media(browser, scheme=scheme)
    names = ("ink", "quiet", "patient", "doctor", "alarm", "page", "paper", "patient-tint",
             "alarm-tint", "found", "on-found")  # fmt: skip
    value = {}
    for name in names:
        text = _script(
            browser,
            "getComputedStyle(document.documentElement).getPropertyValue(arguments[0])",
            f"--{name}",
        )
        parts = [int(text.strip()[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        value[name] = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    pairs = [
        (words, ground)
        for ground in ("page", "paper")
        for words in ("ink", "quiet", "patient", "doctor", "alarm")
    ]
    pairs += [("ink", "patient-tint"), ("patient", "patient-tint"), ("ink", "alarm-tint")]
    pairs += [("alarm", "alarm-tint"), ("on-found", "found")]
    assert [pair for pair in pairs if _contrast(value[pair[0]], value[pair[1]]) < 4.5] == []


def test_the_page_fits_a_phone(browser: webdriver.Chrome) -> None:
    """On a narrow screen nothing sticks out sideways, and the pictures drawn for it are shown."""
    _screen(browser, 360, 740)
    assert _script(browser, "document.documentElement.scrollWidth") <= 360
    for figure in browser.find_elements(By.TAG_NAME, "figure"):
        assert figure.find_element(By.CSS_SELECTOR, "svg.narrow").is_displayed()
        assert not figure.find_element(By.CSS_SELECTOR, "svg.wide").is_displayed()


@pytest.mark.parametrize("width", [700, 1000, 1200])
def test_no_word_of_a_tile_is_broken(browser: webdriver.Chrome, width: int) -> None:
    """The words below the figures are complete, each on its line."""
    _screen(browser, width, 900)
    broken = browser.execute_script(
        """
        const broken = [];
        for (const label of document.querySelectorAll(".tiles dt")) {
          const text = label.firstChild;
          for (const word of text.data.matchAll(/\\S+/g)) {
            const range = document.createRange();
            range.setStart(text, word.index);
            range.setEnd(text, word.index + word[0].length);
            if (range.getClientRects().length !== 1) broken.push(word[0]);
          }
        }
        return broken;
        """
    )
    assert broken == []


def test_the_page_prints(browser: webdriver.Chrome) -> None:
    """On paper it is light even for a reader in the dark, without what cannot be pressed there."""
    _media(browser, "print", "dark")
    assert _lightness(browser, "body", "color") < 0.3
    for css in (".search", ".switch", "details"):
        assert not browser.find_element(By.CSS_SELECTOR, css).is_displayed()
    made = browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})
    paper = base64.b64decode(made["data"])
    assert paper.startswith(b"%PDF")
    assert 4 <= len(re.findall(rb"/Type\s*/Page\b", paper)) <= 30


def test_by_keyboard(browser: webdriver.Chrome) -> None:
    """The first thing the keyboard meets is a way to the transcript, then the switch."""
    first = browser.switch_to.active_element
    first.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.text == "Skip to the transcript"
    browser.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.get_attribute("class") == "switch"


# --- without a browser ----------------------------------------------------------------------------


def test_a_report_of_all(tmp_path: Path) -> None:
    """All patients are in one table, latest first, each linked to the transcript."""
    for place, name in enumerate(("Ada", "Björn", "小明")):
        keep(tmp_path, name, said(at=TUESDAY + place * DAY))
    target = tmp_path / "all.html"
    assert run("report", "--html", str(target), "--patients", str(tmp_path)).status == 0
    text = target.read_text(encoding="utf-8")
    table = text[text.index('id="patients"') : text.index('id="transcript"')]
    assert re.findall(r'<a href="#p(\d)">(\w+)</a>', table) == [
        ("1", "小明"), ("2", "Björn"), ("3", "Ada")
    ]  # fmt: skip


def test_a_transcript_holds_the_newest(tmp_path: Path) -> None:
    """`--transcript N` keeps the newest exchanges and says how many are left out."""
    keep(tmp_path, "Ada", *(said(f"line {n}.", at=TUESDAY + n) for n in range(5)))
    keep(tmp_path, "Old", *(said(f"old {n}.", at=TUESDAY - DAY) for n in range(5)))
    target = tmp_path / "all.html"
    words = ("report", "--patients", str(tmp_path), "--html", str(target), "--force")
    assert run(*words, "--transcript", "7").status == 0
    text = target.read_text(encoding="utf-8")
    assert re.findall(r"(?:line|old) \d\.", text) == [
        "line 0.", "line 1.", "line 2.", "line 3.", "line 4.", "old 3.", "old 4."
    ]  # fmt: skip
    assert "3 older ones are left out" in text
    assert run(*words, "--transcript", "0").status == 0
    assert 'class="exchange' not in target.read_text(encoding="utf-8")


def test_persons_in_a_transcript(tmp_path: Path) -> None:
    """Who speaks is named, a line that waited for a person says so, events are no exchanges."""
    held = said("Is anybody there?", "", at=TUESDAY + 1)._replace(responder="Maria")
    remark = said("I am <b>here</b>.", "", at=TUESDAY + 2)._replace(speaker="Maria")
    event = said("", "", at=TUESDAY + 3)._replace(speaker="Maria", event="returned")
    keep(tmp_path, "Ada", said(), held, remark, event)
    target = tmp_path / "ada.html"
    words = ("report", "--patients", str(tmp_path), "--html", str(target), "Ada")
    assert run(*words).status == 0
    text = target.read_text(encoding="utf-8")
    assert "<bdi>Maria</bdi> · person</b><span>I am &lt;b&gt;here&lt;/b&gt;.</span>" in text
    assert "<bdi>Ada</bdi><bdi> · for Maria</bdi></b><span>Is anybody there?</span>" in text
    assert '<p class="said event" dir="auto"><span>the doctor is back</span></p>' in text
    assert text.count("<bdi>Doctor</bdi>") == 1
    assert "3 exchanges" in text


def test_a_report_of_nothing(tmp_path: Path) -> None:
    """Where nothing was said the page says so, without pictures."""
    target = tmp_path / "none.html"
    assert run("report", "--html", str(target), "--patients", str(tmp_path)).status == 0
    text = target.read_text(encoding="utf-8")
    assert "Nothing was said yet." in text
    assert "<svg" not in text
    assert "<form" not in text


def test_a_report_since_a_day(tmp_path: Path) -> None:
    """`--since` leaves earlier exchanges out of figures and transcript."""
    keep(tmp_path, "Ada", said("early."), said("late.", at=TUESDAY + DAY, session=2))
    target = tmp_path / "ada.html"
    words = ("report", "Ada", "--patients", str(tmp_path), "--html", str(target))
    assert run(*words, "--since", "2026-03-04").status == 0
    text = target.read_text(encoding="utf-8")
    assert "late." in text
    assert "early." not in text
    assert "What was said since Wednesday 4 March 2026: Wednesday 4 March 2026" in text


def test_a_report_since_a_day_lists_who_was_there(tmp_path: Path) -> None:
    """`--since` leaves patients out who said nothing from then on, and says when it begins."""
    keep(tmp_path, "Ada", said("late.", at=TUESDAY + DAY))
    keep(tmp_path, "Grace", said("early."))
    target = tmp_path / "all.html"
    words = ("report", "--patients", str(tmp_path), "--html", str(target), "--force", "--since")
    assert run(*words, "2026-03-04").status == 0
    text = target.read_text(encoding="utf-8")
    assert "Ada" in text
    assert "Grace" not in text
    assert run(*words, "2026-03-05 10:30").status == 0
    text = target.read_text(encoding="utf-8")
    assert "Nothing was said since Thursday 5 March 2026, 10:30." in text
    assert 'id="patients"' not in text


def test_a_report_overwrites_nothing(tmp_path: Path) -> None:
    """A page that is there stays."""
    target = tmp_path / "mine.html"
    target.write_text("mine")
    assert run("report", "--html", str(target), "--patients", str(tmp_path)).status == 2
    assert target.read_text() == "mine"


def test_without_the_library_a_line_says_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the extra is not installed the error names it and the command."""
    import sys

    for name in ("doctor.report.page", "doctor.report.charts.overview", "jinja2"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    ran = run("report", "--html", str(tmp_path / "x.html"), "--patients", str(tmp_path))
    assert ran.status == 2
    assert "pip install" in ran.err
    assert ran.err.count("\n") == 1


def test_the_page_tells_local_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Times on the page are the computer's own; each carries the moment itself for programs."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        keep(tmp_path, "Ada", said())
        target = tmp_path / "ada.html"
        run("report", "Ada", "--html", str(target), "--patients", str(tmp_path))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert '<time datetime="2026-03-03T10:12:00.000+00:00" title="exchange 1">19:12</time>' in (
        target.read_text(encoding="utf-8")
    )
