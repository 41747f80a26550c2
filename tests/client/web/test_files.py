"""The files that a gateway hands out: the page, its headers, its texts in each language."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from client.model.dialogue import DIALOGUE
from tests.support.web import get, live_gateway

if TYPE_CHECKING:
    from client.web.gateway import Gateway


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html"),
        ("/?exhibit", "text/html"),
        ("/page.css", "text/css"),
        ("/page.js", "text/javascript"),
        ("/icon.svg", "image/svg+xml"),
    ],
)
def test_files_of_the_page_are_served_with_strict_headers(path: str, media_type: str) -> None:
    """Each file has its media type, and a policy without inline scripts and foreign addresses."""
    with live_gateway(1) as gateway:
        status, headers, body = get(gateway, path)
    assert status == 200
    assert headers["Content-Type"].startswith(media_type)
    assert len(body) == int(headers["Content-Length"])
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Server" not in headers


@pytest.mark.parametrize(
    "path",
    ["/gateway.py", "/../gateway.py", "/static/page.js", "/%2e%2e/gateway.py", "//etc/passwd"],
)
def test_nothing_else_is_served(path: str) -> None:
    """No other path leads to a file."""
    with live_gateway(1) as gateway:
        assert get(gateway, path)[0] == 404


def test_the_page_names_its_own_files_alone() -> None:
    """The page has no inline script, style or handler, and no address of another host."""
    with live_gateway(1) as gateway:
        page = get(gateway, "/")[2].decode()
        scripts = b"".join(body for path, body in _scripts(gateway))
    assert "<style" not in page
    assert " style=" not in page
    assert " on" not in "".join(part.split(">")[0] for part in page.split("<")[1:])
    assert "//" not in page.replace("<!doctype", "")
    assert b"http:" not in scripts
    assert b"innerHTML" not in scripts


def _scripts(gateway: Gateway) -> list[tuple[str, bytes]]:
    return [(path, page.body) for path, page in gateway._pages.items() if path.endswith(".js")]


def test_the_published_dialogue_is_the_windows() -> None:
    """The page's exhibit gets the dialogue that the window replays."""
    with live_gateway(1) as gateway:
        status, headers, body = get(gateway, "/dialogue.json")
    assert status == 200
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert json.loads(body) == [list(pair) for pair in DIALOGUE]


@pytest.mark.parametrize(
    ("path", "header", "code", "begin"),
    [
        ("/language.json", "de-DE,de;q=0.9,en;q=0.5", "de", "Beginnen"),
        ("/language.json", "fr", "fr", "Commencer"),
        ("/language.json?lang=es", "de", "es", "Empezar"),
        ("/language.json?lang=tlh", "de", "en", None),
        ("/language.json?lang=../de", "", "en", None),
        ("/language.json", "", "en", None),
    ],
)
def test_the_catalogue_of_a_visitor(path: str, header: str, code: str, begin: str | None) -> None:
    """The page gets its texts as JSON, in the language that was asked for or that is preferred."""
    with live_gateway(1) as gateway:
        status, headers, body = get(gateway, path, **{"Accept-Language": header})
    assert status == 200
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"
    found = json.loads(body)
    assert found["language"] == code
    assert found["texts"].get("Begin") == begin


def test_a_refusal_is_in_the_language_of_the_visitor() -> None:
    """What is refused over HTTP says why in the browser's language."""
    with live_gateway(1) as gateway:
        status, _, body = get(gateway, "/none", **{"Accept-Language": "de"})
    assert (status, body.decode()) == (404, "Diese Seite gibt es nicht.\n")
