"""Everything that a user can do in the window: one table of actions, its menus and keys.

Tk's thread only.
"""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from client.model.language import LANGUAGES, mark, tr
from client.widgets.keys import bind_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter


@dataclass(frozen=True, slots=True)
class Action:
    """One action: its place in the menus, its key, and the method of the window that it calls.

    `events` are Tk's names of its key. `choices` makes a submenu: label and argument of each.
    """

    menu: str
    label: str
    method: str
    key: str = ""
    events: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()


#: Names of keys that differ from language to language.
_KEYS: Final = (
    mark("Ctrl"),
    mark("Shift"),
    mark("Return"),
    mark("Escape"),
    mark("Page Up"),
    mark("Page Down"),
    mark("plus"),
    mark("minus"),
)
#: An action without a method is a separator.
ACTIONS: Final = (
    Action(mark("Conversation"), mark("Connect"), "connect", "Ctrl+Return", ("<Control-Return>",)),
    Action(mark("Conversation"), mark("Disconnect"), "disconnect", "Ctrl+D", ("<Control-d>",)),
    Action(mark("Conversation"), mark("Server…"), "choose_server", "Ctrl+L", ("<Control-l>",)),
    Action(mark("Conversation"), "", ""),
    Action(mark("Conversation"), mark("Save…"), "save", "Ctrl+S", ("<Control-s>",)),
    Action(mark("Conversation"), mark("Passphrase…"), "set_passphrase"),
    Action(mark("Conversation"), mark("Erase my history…"), "forget"),
    Action(mark("Conversation"), "", ""),
    Action(mark("Conversation"), mark("Quit"), "leave", "Ctrl+Q", ("<Control-q>",)),
    Action(mark("Edit"), mark("Copy"), "copy", "Ctrl+C"),
    Action(mark("Edit"), mark("Select all"), "select_all"),
    Action(mark("Edit"), mark("Take back the last…"), "take_back_last", "Ctrl+Z"),
    Action(mark("Edit"), "", ""),
    Action(mark("Edit"), mark("Find…"), "find", "Ctrl+F", ("<Control-f>",)),
    Action(mark("Edit"), mark("Find older"), "find_older", "F3", ("<F3>",)),
    Action(mark("Edit"), mark("Find newer"), "find_newer", "Shift+F3", ("<Shift-F3>",)),
    Action(mark("Edit"), mark("Go to a date…"), "go_to_date", "Ctrl+G", ("<Control-g>",)),
    Action(mark("Edit"), "", ""),
    Action(
        mark("Edit"),
        mark("Check spelling"),
        "use_spelling",
        choices=((mark("While I type"), "on"), (mark("Never"), "off")),
    ),
    Action(mark("Edit"), mark("Show all earlier sessions"), "show_all", "Ctrl+E", ("<Control-e>",)),
    Action(mark("Rooms"), mark("Join a room…"), "join_room", "Ctrl+J", ("<Control-j>",)),
    Action(mark("Rooms"), mark("Leave this room"), "leave_room"),
    Action(mark("Rooms"), "", ""),
    Action(
        mark("Rooms"),
        mark("Next conversation"),
        "next_conversation",
        "Ctrl+Page Down",
        ("<Control-Next>",),
    ),
    Action(
        mark("Rooms"),
        mark("Previous conversation"),
        "previous_conversation",
        "Ctrl+Page Up",
        ("<Control-Prior>",),
    ),
    Action(mark("View"), mark("How the reply was made"), "explain", "Ctrl+I", ("<Control-i>",)),
    Action(mark("View"), "", ""),
    Action(
        mark("View"),
        mark("Larger"),
        "larger",
        "Ctrl+plus",
        ("<Control-plus>", "<Control-equal>", "<Control-KP_Add>"),
    ),
    Action(
        mark("View"),
        mark("Smaller"),
        "smaller",
        "Ctrl+minus",
        ("<Control-minus>", "<Control-KP_Subtract>"),
    ),
    Action(
        mark("View"),
        mark("Normal size"),
        "normal_size",
        "Ctrl+0",
        ("<Control-Key-0>", "<Control-KP_0>"),
    ),
    Action(mark("View"), "", ""),
    Action(
        mark("View"),
        mark("Colours"),
        "use_palette",
        choices=(
            (mark("Same as the system"), "system"),
            (mark("Light"), "light"),
            (mark("Dark"), "dark"),
            (mark("High contrast"), "contrast"),
        ),
    ),
    Action(
        mark("View"),
        mark("Typeface"),
        "use_typeface",
        choices=(
            (mark("One for each who speaks"), ""),
            (mark("Without serifs"), "sans"),
            (mark("With serifs"), "serif"),
            (mark("Like a typewriter"), "mono"),
        ),
    ),
    Action(
        mark("View"),
        mark("Teletype"),
        "use_teletype",
        choices=(
            (mark("For the scripts of 1966"), "auto"),
            (mark("On paper"), "paper"),
            (mark("On a green screen"), "screen"),
            (mark("Never"), "off"),
        ),
    ),
    Action(
        mark("View"),
        mark("Printing"),
        "use_print_speed",
        choices=(
            (mark("Ten characters a second"), "10"),
            (mark("Thirty characters a second"), "30"),
            (mark("At once"), "0"),
        ),
    ),
    Action(
        mark("View"),
        mark("Language"),
        "use_language",
        choices=(
            (mark("Same as the system"), ""),
            *((name, code) for code, name in LANGUAGES.items()),
        ),
    ),
    Action(mark("View"), "", ""),
    Action(mark("View"), mark("Cover the conversation"), "cover_conversation", "F9", ("<F9>",)),
    Action(mark("View"), mark("Next area"), "next_area", "F6", ("<F6>",)),
    Action(mark("View"), mark("Go to the input"), "go_back", "Escape", ("<Escape>",)),
    Action(mark("Help"), mark("Keys"), "show_keys", "F1", ("<F1>",)),
    Action(mark("Help"), mark("Saved where? Who can read this?"), "show_privacy"),
    Action(mark("Help"), mark("If you need help now"), "show_helplines"),
    Action(mark("Help"), mark("About Doctor"), "show_about"),
)


#: Tcl's variable for the choice in use. A `tkinter.Variable` would call Tk when it is deleted,
#: which may happen in any thread.
_CHOICE: Final = "doctor_choice_of_{method}"


class Menus:
    """The menu bar of `window`, whose methods the table names."""

    def __init__(self, window: tk.Misc, painter: Painter, fonts: Fonts) -> None:
        root = window.winfo_toplevel()
        self.bar = tk.Menu(root, tearoff=False, borderwidth=0, font=fonts.body)
        painter.paint(self.bar, "menu")
        self._root = root
        self._menus: dict[str, tk.Menu] = {}
        self._painter, self._fonts = painter, fonts
        for action in ACTIONS:
            self._add_action(action, window)
            for event in action.events:
                bind_key(root, event, _make_handler(getattr(window, action.method)))
        root.configure(menu=self.bar)

    def _make_menu(self, parent: tk.Menu) -> tk.Menu:
        made = tk.Menu(parent, tearoff=False, borderwidth=1, font=self._fonts.body)
        made.configure(activeborderwidth=0, relief="flat")
        self._painter.paint(made, "popup")
        return made

    def _add_action(self, action: Action, window: tk.Misc) -> None:
        menu = self._menus.get(action.menu)
        if menu is None:
            menu = self._menus[action.menu] = self._make_menu(self.bar)
            self.bar.add_cascade(label=tr(action.menu), menu=menu, underline=0)
        if not action.method:
            menu.add_separator()
            return
        call = getattr(window, action.method)
        if not action.choices:
            menu.add_command(label=tr(action.label), accelerator=key_name(action.key), command=call)
            return
        choices = self._make_menu(menu)
        for label, value in action.choices:
            choices.add_radiobutton(
                label=tr(label),
                value=value,
                variable=_CHOICE.format(method=action.method),  # type: ignore[arg-type] # Tcl takes a name
                command=lambda value=value: call(value),  # type: ignore[misc] # bound early
            )
        menu.add_cascade(label=tr(action.label), menu=choices)

    def show_choice(self, method: str, value: str) -> None:
        """Mark the choice in use in the submenu of an action."""
        self._root.setvar(_CHOICE.format(method=method), value)


def _make_handler(call: Callable[[], object]) -> Callable[[object], str]:
    def handle(_event: object) -> str:
        call()
        return "break"

    return handle


def list_keys() -> list[tuple[str, str]]:
    """Return each key and what it does, for the page of keys."""
    typed = [
        ("Return", tr("send")),
        ("Shift+Return", tr("a new paragraph")),
        (tr("Up, Down"), tr("recall what you said before")),
        ("Page Up, Page Down", tr("scroll the transcript")),
        ("Tab, Shift+Tab", tr("next, previous field or button")),
    ]
    acted = [(action.key, tr(action.label).rstrip("…")) for action in ACTIONS if action.key]
    return [(key_name(key), what) for key, what in (*typed, *acted, ("F10", tr("the menus")))]


def key_name(key: str) -> str:
    """Return a key such as `Ctrl+Page Up` as keyboards of the language in use name it."""
    for english in _KEYS:
        key = key.replace(english, tr(english))
    return key
