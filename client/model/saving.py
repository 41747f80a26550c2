"""Saves a conversation as text, Markdown, HTML or JSON, chosen by the file's ending.

What was said is escaped by the functions of `doctor.text`, as in the exports of the command line:
nothing in it acts as markup, and control and direction characters are visible. A program that reads
the JSON gets every character. The file is written under a temporary name and renamed, and only its
owner may read it.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final

from client.model.exchange import TAKEN_BACK
from client.model.language import current, mark, tr
from doctor.text import escape, escape_html, escape_markdown, joined_paragraphs, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from client.model.exchange import HistoryEntry

#: The kinds of files that the save dialog offers.
_KINDS: Final = (
    (mark("Text"), "*.txt"),
    ("Markdown", "*.md"),
    (mark("Web page"), "*.html"),
    ("JSON", "*.json"),
)
_INDENTED: Final = "\n       "
#: What the JSON has of an exchange where there is something to say.
_NAMES: Final = ("speaker", "responder", "event")
_PAGE: Final = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --band: #eff3f2; --muted: #666b70; --accent: #1d5c66 }}
@media (prefers-color-scheme: dark) {{ :root {{ --band: #242a2d; --muted: #9ba1a6;
  --accent: #7cc3cd }} }}
body {{ font: 1rem/1.55 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto;
  padding: 0 1rem }}
h2 {{ font-size: .85rem; font-weight: normal; color: var(--muted); text-align: center;
  margin: 2.5rem 0 1rem }}
p {{ margin: 0; padding: .5rem .75rem; overflow-wrap: anywhere }}
p b {{ display: block; font-size: .8rem; font-weight: normal; color: var(--muted) }}
.patient {{ background: var(--band) }}
.doctor {{ font-family: Charter, Georgia, serif }}
.doctor b {{ font-family: system-ui, sans-serif; color: var(--accent) }}
</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""


def kinds() -> tuple[tuple[str, str], ...]:
    """Return the kinds of files that the save dialog offers, each with its pattern."""
    return tuple((tr(name), pattern) for name, pattern in _KINDS)


def _title(name: str) -> str:
    return tr("{name} and the doctor").format(name=name)


def write(path: Path, name: str, entries: Iterable[HistoryEntry]) -> None:
    """Write exchanges, oldest first, in the format of the ending of `path`; raises `OSError`."""
    made = _WRITERS.get(path.suffix.lower(), _to_text)(name, list(entries))
    temporary = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - its mode
            file.write(made)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _to_text(name: str, entries: list[HistoryEntry]) -> str:
    lines: list[str] = []
    for day, said in _split_days(entries):
        lines += [day, ""]
        for entry in said:
            clock = f"{entry.at.astimezone():%H:%M}"
            if entry.remark:
                lines += [f"{clock}  {escape(entry.remark)}", ""]
                continue
            for _, who, words in entry.parts(name):
                lines += [f"{clock}  {escape(who)}: {joined_paragraphs(words, escape, _INDENTED)}"]
            lines.append("")
    return "\n".join(lines)


def _to_markdown(name: str, entries: list[HistoryEntry]) -> str:
    lines = [f"# {escape_markdown(_title(name))}", ""]
    for day, said in _split_days(entries):
        lines += [f"## {day}", ""]
        for entry in said:
            clock = f"{entry.at.astimezone():%H:%M}"
            if entry.remark:
                lines += [f"*{escape_markdown(entry.remark)}* {clock}", ""]
                continue
            for kind, who, words in entry.parts(name):
                quote = "> " if kind == "doctor" else ""
                text = joined_paragraphs(words, escape_markdown, "\n>\n> " if quote else "\n\n")
                lines += [f"**{escape_markdown(who)}** {clock}  ", quote + text, ""]
    return "\n".join(lines)


def _to_html(name: str, entries: list[HistoryEntry]) -> str:
    parts: list[str] = []
    for day, said in _split_days(entries):
        parts.append(f"<h2>{day}</h2>")
        for entry in said:
            at = entry.at.astimezone()
            when = f'<time datetime="{at.isoformat(timespec="seconds")}">{at:%H:%M}</time>'
            if entry.remark:
                parts.append(f'<p class="patient"><b>{when}</b>{escape_html(entry.remark)}</p>')
                continue
            for kind, who, words in entry.parts(name):
                head = f"<b>{escape_html(who)} \u00b7 {when}</b>"
                parts.append(
                    f'<p class="{kind}">{head}{joined_paragraphs(words, escape_html, "<br>")}</p>'
                )
    return _PAGE.format(language=current(), title=escape_html(_title(name)), body="\n".join(parts))


def _to_json(name: str, entries: list[HistoryEntry]) -> str:
    listed = [
        {
            "number": entry.number,
            "at": entry.at.isoformat(timespec="milliseconds"),
            "patient": entry.patient,
            "doctor": entry.doctor,
        }
        | ({"taken_back": True} if entry.mark == TAKEN_BACK else {})
        | {key: value for key in _NAMES if (value := getattr(entry, key))}
        for entry in entries
    ]
    value = {"patient": name, "exchanges": listed}
    return to_json(value, indent=2) + "\n"


_WRITERS: Final[dict[str, Callable[[str, list[HistoryEntry]], str]]] = {
    ".txt": _to_text,
    ".md": _to_markdown,
    ".html": _to_html,
    ".htm": _to_html,
    ".json": _to_json,
}


def _split_days(entries: list[HistoryEntry]) -> Iterator[tuple[str, list[HistoryEntry]]]:
    """Return the entries of each day, with the day in words."""
    day: list[HistoryEntry] = []
    for entry in entries:
        if day and _day_in_words(day[-1].at) != _day_in_words(entry.at):
            yield _day_in_words(day[0].at), day
            day = []
        day.append(entry)
    if day:
        yield _day_in_words(day[0].at), day


def _day_in_words(at: datetime) -> str:
    here = at.astimezone()
    return f"{here:%A}, {here.day} {here:%B %Y}"
