"""The page that says where to find help from people: `HelplinesPage`. Tk's thread only.

What is true everywhere is shown at once. The helplines that the operator of the server has chosen
are put above it when the server has told them. Every number is copied and every address opened by a
click or by a button, which Tab reaches.
"""

from __future__ import annotations

import textwrap
import tkinter as tk
from typing import TYPE_CHECKING, Final

from client.model.language import mark, tr
from client.model.links import TextLink, find_links
from client.widgets import dialogs
from client.widgets.dialogs import Dialog
from doctor.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter

HELPLINES: Final = (
    mark(
        "This is a program. It cannot call anyone, and nobody is notified of what you write. "
        "What you write is saved, and the person who runs the server can read it."
    ),
    mark(
        "If you or somebody else is in danger now, call your local emergency number: 112 in "
        "Europe and from most mobile phones, 911 in North America, 999 in the United Kingdom, "
        "000 in Australia."
    ),
    mark(
        "To talk to a person, findahelpline.com lists free and confidential helplines in more "
        "than a hundred countries, by telephone, text and chat. When you tell the doctor that "
        "you are in danger, its answer names the helplines that the person who runs the server "
        "has chosen."
    ),
    mark("If you can, tell somebody near you how you feel."),
)
_DIRECTORY: Final = "findahelpline.com"
_DIRECTORY_URL: Final = f"https://{_DIRECTORY}"
_WIDTH: Final = 52
#: Helplines that get buttons; the others are lines of text with links.
_WITH_BUTTONS: Final = 8


class HelplinesPage:
    """A dialog; `open_page` opens an address, `copy` copies a text."""

    def __init__(
        self,
        owner: tk.Misc,
        painter: Painter,
        fonts: Fonts,
        open_page: Callable[[str], object],
        copy: Callable[[str], object],
    ) -> None:
        self._painter, self._fonts, self._open_page, self._copy = painter, fonts, open_page, copy
        self.dialog = Dialog(owner, painter, fonts, tr("If you need help now"))
        paragraphs = [tr(text) for text in HELPLINES]
        lines = sum(len(textwrap.wrap(text, _WIDTH)) for text in paragraphs)
        self.area = area = self.dialog.add_text_area(height=lines + 2, width=_WIDTH)
        area.configure(spacing2=0, spacing3=0)  # else its height counts them for each line
        area.tag_configure("paragraph", spacing3=fonts.space(8))
        area.tag_configure("title", font=fonts.bold, spacing3=fonts.space(4))
        area.tag_configure("link", underline=True)
        for number, paragraph in enumerate(paragraphs):
            self._insert(tk.END, ("\n" if number else "") + paragraph, links=(_DIRECTORY,))
        area.configure(state="disabled")
        self.dialog.add_button(tr("Close"), self.dialog.dismiss, primary=True)
        self.dialog.add_button(
            tr("Open {text}").format(text=_DIRECTORY), lambda: open_page(_DIRECTORY_URL)
        )
        self.dialog.add_button(tr("Copy"), lambda: copy(self.text))
        self.dialog.show()

    @property
    def text(self) -> str:
        """Everything that the page says."""
        return "\n\n".join(filter(None, self.area.get("1.0", "end - 1 chars").split("\n")))

    def fill(self, rows: tuple[tuple[str, ...], ...]) -> None:
        """Show the helplines that the server has told; none change nothing."""
        if not rows or not self.dialog.is_open:
            return
        area = self.area
        area.configure(state="normal")
        area.mark_set("here", "1.0")
        area.insert("here", tr("The person who runs this server names:") + "\n", "title")
        for number, (kind, *fields) in enumerate(rows):
            texts = [one_line(field) for field in fields if field]
            if texts:
                label = {
                    "emergency": tr("In an emergency"),
                    "directory": tr("In every country"),
                }.get(kind)
                self._insert("here", ": ".join([label, *texts] if label else _named(texts)))
                if number < _WITH_BUTTONS:
                    self._add_buttons(find_links(texts[-1]))
                area.insert("here", "\n", "paragraph")
        area.insert("here", "\n")
        area.configure(state="disabled")
        area.yview_moveto(0)

    def _insert(self, index: str, text: str, links: tuple[str, ...] | None = None) -> None:
        """Insert a paragraph, its addresses and numbers as links (only these, if given)."""
        at = 0
        for link in find_links(text):
            if links is None or link.text in links:
                self.area.insert(index, text[at : link.start], "paragraph")
                self.area.insert(index, link.text, ("paragraph", "link", self._tag(link)))
                at = link.end
        self.area.insert(index, text[at:], "paragraph")

    def _tag(self, link: TextLink) -> str:
        """Return a tag of the link's own that opens or copies it."""
        tag = f"link {link.url or link.text}"
        self.area.tag_bind(tag, "<ButtonRelease-1>", lambda _event: self._follow(link))
        return tag

    def _add_buttons(self, links: list[TextLink]) -> None:
        for link in links:
            label = (
                tr("Open {text}").format(text=link.text)
                if link.url
                else tr("Copy {text}").format(text=link.text)
            )
            button = dialogs.button(
                self.area,
                label,
                lambda link=link: self._follow(link),  # type: ignore[misc] # bound early
                self._painter,
                self._fonts,
            )
            self.area.insert("here", "  ")
            self.area.window_create("here", window=button)

    def _follow(self, link: TextLink) -> None:
        if link.url:
            self._open_page(link.url)
        else:
            self._copy(link.text)


def _named(texts: list[str]) -> list[str]:
    """Return country and name of a helpline as one field, and how to reach it as another."""
    return [", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts
