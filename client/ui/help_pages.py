"""The pages of the Help menu, as text, and the sheet that shows them. Tk's thread alone."""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING, Final

import doctor
from client.ui.menus import keys
from client.widgets.dialogs import Dialog

if TYPE_CHECKING:
    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter

PRIVACY: Final = """\
What you say, what the doctor answers, and when, is saved on the computer where the server runs,
under the name you give. Nothing is sent anywhere else, and this window keeps no copy: it
remembers your name, the server and how it looks.

Whoever runs the server can read every history. Lines that speak of being in danger are marked, so
that they can see them.

A name is no secret. Without a passphrase anyone who gives your name can read, erase and lock your
history. Set one with Conversation, Passphrase.

A passphrase locks the history for visitors, not for whoever runs the server: the file on the disk
is not encrypted. It is never saved by this window.

Conversation, Erase my history removes everything at once and for good. The server's log keeps the
name, never what was said.
"""
HELPLINES: Final = """\
This is a program. It cannot call anyone, and nobody is reading along.

If you or somebody else is in danger now, call your local emergency number: 112 in Europe and from
most mobile phones, 911 in North America, 999 in the United Kingdom, 000 in Australia.

To talk to a person, findahelpline.com lists free and confidential helplines in more than a
hundred countries, by telephone, text and chat.

If you can, tell somebody near you how you feel.
"""
ABOUT: Final = """\
Doctor {version}

A listener in the tradition of ELIZA, the program with which Joseph Weizenbaum, in 1966, let
people talk to a machine. It finds keywords in what you say and turns your words round into a
question. It understands nothing, and View, How the reply was made shows every step.

It is no physician and no therapist. It gives no advice and no diagnosis, and it is no replacement
for a person.

Free software under the GNU General Public License, version 3 or later, without any warranty.
"""


def show(owner: tk.Misc, painter: Painter, letters: Fonts, title: str, text: str) -> Dialog:
    """Show a page of paragraphs."""
    sheet = Dialog(owner, painter, letters, title)
    for paragraph in text.format(version=doctor.__version__).split("\n\n"):
        sheet.add_text(" ".join(paragraph.split()))
    sheet.add_button("Close", sheet.away, primary=True)
    sheet.show()
    return sheet


def show_keys(owner: tk.Misc, painter: Painter, letters: Fonts) -> Dialog:
    """Show what each key does."""
    sheet = Dialog(owner, painter, letters, "Keys")
    listed = keys()
    area = sheet.add_page(height=min(20, len(listed)), width=46)
    tab = letters.bold.measure("Shift+Return") + letters.space(24)
    area.configure(tabs=(tab,))
    area.tag_configure("key", font=letters.bold)
    area.tag_configure("what", lmargin2=tab)
    for key, what in listed:
        area.insert(tk.END, key, ("key", "what"), f"\t{what}\n", "what")
    area.delete("end - 2 chars", tk.END)
    area.configure(state="disabled")
    sheet.add_button("Close", sheet.away, primary=True)
    sheet.show()
    return sheet
