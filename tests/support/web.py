"""A gateway in this process, a browser of its own, and what the tests of the page do with both.

with live_gateway(server.address[1]) as gateway:
    page = Page(browser, gateway.url)
    page.enter("Ada")
    page.say("My mother hates me.")
"""

from __future__ import annotations

import contextlib
import http.client
import shutil
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from client.net.address import ServerAddress
from client.web.gateway import Gateway, GatewaySettings
from tests.support.helpers import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selenium.webdriver.remote.webelement import WebElement


@contextlib.contextmanager
def live_gateway(server_port: int, **wanted: Any) -> Iterator[Gateway]:
    """Run a gateway for a server on this computer, and stop it at the end."""
    settings = {"server": ServerAddress("127.0.0.1", server_port), "port": 0, **wanted}
    gateway = Gateway(GatewaySettings(**settings))
    thread = threading.Thread(target=gateway.serve, name="gateway")
    thread.start()
    try:
        yield gateway
    finally:
        gateway.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the gateway did not stop"


def get(gateway: Gateway, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Request a file; return status, headers and body."""
    made = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENCE)
    try:
        made.request("GET", path, headers=headers)
        answer = made.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        made.close()


@contextlib.contextmanager
def chromium(*words: str) -> Iterator[webdriver.Chrome]:
    """Run a Chromium without a window."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    assert browser, "no browser: apt-get install chromium"
    assert driver, "no driver: apt-get install chromium-driver"
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    common = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
    for word in (*common, *words):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield chrome
    finally:
        chrome.quit()


class Page:
    """The page in a browser; each method does what a visitor does, or reads what a visitor sees."""

    def __init__(self, browser: webdriver.Chrome, url: str) -> None:
        self.browser = browser
        self.url = url
        self.screen(800, 700)
        self.media("light")
        self.load()

    def load(self, path: str = "") -> None:
        """Load the page, and wait until its scripts take what is typed."""
        self.browser.get(self.url + path)
        self.until(lambda: self.script("'look' in document.documentElement.dataset"), "scripts")

    def screen(self, width: int, height: int, scale: float = 1) -> None:
        """Give the page a size in CSS pixels; `scale` is that of the screenshots."""
        wanted = {
            "width": width,
            "height": height,
            "deviceScaleFactor": scale,
            "mobile": width < 600,
        }
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", wanted)

    def media(self, scheme: str, **more: str) -> None:
        """Let the system prefer a colour scheme, and what else is given."""
        features = {"prefers-color-scheme": scheme, **more}
        listed = [{"name": name, "value": value} for name, value in features.items()]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": listed})

    def find(self, css: str) -> WebElement:
        """Return the first element."""
        return self.browser.find_element(By.CSS_SELECTOR, css)

    def all(self, css: str) -> list[WebElement]:
        """Return all elements."""
        return self.browser.find_elements(By.CSS_SELECTOR, css)

    def texts(self, css: str) -> list[str]:
        """Return the texts of all elements, of those that are out of sight too."""
        found = self.script(
            "[...document.querySelectorAll(arguments[0])].map(each => each.textContent)", css
        )
        return list(found)

    def value(self, css: str) -> str:
        """Return what is in a field."""
        return str(self.find(css).get_property("value"))

    def script(self, words: str, *given: Any) -> Any:
        """Return the value of an expression in the page."""
        return self.browser.execute_script(f"return {words}", *given)

    def colour(self, role: str) -> str:
        """Return a colour of the page by its use, as `rgb(...)`."""
        return str(
            self.script(
                "(() => { const e = document.createElement('p'); document.body.append(e);"
                "e.style.color = `var(--${arguments[0]})`;"
                "const c = getComputedStyle(e).color; e.remove(); return c })()",
                role,
            )
        )

    def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait until a condition holds."""
        WebDriverWait(self.browser, PATIENCE, 0.05).until(lambda _: condition(), what)

    def enter(self, name: str) -> None:
        """Give a name and wait for the conversation or a question."""
        field = self.find("#name")
        field.clear()
        field.send_keys(name, Keys.ENTER)
        self.until(
            lambda: self.find("#line").is_displayed() or self.find("#reply").is_displayed(),
            f"{name} cannot begin: {self.find('#problem').text}",
        )

    def type(self, text: str) -> None:
        """Type a line and send it."""
        self.find("#line").send_keys(text, Keys.ENTER)

    def say(self, text: str) -> str:
        """Say a line and wait for its answer, which is returned."""
        before = len(self.replies())
        self.type(text)
        self.until(lambda: len(self.replies()) > before, f"an answer to {text}")
        return self.replies()[-1]

    def answer(self, text: str) -> None:
        """Answer a question of the server's."""
        self.until(lambda: self.find("#reply").is_displayed(), "a question")
        self.find("#reply").send_keys(text, Keys.ENTER)

    def said(self) -> list[str]:
        """Return the visitor's lines of the exchanges that are shown."""
        return self.texts("#transcript .exchange[data-number] .patient > .words")

    def replies(self) -> list[str]:
        """Return the replies of the exchanges that are shown."""
        return self.texts("#transcript .exchange[data-number] .doctor > .words")

    def notices(self) -> list[str]:
        """Return the notices in the transcript."""
        return self.texts("#transcript .note")

    def menu(self, css: str) -> None:
        """Choose something in the menu."""
        self.find("#open-menu").click()
        self.find(css).click()

    def complaints(self) -> list[str]:
        """Return what the browser complained about since the last call."""
        log: list[dict[str, str]] = self.browser.get_log("browser")  # type: ignore[no-untyped-call]
        return [f"{entry['level']}: {entry['message']}" for entry in log]


AXE = Path(sys.prefix) / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def faults(page: Page) -> list[str]:
    """Return what axe finds on the page as it is now."""
    assert AXE.is_file(), "axe-core is missing: make test installs it"
    if not page.script("'axe' in window"):
        page.browser.execute_script(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.browser.execute_async_script(
        "axe.run(document, {runOnly: arguments[0], resultTypes: ['violations']})"
        ".catch(error => ({violations: [{id: String(error), nodes: []}]})).then(arguments[1])",
        _RULES,
    )
    return [
        f"{fault['id']}: {[node['target'] for node in fault['nodes']]}"
        for fault in found["violations"]
    ]
