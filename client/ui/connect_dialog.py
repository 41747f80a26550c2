"""The sheets of connecting: which server, and the passphrases that a server asks for.

What is typed as a passphrase goes from its field to the function that sends it and is kept nowhere.
Tk's thread alone.
"""

from __future__ import annotations

import tkinter as tk
from pathlib import Path
from typing import TYPE_CHECKING

from client.net.events import in_words
from client.net.transport import ServerAddress
from client.widgets.dialogs import Dialog
from doctor.protocol import codes

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.net.events import SecretWanted
    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter


def ask_server(
    owner: tk.Misc,
    painter: Painter,
    letters: Fonts,
    place: ServerAddress,
    use: Callable[[ServerAddress], object],
) -> Dialog:
    """Ask where the server is; `use` gets the answer."""
    sheet = Dialog(owner, painter, letters, "The doctor's server")
    sheet.add_text(
        "A doctor on this computer is at 127.0.0.1. What you say to one elsewhere "
        "crosses the network: use TLS.",
        role="page note",
    )
    host = sheet.add_entry("Server", place.host)
    port = sheet.add_entry("Port", str(place.port))
    secure = sheet.add_check("Speak TLS with it", ticked=place.tls)
    authority = sheet.add_entry("File of certificates to trust (empty: the system's)")
    authority.insert(0, place.authority)
    wrong = sheet.add_text("", role="page warning")

    def done() -> None:
        number, trusted = port.get().strip(), authority.get().strip()
        if not host.get().strip():
            wrong.configure(text="Which server? 127.0.0.1 is this computer.")
        elif not (number.isascii() and number.isdecimal() and 0 < int(number) < 65536):
            wrong.configure(text="A port is a number from 1 to 65535.")
        elif trusted and not Path(trusted).is_file():
            wrong.configure(text=f"There is no file {trusted}.")
        else:
            chosen = ServerAddress(host.get().strip(), int(number), secure(), trusted)
            sheet.close()
            use(chosen)

    sheet.add_button("Use this server", done, primary=True)
    sheet.add_button("Cancel", sheet.away)
    sheet.show()
    return sheet


_TITLES = {
    codes.PASSPHRASE: "Passphrase",
    codes.WRONG_PASSPHRASE: "Passphrase, once more",
    codes.NEW_PASSPHRASE: "A new passphrase",
    codes.REPEAT_PASSPHRASE: "The new passphrase again",
}
_WORDS = {
    codes.PASSPHRASE: "This history is locked. Its passphrase opens it.",
    codes.NEW_PASSPHRASE: "From now on this history opens only with it. There is no way to find "
    "it again; the person who runs the server can take the lock off. Leave it empty for none.",
    codes.REPEAT_PASSPHRASE: "To be sure, type it a second time.",
}


def ask_secret(
    owner: tk.Misc,
    painter: Painter,
    letters: Fonts,
    wanted: SecretWanted,
    use: Callable[[str], object],
) -> Dialog:
    """Ask for the passphrase that the server wants; `use` gets it."""
    sheet = Dialog(owner, painter, letters, _TITLES.get(wanted.code, "Passphrase"))
    role = "page warning" if wanted.code == codes.WRONG_PASSPHRASE else "page note"
    sheet.add_text(_WORDS.get(wanted.code) or in_words(wanted.code, wanted.text), role=role)
    entry = sheet.add_entry("Passphrase", secret=True)

    def done() -> None:
        secret = entry.get()
        entry.delete(0, tk.END)
        sheet.close()
        use(secret)

    sheet.add_button("Go on", done, primary=True)
    sheet.add_button("Cancel", sheet.away)
    sheet.show()
    return sheet


def ask_name_to_forget(
    owner: tk.Misc,
    painter: Painter,
    letters: Fonts,
    text: str,
    use: Callable[[str], object],
) -> Dialog:
    """Ask for the name that confirms erasing a history; `use` gets it, or "" to keep it."""
    sheet = Dialog(owner, painter, letters, "Erase this history for good?")
    sheet.add_text(text, role="page note")
    entry = sheet.add_entry("Your name, to confirm")
    sheet.on_away = lambda: use("")

    def done() -> None:
        name = entry.get()
        sheet.close()
        use(name)

    sheet.add_button("Erase it", done, primary=True, danger=True)
    sheet.add_button("Keep it", sheet.away)
    sheet.show()
    return sheet
