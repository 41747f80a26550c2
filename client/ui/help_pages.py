"""The texts of the Help menu, and the dialogs that show them. Tk's thread only."""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING, Final

import doctor
from client.ui.menus import list_keys
from client.widgets.dialogs import Dialog

if TYPE_CHECKING:
    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter

PRIVACY: Final = """\
What you say, what the doctor answers, and when, is saved on the computer where the server runs,
under the name you give. It is sent nowhere else, and this window keeps no copy: it saves only your
name, the server's address, colours and sizes.

The person who runs the server can read every history. Lines in which somebody may be in danger are
marked, so that this person can find them.

A name is not secret. Without a passphrase, anyone who gives your name can read, erase and lock your
history. To set a passphrase, choose Passphrase in the menu Conversation.

A passphrase locks the history for other users, not for the person who runs the server: the file on
the disk is not encrypted. This window never saves the passphrase.

Erase my history, in the menu Conversation, removes everything at once, and nothing can be restored.
The server's log keeps the name, but never what was said.
"""
ABOUT: Final = """\
Doctor {version}

A listener in the tradition of ELIZA, the program with which Joseph Weizenbaum, in 1966, let
people talk to a machine. It finds keywords in what you say and makes a question from your own
words. It understands nothing. How the reply was made, in the menu View, shows every step.

It is not a physician and not a therapist. It gives no advice and no diagnosis, and it cannot
replace a person.

Free software under the GNU General Public License, version 3 or later, without any warranty.
"""


def show(owner: tk.Misc, painter: Painter, fonts: Fonts, title: str, text: str) -> Dialog:
    """Show a dialog with paragraphs of text."""
    dialog = Dialog(owner, painter, fonts, title)
    for paragraph in text.format(version=doctor.__version__).split("\n\n"):
        dialog.add_text(" ".join(paragraph.split()))
    dialog.add_button("Close", dialog.dismiss, primary=True)
    dialog.show()
    return dialog


def show_keys(owner: tk.Misc, painter: Painter, fonts: Fonts) -> Dialog:
    """Show what each key does."""
    dialog = Dialog(owner, painter, fonts, "Keys")
    listed = list_keys()
    area = dialog.add_text_area(height=min(20, len(listed)), width=46)
    tab = fonts.bold.measure("Page Up, Page Down") + fonts.space(24)
    area.configure(tabs=(tab,))
    area.tag_configure("key", font=fonts.bold)
    area.tag_configure("what", lmargin2=tab)
    for key, what in listed:
        area.insert(tk.END, key, ("key", "what"), f"\t{what}\n", "what")
    area.delete("end - 2 chars", tk.END)
    area.configure(state="disabled")
    dialog.add_button("Close", dialog.dismiss, primary=True)
    dialog.show()
    return dialog
