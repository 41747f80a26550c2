"""The dialogs of connecting: which server, and the passphrases that a server asks for.

A typed passphrase goes from its field to the function that sends it, and is stored nowhere. Tk's
thread only.
"""

from __future__ import annotations

import re
import textwrap
import tkinter as tk
from pathlib import Path
from typing import TYPE_CHECKING, Final

from client.model.language import mark, tr
from client.net.address import ServerAddress
from client.net.events import explain_refusal
from client.widgets.dialogs import Dialog
from doctor.protocol import codes

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.net.events import SecretWanted
    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter

#: Characters that are shown of what is to be taken back.
_QUOTED: Final = 120


def ask_server(
    owner: tk.Misc,
    painter: Painter,
    fonts: Fonts,
    address: ServerAddress,
    use: Callable[[ServerAddress], object],
) -> Dialog:
    """Ask for the server's address; `use` gets it."""
    dialog = Dialog(owner, painter, fonts, tr("The doctor's server"))
    dialog.add_text(
        tr(
            "A doctor on this computer has the address 127.0.0.1. What you say to a doctor on "
            "another computer crosses the network: use TLS."
        ),
        role="page note",
    )
    host = dialog.add_entry(tr("Server"), address.host)
    port = dialog.add_entry(tr("Port"), str(address.port))
    secure = dialog.add_check(tr("Use TLS"), ticked=address.tls)
    authority = dialog.add_entry(tr("File of certificates to trust (empty: those of the system)"))
    authority.insert(0, address.authority)
    show_error = dialog.add_error()

    def accept() -> None:
        number, trusted = port.get().strip(), authority.get().strip()
        if not host.get().strip():
            show_error(tr("Which server? 127.0.0.1 is this computer."))
        elif not (number.isascii() and number.isdecimal() and 0 < int(number) < 65536):
            show_error(tr("A port is a number from 1 to 65535."))
        elif trusted and not Path(trusted).is_file():
            show_error(tr("There is no file {trusted}.").format(trusted=trusted))
        else:
            chosen = ServerAddress(host.get().strip(), int(number), secure(), trusted)
            dialog.close()
            use(chosen)

    dialog.add_button(tr("Use this server"), accept, primary=True)
    dialog.add_button(tr("Cancel"), dialog.dismiss)
    dialog.show()
    return dialog


_TITLES = {
    codes.PASSPHRASE: mark("Passphrase"),
    codes.WRONG_PASSPHRASE: mark("Passphrase, once more"),
    codes.NEW_PASSPHRASE: mark("A new passphrase"),
    codes.REPEAT_PASSPHRASE: mark("The new passphrase again"),
}
_WORDS = {
    codes.PASSPHRASE: mark("This history is locked. Its passphrase opens it."),
    codes.NEW_PASSPHRASE: mark(
        "From now on this history opens only with it. A lost passphrase cannot "
        "be found again; the person who runs the server can remove it. Leave this empty for none."
    ),
    codes.REPEAT_PASSPHRASE: mark("Type it a second time, so that no typing mistake is saved."),
}


def ask_secret(
    owner: tk.Misc,
    painter: Painter,
    fonts: Fonts,
    wanted: SecretWanted,
    *,
    use: Callable[[str], object],
    cancel: Callable[[], object],
    is_right: Callable[[str], bool] = lambda _secret: True,
) -> Dialog:
    """Ask for a passphrase; `use` gets it, `cancel` is called if the user gives none.

    While `is_right` says no, the dialog stays open and says that the two are not the same.
    """
    title = tr(_TITLES.get(wanted.code, _TITLES[codes.PASSPHRASE]))
    dialog = Dialog(owner, painter, fonts, title, on_dismiss=cancel)
    role = "page warning" if wanted.code == codes.WRONG_PASSPHRASE else "page note"
    text = tr(_WORDS.get(wanted.code, "")) or explain_refusal(wanted.code, wanted.text)
    if wanted.room and wanted.code == codes.PASSPHRASE:
        text = tr("The room {room} has a passphrase.").format(room=wanted.room)
    dialog.add_text(text, role=role)
    entry = dialog.add_entry(tr("Passphrase"), secret=True)
    show_error = dialog.add_error()

    def accept() -> None:
        secret = entry.get()
        entry.delete(0, tk.END)
        if not is_right(secret):
            show_error(
                tr(
                    "This is not the same as the first time. Type it again; Cancel changes "
                    "nothing, and you can begin anew."
                )
            )
            entry.focus_set()
            return
        dialog.close()
        use(secret)

    dialog.add_button(tr("Continue"), accept, primary=True)
    dialog.add_button(tr("Cancel"), dialog.dismiss)
    dialog.show()
    return dialog


def ask_name_to_forget(
    owner: tk.Misc,
    painter: Painter,
    fonts: Fonts,
    text: str,
    use: Callable[[str], object],
) -> Dialog:
    """Ask for the name that confirms erasing a history; `use` gets it, or "" to keep it."""
    dialog = Dialog(
        owner, painter, fonts, tr("Erase this history for good?"), on_dismiss=lambda: use("")
    )
    named = re.search('"(.+)"', text)
    if named:  # the server speaks English; what it says besides the name is this
        text = tr("This erases everything that was said here, for good.")
        text += " " + tr("To confirm it, give the name {name}.").format(name=named[1])
    dialog.add_text(text, role="page note")
    entry = dialog.add_entry(tr("The name, to confirm"))

    def accept() -> None:
        name = entry.get()
        dialog.close()
        use(name)

    dialog.add_button(tr("Erase it"), accept, primary=True, danger=True)
    dialog.add_button(tr("Keep it"), dialog.dismiss)
    dialog.show()
    return dialog


def ask_to_take_back(
    owner: tk.Misc,
    painter: Painter,
    fonts: Fonts,
    number: int,
    use: Callable[[str], object],
    *,
    said: str = "",
) -> Dialog:
    """Ask whether to take an exchange back; `use` gets its number, or "" to keep it.

    `said` is what goes, of which the first words are shown. Return keeps it.
    """
    dialog = Dialog(owner, painter, fonts, tr("Take this back?"), on_dismiss=lambda: use(""))
    if said:
        words = textwrap.shorten(said, _QUOTED, placeholder=" …")
        # One long word alone would be shortened to nothing.
        words = words if words.strip(" …") else said[:_QUOTED] + "…"
        dialog.add_text(tr("“{words}”").format(words=words))
    dialog.add_text(
        tr(
            "What you said as number {number}, the answer to it, and what the doctor "
            "remembers of it are erased for good. The number stays, and says that it was "
            "taken back."
        ).format(number=number),
        role="page note",
    )

    def accept() -> None:
        dialog.close()
        use(str(number))

    dialog.add_button(tr("Keep it"), dialog.dismiss, primary=True)
    dialog.add_button(tr("Take it back"), accept, danger=True)
    dialog.show()
    return dialog
