"""One browser for all tests of the page; each test gets an empty window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.helpers import live_server
from tests.support.web import Page, chromium, live_gateway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium import webdriver

    from server import DoctorServer


@pytest.fixture(scope="session")
def one_browser() -> Iterator[webdriver.Chrome]:
    """The browser, started once."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def browser(one_browser: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """The browser with an empty window, which forgets at the end what the page stored."""
    yield one_browser
    one_browser.execute_cdp_cmd("Page.setBypassCSP", {"enabled": False})
    one_browser.get("about:blank")
    one_browser.execute_cdp_cmd(
        "Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "all"}
    )
    one_browser.get_log("browser")  # type: ignore[no-untyped-call]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DoctorServer]:
    """A real server."""
    with live_server(tmp_path) as running:
        yield running


@pytest.fixture
def page(server: DoctorServer, browser: webdriver.Chrome) -> Iterator[Page]:
    """The page of a gateway to the real server, freshly loaded."""
    with live_gateway(server.address[1]) as gateway:
        yield Page(browser, gateway.url)
        browser.get("about:blank")
