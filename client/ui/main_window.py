"""The program's window: `DoctorClient`, a conversation's window with menus and settings.

    menus, keys       ui.menus, one table that names the methods of this window
    conversation      ui.conversation_window
    settings          colours, sizes and the last server, saved when the window closes
    local server      a server that this window started, and stops when it closes

Everything in this module runs in Tk's thread, except functions given to `run_in_background`.
"""

from __future__ import annotations

import re
import sys
import webbrowser
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from client.model import preferences, spelling
from client.model.language import tr
from client.net import events
from client.ui import close_dialogs, help_pages
from client.ui.context_menu import ContextMenu
from client.ui.conversation_window import ConversationWindow
from client.ui.cover import Cover
from client.ui.helplines import HelplinesPage
from client.ui.local_server import LocalServerControl
from client.ui.menus import Menus
from client.ui.reading import Reading
from client.widgets.palette import PALETTES, system_palette

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from client.model.links import TextLink
    from client.model.preferences import Preferences
    from client.model.spelling import Speller
    from client.net.address import ServerAddress
    from client.net.events import Event


class DoctorClient(ConversationWindow):
    """The window in which a patient talks.

    `file` is where its settings are saved. `patients` is the directory of a server that it starts
    (None: that server's default). `options` are those of `ConversationWindow`.
    """

    def __init__(
        self,
        settings: Preferences,
        address: ServerAddress,
        file: Path,
        patients: Path | None = None,
        **options: Any,
    ) -> None:
        super().__init__(
            tr("Doctor"),
            settings.size,
            address,
            on_other=self._take_other,
            on_link=self._follow,
            **options,
        )
        root = self.winfo_toplevel()
        self.settings = settings
        self.local_server = LocalServerControl(self, patients)
        self._helplines: HelplinesPage | None = None
        self._leaving = close_dialogs.CloseQuestions(self, self._leave)
        self._file = file
        root.protocol("WM_DELETE_WINDOW", self.leave)
        self.menus = Menus(self, self.painter, self.fonts)
        self.context_menu = ContextMenu(
            self.view, self.presenter.explainer.explain, self._open_page, self.take_back
        )
        self.reading = Reading(self.presenter, self.context_menu.add_transcript)
        self.cover = Cover(self.view, self._uncover)
        #: Whether the cover is to be taken away as soon as the server has let the patient in again.
        self._awaits_welcome = False
        self.view.input.bind_empty_undo(self.take_back_last)
        self.layout.button.configure(command=self.toggle_connection)
        self.layout.name.insert(0, settings.name)
        self.layout.name.bind("<Return>", lambda _event: self.connect())
        self.view.colour(PALETTES.get(settings.palette, self.painter.palette))
        self.use_palette(settings.palette)
        self.use_typeface(settings.typeface)
        self.use_teletype(settings.teletype)
        self.use_print_speed(str(settings.print_speed))
        self.use_language(settings.language)
        self.use_spelling("on" if settings.spelling else "off")
        self._set_geometry()
        self.presenter.show("off", tr("Not connected"))
        root.deiconify()
        self.view.placeholder.welcome()
        self.layout.name.focus_set()

    def take(self, source: object, found: Any) -> None:
        """Take a value of another thread; a connection that ended answers no reader."""
        super().take(source, found)
        if isinstance(found, events.Lost | events.Suspended | events.Failed | events.Closed):
            self.reading.interrupt()
        if isinstance(found, events.Welcomed) and self._awaits_welcome:
            self._show_uncovered()

    def handle_welcome(self) -> None:
        """Begin a new session."""
        self.reading.forget()
        super().handle_welcome()

    def handle_failure(self, failure: events.Failed) -> None:
        """Show why there is no conversation, and offer what can be done."""
        self.local_server.offer(failure)

    def _set_geometry(self) -> None:
        root, space = self.winfo_toplevel(), self.fonts.space
        # Menu and window frame need some of the screen's height too.
        most = (root.winfo_screenwidth(), root.winfo_screenheight() - space(44))
        wide, high = min(space(740), most[0]), min(space(600), most[1])
        root.minsize(min(wide, space(260)), min(high, space(220)))
        wanted = re.fullmatch(r"(\d+)x(\d+)", self.settings.geometry)
        if wanted:
            wide, high = min(int(wanted[1]), most[0]), min(int(wanted[2]), most[1])
        root.geometry(f"{wide}x{high}")
        root.update_idletasks()
        if self.settings.workings:
            self.presenter.explainer.explain(None)

    # Leaving.

    def leave(self) -> None:
        """Close the window.

        Ask first if something typed would be lost, and if others use the server that this window
        started.
        """
        self._leaving.begin()

    def _leave(self) -> None:
        started = self.local_server.started
        if started is None or not started.is_running or self.closed:
            self._close()
            return
        presenter = self.presenter
        mine = presenter.conversation is not None and presenter.state in {"open", "thinking"}
        self.run_in_background(lambda: started.count_connections() - mine, self._leave_with_others)

    # The menu "Edit".

    def find(self) -> None:
        """Find a text in the whole history."""
        self.reading.find()

    def find_older(self) -> None:
        """Show the next older place of what is looked for."""
        self.reading.step(1)

    def find_newer(self) -> None:
        """Show the next newer place of what is looked for."""
        self.reading.step(-1)

    def go_to_date(self) -> None:
        """Show what was said on a day."""
        self.reading.go_to_date()

    def go_back(self) -> None:
        """Close what is open beside the conversation, or else the explanation; go to the input."""
        if not self.reading.close():
            self.presenter.explainer.close()
        self.to_input()

    def use_spelling(self, choice: str) -> None:
        """Mark misspelt words in the input ("on"), where a dictionary is installed, or do not."""
        wanted = choice == "on"
        self.settings = replace(self.settings, spelling=wanted)
        self.menus.show_choice("use_spelling", choice)
        self.view.spelling.use(None)
        if wanted:
            self.run_in_background(spelling.find_speller, self._take_speller)

    def _take_speller(self, speller: Speller | None) -> None:
        if self.settings.spelling:
            self.view.spelling.use(speller)

    # The menu "View".

    def larger(self) -> None:
        """Make everything larger."""
        self._zoom(next((size for size in preferences.SIZES if size > self.fonts.size), 0))

    def smaller(self) -> None:
        """Make everything smaller."""
        sizes = reversed(preferences.SIZES)
        self._zoom(next((size for size in sizes if size < self.fonts.size), 0))

    def normal_size(self) -> None:
        """Set everything to its normal size."""
        self._zoom(preferences.Preferences().size)

    def use_palette(self, name: str) -> None:
        """Use "light", "dark" or "contrast" colours, or "system" for those of the system."""
        self.settings = replace(self.settings, palette=name)
        self.menus.show_choice("use_palette", name)
        if name == "system":
            self.run_in_background(system_palette, self._use_system_palette)
        else:
            self._colour(name)

    def _colour(self, name: str) -> None:
        self.view.colour(self.teletype.palette or PALETTES[name])

    def use_typeface(self, name: str) -> None:
        """Use one of the typefaces of the settings."""
        self.settings = replace(self.settings, typeface=name)
        self.menus.show_choice("use_typeface", name)
        self.fonts.choose("mono" if self.teletype.look else name)
        self.view.apply_fonts()
        self.reading.lay_out()

    def use_teletype(self, look: str) -> None:
        """Look like a teletype: for scripts of 1966 ("auto"), on "paper", "screen", or "off"."""
        self.settings = replace(self.settings, teletype=look)
        self.menus.show_choice("use_teletype", look)
        self.teletype.choose(look)

    def use_print_speed(self, speed: str) -> None:
        """Print so many characters a second as a teletype, or at once ("0")."""
        self.settings = replace(self.settings, print_speed=int(speed))
        self.menus.show_choice("use_print_speed", speed)
        self.teletype.set_speed(int(speed))

    def use_usual_look(self) -> None:
        """Use the colours and the typeface of the settings again."""
        self.use_palette(self.settings.palette)
        self.use_typeface(self.settings.typeface)

    def use_language(self, code: str) -> None:
        """Use a language from the next start on; "" is the system's."""
        if code != self.settings.language:
            self.tell(tr("The language changes when the window is opened again."))
        self.settings = replace(self.settings, language=code)
        self.menus.show_choice("use_language", code)

    def cover_conversation(self) -> None:
        """Hide the conversation behind a neutral page."""
        self.view.close_dialog()
        self.cover.show()

    def _uncover(self) -> None:
        """Take the page away; where there is a passphrase, only after it was given."""
        presenter = self.presenter
        if not presenter.is_locked:
            self._show_uncovered()
        elif presenter.conversation is None:
            self._awaits_welcome = True
            self.connect()
        elif presenter.state in {"open", "thinking"}:
            presenter.verify_passphrase(self._show_uncovered)
        else:
            self._awaits_welcome = True
            presenter.conversation.retry()

    def _show_uncovered(self) -> None:
        self._awaits_welcome = False
        self.cover.hide()
        self.to_input()

    # The menu "Help".

    def show_keys(self) -> None:
        """Show what each key does."""
        self.view.open_dialog(help_pages.show_keys(self, self.painter, self.fonts))

    def show_privacy(self) -> None:
        """Show what is saved where and who can read it."""
        title = tr("Saved where? Who can read this?")
        place = self.local_server.describe_place()
        self._show_help(title, help_pages.PRIVACY, place=place)

    def show_helplines(self) -> None:
        """Show where to find help from people."""
        page = HelplinesPage(self, self.painter, self.fonts, self._open_page, self._copy_text)
        self._helplines = page
        self.view.open_dialog(page.dialog)
        conversation = self.presenter.conversation
        if conversation is not None and self.presenter.state in {"open", "thinking"}:
            conversation.ask_helplines()

    def show_about(self) -> None:
        """Show what this program is and is not."""
        self._show_help(tr("About Doctor"), help_pages.ABOUT)

    def _take_other(self, event: Event) -> None:
        """Take an event that is not for the transcript."""
        match event:
            case events.HelplinesFound() if self._helplines is not None:
                self._helplines.fill(event.rows)
            case _:
                self.reading.take(event)

    def _follow(self, link: TextLink) -> None:
        """Open an address, or copy a number."""
        if link.url:
            self._open_page(link.url)
        else:
            self._copy_text(link.text)

    def _copy_text(self, text: str) -> None:
        self.clipboard_clear()
        self.clipboard_append(text)
        self.tell(tr("Copied: {text}").format(text=text) if len(text) < 40 else tr("Copied."))

    def _open_page(self, url: str) -> None:
        """Open a page in the browser, which may take seconds to start."""

        def show(opened: bool) -> None:
            self.tell(
                tr("Opened {url}.").format(url=url)
                if opened
                else tr("No browser could be opened for {url}.").format(url=url)
            )

        self.run_in_background(lambda: webbrowser.open(url), show)

    def _show_help(self, title: str, paragraphs: Sequence[str], **values: str) -> None:
        dialog = help_pages.show(self, self.painter, self.fonts, title, paragraphs, **values)
        self.view.open_dialog(dialog)

    def _zoom(self, size: int) -> None:
        if size:
            self.fonts.zoom(size)
            self.view.apply_fonts()
            self.reading.lay_out()

    def _use_system_palette(self, name: str) -> None:
        if self.settings.palette == "system":
            self._colour(name)

    def _leave_with_others(self, others: int) -> None:
        if others <= 0:
            self._stop_and_close()
            return
        dialog = close_dialogs.ask_about_others(
            self,
            self.painter,
            self.fonts,
            others,
            keep_running=self._close_alone,
            stop=self._stop_and_close,
        )
        self.view.open_dialog(dialog)

    def _stop_and_close(self) -> None:
        self._close()
        self.local_server.stop()

    def close_at_once(self) -> None:
        """Close the window without a question, and stop the server that was started here."""
        self._stop_and_close()

    def _close_alone(self) -> None:
        self.local_server.leave_running()
        self._close()

    def _close(self) -> None:
        if not self.closed:
            self._save_settings()
            self.close()

    def _save_settings(self) -> None:
        address = self.address
        self.settings = replace(
            self.settings,
            name=self.layout.name.get().strip(),
            host=address.host,
            port=address.port,
            tls=address.tls,
            authority=address.authority,
            size=self.fonts.size,
            geometry=self.winfo_toplevel().geometry().split("+")[0],
            workings=self.layout.trace_shown,
        )
        trouble = preferences.save(self._file, self.settings)
        if trouble:
            print(f"client: {trouble}", file=sys.stderr)
