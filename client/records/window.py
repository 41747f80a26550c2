"""The operator's window, `python -m client --records`: histories and live conversations.

    search        transcript of the chosen patient
    patients      report in the browser, export
    live          who talks now; reading along and answering: `client.records.live`

The search looks for names and in all texts; hits are counted and marked, and F3 goes to the next.
The window reads the histories while a server may be running, and never writes one. They are read in
background threads, and the list fills meanwhile. Of a long history the end is shown first, and
earlier exchanges when the reader scrolls to the top.

Everything here runs in Tk's thread, except `_scan` and functions given to `run_in_background`.
"""

from __future__ import annotations

import threading
import webbrowser
from pathlib import Path
from tkinter import filedialog
from typing import TYPE_CHECKING, Final

from client.model import bidi, saving
from client.model.language import as_number, tr
from client.model.preferences import SIZES
from client.records import counts
from client.records.history_pages import HistoryPages, to_entries
from client.records.layout import RecordsLayout
from client.records.live import LiveView
from client.records.report import make_report
from client.records.rows import PatientRow, format_day
from client.records.text_search import TextHits, TextSearch
from client.widgets.base_window import BaseFrame
from client.widgets.palette import PALETTES, system_palette
from client.widgets.placeholder import Placeholder
from client.widgets.transcript_view import TranscriptView
from doctor.errors import DoctorError
from doctor.patients import open_archive
from doctor.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.widgets.palette import Palette
    from doctor.patients.base import StoredHistory

#: Milliseconds after the last letter until texts are searched.
_PAUSE: Final = 400
#: Patients passed on by the scanning thread at a time.
_BATCH: Final = 200


class RecordsWindow(BaseFrame):
    """The patients of a directory or a database's URL, and what they said.

    `choose_file` asks for the name of a file to export to; `show_page` opens a page in the browser.
    """

    def __init__(
        self,
        directory: Path | str,
        palette: str = "light",
        size: int = 11,
        *,
        choose_file: Callable[..., str] = filedialog.asksaveasfilename,
        show_page: Callable[[str], object] = webbrowser.open,
    ) -> None:
        super().__init__(tr("Doctor: records"), size)
        self.archive = open_archive(directory)
        self.known: dict[str, PatientRow] = {}
        self.chosen: PatientRow | None = None
        self._choose_file, self._show_page = choose_file, show_page
        self._scanning = threading.Event()
        buttons = (
            (tr("Live"), self._show_live),
            (tr("Read again"), self.reload),
            (tr("Export…"), self.export),
            (tr("Report"), self.report),
        )
        self.layout = RecordsLayout(self, self.painter, self.fonts, buttons)
        self.search, self.list = self.layout.search, self.layout.list
        self.transcript = TranscriptView(
            self.layout.area,
            self.fonts,
            on_top=lambda: self.pages.show_earlier(),  # noqa: PLW0108 - made below
            on_bottom=lambda: self.pages.show_later(),  # noqa: PLW0108 - made below
        )
        self.pages = HistoryPages(self.transcript)
        self.texts = TextSearch(self.archive, lambda hits: self.post(self._take_hits, hits))
        self._hits = TextHits("", {}, 0, is_over=True)
        self._at = 0
        self._typing = ""
        self.placeholder = Placeholder(self.transcript.text_view, self.fonts, self.painter)
        self.live = LiveView(self, directory, self.layout)
        self._colour(PALETTES.get(palette, self.painter.palette))
        if palette == "system":
            self.run_in_background(system_palette, lambda name: self._colour(PALETTES[name]))
        root, space = self.winfo_toplevel(), self.fonts.space
        wide = min(space(900), root.winfo_screenwidth())
        high = min(space(600), root.winfo_screenheight() - space(30))
        root.geometry(f"{wide}x{high}")
        root.deiconify()
        self._bind_keys()
        self.search.focus_set()
        self.reload()

    def _bind_keys(self) -> None:
        root = self.winfo_toplevel()
        self.layout.area.bind("<Configure>", lambda _event: self.placeholder.lay_out(), add=True)
        self.list.bind("<<TreeviewSelect>>", lambda _event: self._choose())
        self.search.bind("<KeyRelease>", lambda _event: self._typed())
        self.search.bind("<Down>", lambda _event: self._enter_list())
        self.search.bind("<Return>", lambda _event: self._enter_list())
        for key, call in (
            ("<Control-q>", self.close),
            ("<Control-s>", self.export),
            ("<Control-r>", self.report),
            ("<F5>", self.reload),
            ("<Control-f>", self.search.focus_set),
            ("<F3>", lambda: self._step(1)),
            ("<Shift-F3>", lambda: self._step(-1)),
            ("<Control-l>", self.live.toggle),
            ("<Control-h>", self.live.hold),
            ("<Escape>", self._escape),
            ("<Control-plus>", lambda: self._zoom(1)),
            ("<Control-equal>", lambda: self._zoom(1)),
            ("<Control-minus>", lambda: self._zoom(-1)),
        ):
            root.bind(key, lambda _event, call=call: call())

    def _colour(self, palette: Palette) -> None:
        self.painter.change(palette)
        self.transcript.colour(palette)
        self.placeholder.colour(palette)
        self.layout.colour(palette)
        self.live.colour(palette)

    def _zoom(self, step: int) -> None:
        sizes = SIZES
        index = sizes.index(self.fonts.size) + step if self.fonts.size in sizes else 3
        self.fonts.zoom(sizes[max(0, min(index, len(sizes) - 1))])
        self._colour(self.painter.palette)
        self.transcript.lay_out()
        self.placeholder.lay_out()

    def _show_live(self) -> None:
        self.live.show()

    def _escape(self) -> None:
        if not self.live.leave_by_key():
            self.search.focus_set()

    def tell(self, text: str) -> None:
        """Show a text in the status line."""
        self.layout.status.configure(text=text)

    @property
    def status(self) -> str:
        """The text of the status line."""
        return str(self.layout.status["text"])

    # The list.

    def reload(self) -> None:
        """Read the directory again."""
        self.known.clear()
        self._scanning.set()
        self._scanning = threading.Event()
        self.list.delete(*self.list.get_children())
        self.tell(tr("Reading {where}…").format(where=counts.shortened(self.archive.where)))
        stop = self._scanning
        threading.Thread(
            target=self._scan, args=(stop,), name="reading of histories", daemon=True
        ).start()

    def _scan(self, stop: threading.Event) -> None:
        """Read the row of each patient, in a thread of its own."""
        found: list[PatientRow] = []
        failed = 0
        try:
            for patient in self.archive.patients():
                if stop.is_set():
                    return
                try:
                    name, summary, _locked, kind = self.archive.peek(patient)
                except (DoctorError, OSError):
                    failed += 1
                    continue
                seen = summary.last_seen or 0.0
                marked, is_room = summary.marked, bool(kind)
                found.append(PatientRow(name, summary.exchanges, seen, marked, is_room))
                if len(found) >= _BATCH:
                    self.post(self._add_rows, (stop, found, None))
                    found = []
        except (DoctorError, OSError) as error:
            why = getattr(error, "strerror", None)
            self.post(
                self._add_rows, (stop, [], f"{self.archive.where}: {why}" if why else str(error))
            )
            return
        self.post(self._add_rows, (stop, found, failed))

    def _add_rows(self, news: tuple[threading.Event, list[PatientRow], int | str | None]) -> None:
        stop, found, end = news
        if stop is not self._scanning:
            return
        self.known.update((known.name, known) for known in found)
        if end is None:
            return
        self._fill_list()
        if isinstance(end, str):
            self.tell(end)
            self.placeholder.note(tr("Histories"), tr("Nobody has talked here yet."))
            return
        marked = sum(known.marked for known in self.known.values())
        if not self.live.is_shown:  # which has the status line then
            self.tell(counts.of_directory(len(self.known), marked, end or 0, self.archive.where))
        if self.chosen is None:
            words = (
                tr("Choose one on the left.") if self.known else tr("Nobody has talked here yet.")
            )
            self.placeholder.note(tr("Histories"), words)
        # What was typed meanwhile was looked for among those who were known then.
        self._hits = TextHits("", {}, 0, is_over=True)
        self._search_texts()

    def _fill_list(self) -> None:
        """Show the patients in whose names or texts the search text is, last seen first."""
        wanted = fold(self.search.get())
        found = self._hits.hits if wanted == self._hits.wanted else {}
        keep = self.list.selection()
        self.list.delete(*self.list.get_children())
        for known in sorted(self.known.values(), key=lambda known: -known.last_seen):
            hits = len(found.get(known.name, ()))
            if hits or wanted in fold(known.name):
                seen = format_day(known.last_seen) + "\u00a0\u00a0" if known.last_seen else ""
                title = bidi.as_drawn(known.title)
                title += f"  {counts.of_places(hits)}" if hits else ""
                values = (known.exchanges, seen)
                self.list.insert(
                    "", "end", iid=known.name, text=bidi.as_drawn(title), values=values
                )
        if keep and self.list.exists(keep[0]):
            self.list.selection_set(keep[0])

    def _enter_list(self) -> str:
        rows = self.list.get_children()
        if rows:
            self.list.focus_set()
            self.list.focus(rows[0])
            self.list.selection_set(rows[0])
        return "break"

    # Texts.

    def _typed(self) -> None:
        """Show the names at once, and search the texts when nothing more is typed."""
        self._fill_list()
        if self._typing:
            self.after_cancel(self._typing)
        self._typing = self.after(_PAUSE, self._search_texts)

    def _search_texts(self) -> None:
        self._typing = ""
        wanted = fold(self.search.get())
        if wanted == self._hits.wanted:
            return
        self._hits = TextHits(wanted, {}, 0, is_over=False)
        self.transcript.mark_hits("")
        newest = sorted(self.known.values(), key=lambda known: -known.last_seen)
        if self.texts.begin(wanted, [known.name for known in newest]):
            self.tell(tr("Searching the texts…"))

    def _take_hits(self, hits: TextHits) -> None:
        """Show what was found so far."""
        if hits.wanted != fold(self.search.get()):
            return
        is_new = not self._hits.hits
        self._hits = hits
        self._fill_list()
        self.tell(counts.of_hits(hits))
        if is_new and self.chosen is not None:
            self._show_hits()

    def _show_hits(self) -> None:
        """Mark the hits in the chosen history, and show the newest."""
        numbers = self._chosen_hits
        self.transcript.mark_hits(self._hits.wanted if numbers else "")
        self._at = 0
        if numbers:
            for number in numbers:
                self.transcript.mark_hit(number)
            self.pages.show_number(numbers[0])

    @property
    def _chosen_hits(self) -> list[int]:
        return self._hits.hits.get(self.chosen.name, []) if self.chosen is not None else []

    def _step(self, step: int) -> None:
        """Show the next older place in the chosen history (1), or the next newer one (-1)."""
        numbers = self._chosen_hits
        if not numbers:
            self.tell(tr("Type what is to be found, and choose a patient."))
            return
        self._at = (self._at + step) % len(numbers)
        self.pages.show_number(numbers[self._at])
        self.tell(
            tr("{at} of {all}").format(at=as_number(self._at + 1), all=as_number(len(numbers)))
        )

    # One patient.

    def _choose(self) -> None:
        chosen = self.list.selection()
        known = self.known.get(chosen[0]) if chosen else None
        if known is None or known == self.chosen:
            return
        self.chosen = known

        def read() -> tuple[PatientRow, StoredHistory | str]:
            try:
                return known, self.archive.read(known.name)
            except (DoctorError, OSError) as error:
                return known, str(error)

        self.run_in_background(read, self._show_history)

    def _show_history(self, found: tuple[PatientRow, StoredHistory | str]) -> None:
        known, history = found
        if known != self.chosen:
            return
        self.placeholder.dismiss()
        self.pages.open(None if isinstance(history, str) else history)
        if isinstance(history, str):
            self.placeholder.note(known.name, history)
            return
        self.transcript.patient = known.name
        self.pages.open(history)
        length, file = len(history.transcript), Path(history.place).name
        self.tell(counts.of_history(known.name, length, file))
        self._show_hits()

    def export(self) -> None:
        """Write the chosen history as text, Markdown, HTML or JSON."""
        known, history = self.chosen, self.pages.history
        if known is None or history is None:
            self.tell(tr("Choose a patient first."))
            return
        path = self._choose_file(
            parent=self,
            title=tr("Export the history"),
            initialfile=f"{Path(history.place).stem}.html",
            defaultextension=".html",
            filetypes=saving.kinds(),
        )
        if not path:
            return

        def write() -> str:
            entries = to_entries(history.transcript)
            try:
                saving.write(Path(path), known.name, entries)
            except OSError as error:
                return tr("The file could not be written: {strerror}.").format(
                    strerror=error.strerror or error
                )
            return tr("Written to {path}").format(path=path)

        self.run_in_background(write, self.tell)

    def report(self) -> None:
        """Make the report of the chosen patient, or of all, and open it in the browser."""
        names = [self.chosen.name] if self.chosen else []
        self.tell(tr("Making the report…"))

        def made(result: tuple[Path, str]) -> None:
            target, trouble = result
            if trouble:
                self.tell(tr("The report could not be made: {trouble}").format(trouble=trouble))
            else:
                self._show_page(target.as_uri())
                self.tell(tr("The report is {target}").format(target=target))

        self.run_in_background(lambda: make_report(self.archive.where, names), made)

    def close(self) -> None:
        """Close the window, stop reading the list and end all streams."""
        self._scanning.set()
        self.texts.stop()
        self.live.close()
        super().close()
