"""The texts of the Help menu, and the dialogs that show them. Tk's thread only."""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING, Final

import doctor
from client.model.language import mark, tr
from client.ui.menus import list_keys
from client.widgets.dialogs import Dialog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter

PRIVACY: Final = (
    mark("# Where is it saved?"),
    mark(
        "What you say, what the doctor answers, and when, is saved {place}, "
        "under the name you give. It is sent nowhere else. This window keeps no "
        "copy: it saves only your name, the server's address, colours, sizes and typeface. What"
        " you save with Save… is a file of yours."
    ),
    mark("# Who can read it?"),
    mark(
        "The person who runs the server can read every history. Lines in which somebody may be "
        "in danger are marked, so that this person can find them. If somebody reads along while"
        " you talk, or answers in the doctor's place, the window says so at once, and says who,"
        " unless it said at the beginning that somebody may read along without a word."
    ),
    mark(
        "Anyone who gives your name can read, erase and lock your history, unless it has a "
        "passphrase: a name is not secret. To set one, choose Passphrase in the menu "
        "Conversation. It locks the history for other users, not for the person who runs the "
        "server: the file on the disk is not encrypted. This window never saves the passphrase."
    ),
    mark(
        "In a room, everybody who is there reads what is said, and those who come later read "
        "what was said before. Nothing of what you say to the doctor alone enters a room."
    ),
    mark("# How is it erased?"),
    mark(
        "Ctrl+Z in an empty input takes back what you said last; the menu of the Menu key or "
        "the right button takes back any entry. Erase my history, in the menu Conversation, "
        "removes everything. "
        "Both remove it at once and from what the doctor remembers, and nothing can be "
        "restored. The server's log keeps the name, but never what was said, unless its "
        "operator has asked for that. Copies that the operator made of the histories are not "
        "changed."
    ),
    mark("# Who sees it on the screen?"),
    mark(
        "F9 covers the conversation with a neutral page. Escape brings it back; if the history "
        "has a passphrase, it is asked for first."
    ),
)
ABOUT: Final = (
    mark("Doctor {version}"),
    mark(
        "A listener in the tradition of ELIZA, the program with which Joseph Weizenbaum, in "
        "1966, let people talk to a machine. It finds keywords in what you say and makes a "
        "question from your own words. It understands nothing. How the reply was made, in the "
        "menu View, shows every step."
    ),
    mark(
        "It is not a physician and not a therapist. It gives no advice and no diagnosis, and it"
        " cannot replace a person."
    ),
    mark(
        "Free software under the GNU General Public License, version 3 or later, without any "
        "warranty."
    ),
)


def show(
    owner: tk.Misc,
    painter: Painter,
    fonts: Fonts,
    title: str,
    paragraphs: Sequence[str],
    **values: str,
) -> Dialog:
    """Show a dialog with paragraphs of text; one that begins with # is a heading.

    `values` are put into their places in the texts.
    """
    dialog = Dialog(owner, painter, fonts, title, width=680)
    for paragraph in paragraphs:
        text = tr(paragraph).format(version=doctor.__version__, **values)
        dialog.add_text(text.removeprefix("# "), fonts.bold if text.startswith("# ") else None)
    dialog.add_button(tr("Close"), dialog.dismiss, primary=True)
    dialog.show()
    return dialog


def show_keys(owner: tk.Misc, painter: Painter, fonts: Fonts) -> Dialog:
    """Show what each key does."""
    dialog = Dialog(owner, painter, fonts, tr("Keys"))
    listed = list_keys()
    area = dialog.add_text_area(height=min(20, len(listed)), width=46)
    tab = max(fonts.bold.measure(key) for key, _ in listed) + fonts.space(24)
    area.configure(tabs=(tab,))
    area.tag_configure("key", font=fonts.bold)
    area.tag_configure("what", lmargin2=tab)
    for key, what in listed:
        area.insert(tk.END, key, ("key", "what"), f"\t{what}\n", "what")
    area.delete("end - 2 chars", tk.END)
    area.configure(state="disabled")
    dialog.add_button(tr("Close"), dialog.dismiss, primary=True)
    dialog.show()
    return dialog
