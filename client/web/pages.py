"""The page's files, which are read once, and the headers of every answer over HTTP.

The headers allow the page to load its own files and to open web sockets to where it came from, and
nothing else: no script or style inside the page, no frame around it, no text as markup.
"""

from __future__ import annotations

import http
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from client.model import language
from client.model.dialogue import DIALOGUE

#: Where the page gets the published dialogue.
DIALOGUE_PATH: Final = "/dialogue.json"
FILES: Final = Path(__file__).parent / "static"
#: Media types by the ending of a file.
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS: Final = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Cache-Control", "no-cache"),
    ("Connection", "close"),
)


@dataclass(frozen=True, slots=True)
class Page:
    """What one request gets: a status, the media type, and the bytes."""

    status: http.HTTPStatus
    media_type: str
    body: bytes


def language_page(code: str) -> Page:
    """Return the catalogue of a language for the page, as JSON."""
    found = {"language": code, "texts": language.read_part(code, "client/web/")}
    body = json.dumps(found, ensure_ascii=False).encode()
    return Page(http.HTTPStatus.OK, "application/json; charset=utf-8", body)


def dialogue_page() -> Page:
    """Return the published dialogue that an exhibit replays, as JSON."""
    body = json.dumps(DIALOGUE, ensure_ascii=False).encode()
    return Page(http.HTTPStatus.OK, "application/json; charset=utf-8", body)


def load() -> dict[str, Page]:
    """Return the answer to each path of the page's files. Raises `OSError`."""
    found = {
        f"/{path.name}": Page(http.HTTPStatus.OK, _TYPES[path.suffix], path.read_bytes())
        for path in sorted(FILES.iterdir())
        if path.suffix in _TYPES
    }
    return {"/": found["/index.html"], DIALOGUE_PATH: dialogue_page(), **found}


def refusal(status: http.HTTPStatus, why: str) -> Page:
    """Return the answer to a request that is refused: one sentence of plain text."""
    return Page(status, "text/plain; charset=utf-8", f"{why}\n".encode())
