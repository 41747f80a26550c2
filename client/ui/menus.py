"""Everything that a user can do in the window: one table of actions, its menus and keys.

Tk's thread only.
"""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

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


#: An action without a method is a separator.
ACTIONS: Final = (
    Action("Conversation", "Connect", "connect", "Ctrl+Return", ("<Control-Return>",)),
    Action("Conversation", "Disconnect", "disconnect", "Ctrl+D", ("<Control-d>",)),
    Action("Conversation", "Server…", "choose_server", "Ctrl+L", ("<Control-l>",)),
    Action("Conversation", "", ""),
    Action("Conversation", "Save…", "save", "Ctrl+S", ("<Control-s>",)),
    Action("Conversation", "Passphrase…", "set_passphrase"),
    Action("Conversation", "Erase my history…", "forget"),
    Action("Conversation", "", ""),
    Action("Conversation", "Quit", "leave", "Ctrl+Q", ("<Control-q>",)),
    Action("Edit", "Copy", "copy", "Ctrl+C"),
    Action("Edit", "Select all", "select_all"),
    Action("Edit", "Take back the last…", "take_back_last", "Ctrl+Z"),
    Action("Edit", "", ""),
    Action("Edit", "Find…", "find", "Ctrl+F", ("<Control-f>",)),
    Action("Edit", "Find older", "find_older", "F3", ("<F3>",)),
    Action("Edit", "Find newer", "find_newer", "Shift+F3", ("<Shift-F3>",)),
    Action("Edit", "Go to a date…", "go_to_date", "Ctrl+G", ("<Control-g>",)),
    Action("Edit", "", ""),
    Action(
        "Edit",
        "Check spelling",
        "use_spelling",
        choices=(("While I type", "on"), ("Never", "off")),
    ),
    Action("Edit", "Show all earlier sessions", "show_all", "Ctrl+E", ("<Control-e>",)),
    Action("Rooms", "Join a room…", "join_room", "Ctrl+J", ("<Control-j>",)),
    Action("Rooms", "Leave this room", "leave_room"),
    Action("Rooms", "", ""),
    Action(
        "Rooms", "Next conversation", "next_conversation", "Ctrl+Page Down", ("<Control-Next>",)
    ),
    Action(
        "Rooms",
        "Previous conversation",
        "previous_conversation",
        "Ctrl+Page Up",
        ("<Control-Prior>",),
    ),
    Action("View", "How the reply was made", "explain", "Ctrl+I", ("<Control-i>",)),
    Action("View", "", ""),
    Action(
        "View",
        "Larger",
        "larger",
        "Ctrl+plus",
        ("<Control-plus>", "<Control-equal>", "<Control-KP_Add>"),
    ),
    Action(
        "View", "Smaller", "smaller", "Ctrl+minus", ("<Control-minus>", "<Control-KP_Subtract>")
    ),
    Action("View", "Normal size", "normal_size", "Ctrl+0", ("<Control-Key-0>", "<Control-KP_0>")),
    Action("View", "", ""),
    Action(
        "View",
        "Colours",
        "use_palette",
        choices=(
            ("Same as the system", "system"),
            ("Light", "light"),
            ("Dark", "dark"),
            ("High contrast", "contrast"),
        ),
    ),
    Action(
        "View",
        "Typeface",
        "use_typeface",
        choices=(
            ("One for each who speaks", ""),
            ("Without serifs", "sans"),
            ("With serifs", "serif"),
            ("Like a typewriter", "mono"),
        ),
    ),
    Action(
        "View",
        "Teletype",
        "use_teletype",
        choices=(
            ("For the scripts of 1966", "auto"),
            ("On paper", "paper"),
            ("On a green screen", "screen"),
            ("Never", "off"),
        ),
    ),
    Action(
        "View",
        "Printing",
        "use_print_speed",
        choices=(
            ("Ten characters a second", "10"),
            ("Thirty characters a second", "30"),
            ("At once", "0"),
        ),
    ),
    Action("View", "", ""),
    Action("View", "Cover the conversation", "cover_conversation", "F9", ("<F9>",)),
    Action("View", "Next area", "next_area", "F6", ("<F6>",)),
    Action("View", "Go to the input", "to_input", "Escape", ("<Escape>",)),
    Action("Help", "Keys", "show_keys", "F1", ("<F1>",)),
    Action("Help", "Saved where? Who can read this?", "show_privacy"),
    Action("Help", "If you need help now", "show_helplines"),
    Action("Help", "About Doctor", "show_about"),
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
        self._painter.paint(made, "menu")
        return made

    def _add_action(self, action: Action, window: tk.Misc) -> None:
        menu = self._menus.get(action.menu)
        if menu is None:
            menu = self._menus[action.menu] = self._make_menu(self.bar)
            self.bar.add_cascade(label=action.menu, menu=menu, underline=0)
        if not action.method:
            menu.add_separator()
            return
        call = getattr(window, action.method)
        if not action.choices:
            menu.add_command(label=action.label, accelerator=action.key, command=call)
            return
        choices = self._make_menu(menu)
        for label, value in action.choices:
            choices.add_radiobutton(
                label=label,
                value=value,
                variable=_CHOICE.format(method=action.method),  # type: ignore[arg-type] # Tcl takes a name
                command=lambda value=value: call(value),  # type: ignore[misc] # bound early
            )
        menu.add_cascade(label=action.label, menu=choices)

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
        ("Return", "send"),
        ("Shift+Return", "a new paragraph"),
        ("Up, Down", "recall what you said before"),
        ("Page Up, Page Down", "scroll the transcript"),
        ("Tab, Shift+Tab", "next, previous field or button"),
    ]
    acted = [(action.key, action.label.rstrip("…")) for action in ACTIONS if action.key]
    return [*typed, *acted, ("F10", "the menus")]
