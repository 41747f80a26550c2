"""One browser for all tests of the page; each test gets an empty window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.web import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium import webdriver


@pytest.fixture(scope="session")
def one_browser() -> Iterator[webdriver.Chrome]:
    """The browser, started once."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def browser(one_browser: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """The browser with an empty window, which forgets at the end what the page kept."""
    yield one_browser
    one_browser.execute_cdp_cmd("Page.setBypassCSP", {"enabled": False})
    one_browser.get("about:blank")
    one_browser.execute_cdp_cmd(
        "Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "all"}
    )
    for kind in ("performance", "browser"):
        one_browser.get_log(kind)  # type: ignore[no-untyped-call]
