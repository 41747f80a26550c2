"""Take the pictures of the page for browsers in docs/pictures: python tools/page_pictures.py.

A real Chromium on a real gateway and server, which are thrown away afterwards. With a directory as
its argument it takes every size and colour there, to be looked at.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from doctor.scripts import find_script  # noqa: E402 - after the path
from tests.control.operators import attend  # noqa: E402
from tests.support.helpers import Client, live_server  # noqa: E402
from tests.support.web import Page, chromium, live_gateway  # noqa: E402

if TYPE_CHECKING:
    from server import DoctorServer

SAID = (
    "Men are all alike.",
    "They are always bugging me about something or other.",
    "My boyfriend made me come here.",
    "He says I am depressed much of the time.",
    "I need some help, that much seems certain.",
    "Perhaps I could learn to get along with my mother.",
)
SIZES = ((320, 640), (800, 700), (1280, 800))
#: The pictures of the documents: names without their ending.
DOCUMENTED = (
    *("web-1280-light", "web-320-light", "web-320-dark-why", "web-800-dark"),
    *("web-800-light-room", "web-800-dark-person"),
    *("web-800-paper", "web-1280-green-made", "web-320-green", "web-1280-paper-attract"),
)


def take(page: Page, target: Path, wanted: tuple[str, ...]) -> None:
    """Take the pictures whose names are wanted, or all if none are."""

    def picture(name: str) -> None:
        if not wanted or name in wanted:
            page.browser.save_screenshot(str(target / f"{name}.png"))

    def every(suffix: str) -> None:
        for width, height in SIZES:
            for scheme in ("light", "dark"):
                page.screen(width, height)
                page.media(scheme)
                page.script("document.querySelector('#scroller').scrollTop = 1e9")
                picture(f"web-{width}-{scheme}{suffix}")

    every("-form")
    page.screen(1280, 800)
    page.enter("Ada")
    for line in SAID:
        page.say(line)
    every("")
    page.find("#open-why").click()
    page.until(lambda: page.all(".steps li"), "the explanation")
    for width, height in SIZES:
        for scheme in ("light", "dark"):
            page.screen(width, height)
            page.media(scheme)
            picture(f"web-{width}-{scheme}{'' if width == 1280 and scheme == 'light' else '-why'}")
    page.find("#close-why").click()
    page.find("#open-menu").click()
    every("-menu")
    page.find("[data-say='/passphrase']").click()
    page.until(lambda: page.find("#reply").is_displayed(), "the question")
    every("-question")


def take_group(page: Page, server: DoctorServer, target: Path, wanted: tuple[str, ...]) -> None:
    """Take pictures of three people in a room, and of a person who answers one of them."""

    def every(suffix: str) -> None:
        for width, height in SIZES:
            for scheme in ("light", "dark"):
                page.screen(width, height)
                page.media(scheme)
                page.script("document.querySelector('#scroller').scrollTop = 1e9")
                name = f"web-{width}-{scheme}{suffix}"
                if not wanted or name in wanted:
                    page.browser.save_screenshot(str(target / f"{name}.png"))

    def shows(text: str) -> bool:
        return text in "".join(page.texts(".transcript:not([hidden])"))

    page.load()
    page.enter("Grace")
    page.type("/join Sleepless")
    page.until(lambda: page.find("#rooms").is_displayed(), "the room")
    with Client(server) as bob, Client(server) as eve:
        for one, name in ((bob, "Bob"), (eve, "Eve")):
            one.enter(name)
            one.ask("/join Sleepless")
        bob.send(b"I lie awake and think of my work.\n")
        page.until(lambda: shows("my work"), "Bob's line")
        eve.send(b"My sister says that I should read less at night.\n")
        page.until(lambda: shows("My sister"), "Eve's line")
        page.type("Doctor, what do you make of it?")
        page.until(lambda: page.texts(".transcript:not([hidden]) .who")[-1].startswith("Doctor"))
        every("-room")
    page.find("#rooms button[data-room='']").click()
    page.say("I did not want to say in the group that I am afraid of my boss.")
    with attend(Path(server.settings.patients), "Grace") as maria:
        maria.do("hold")
        maria.do("say", text="Good evening, Grace. I am Maria, and I read what you write.")
        page.until(lambda: shows("I am Maria"), "the person")
        every("-person")


def take_teletype(page: Page, target: Path, wanted: tuple[str, ...]) -> None:
    """Take pictures of the script of 1965: a conversation while it is printed, and an exhibit."""
    unprinted = "[...(CSS.highlights.get('unprinted') ?? [])].join('').length"
    page.media("light")
    for look in ("paper", "green"):
        for width, height in SIZES:

            def picture(suffix: str, name: str = f"web-{width}-{look}") -> None:
                if not wanted or name + suffix in wanted:
                    page.browser.save_screenshot(str(target / f"{name}{suffix}.png"))

            page.screen(width, height)
            page.load(f"?look={look}")
            if not wanted:
                picture("-form")
            page.enter(f"Ada {width} {look}")
            for line in SAID:
                page.say(line)
            page.until(lambda: 0 < page.script(unprinted) < 18, "some letters")
            picture("")
            page.find("#open-menu").click()
            picture("-menu")
            page.load(f"?exhibit=3&look={look}")
            page.until(lambda: page.find("#line").is_displayed(), "a visit")
            for line in SAID[:3]:
                page.say(line)
            page.find("#open-why").click()
            page.until(lambda: page.all(".steps li"), "how it was made")
            picture("-made")
            page.until(lambda: len(page.texts("#dialogue .doctor")) > 1, "the dialogue")
            picture("-attract")


def main() -> None:
    """Take the pictures of the documents, or all of them into a directory."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    target.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as patients,
        chromium() as browser,
        live_server(Path(patients)) as server,
        live_gateway(server.address[1]) as gateway,
    ):
        wanted = () if len(sys.argv) > 1 else DOCUMENTED
        page = Page(browser, gateway.url)
        take(page, target, wanted)
        take_group(page, server, target, wanted)
        browser.get("about:blank")
        with (
            live_server(Path(patients) / "1965", script=find_script("1965")) as older,
            live_gateway(older.address[1]) as other,
        ):
            take_teletype(Page(browser, other.url), target, wanted)
            browser.get("about:blank")


if __name__ == "__main__":
    main()
