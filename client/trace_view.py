"""How a reply was made, beside the transcript, for a class to look at.

Reads from top to bottom as the machine works: what was said, cut into its numbered pieces; the
keywords that were found; the pattern that took the line apart; the rule that put the reply
together, its pieces in the same colours and with the same numbers; the reply. Tk's thread alone.
"""

from __future__ import annotations

import re
import tkinter as tk
from typing import TYPE_CHECKING, Final

from client.tracing import steps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from client.palette import Letters, Palette
    from client.tracing import Attempt, Piece, Row, Steps

_SMALL: Final = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_EMPTY: Final = "∅"


class TraceView:
    """Shows traces in `area`, which it owns from then on."""

    def __init__(self, area: tk.Text, letters: Letters) -> None:
        self.area = area
        self.letters = letters
        area.configure(wrap=tk.WORD, cursor="arrow", borderwidth=0, state=tk.DISABLED)
        area.bind("<Button-1>", lambda _event: area.focus_set(), add=True)

    def colour(self, palette: Palette) -> None:
        """Show everything in a palette."""
        area = self.area
        area.tag_configure("heading", foreground=palette.accent)
        area.tag_configure("note", foreground=palette.muted)
        area.tag_configure("winner", foreground=palette.ink)
        for number, ground in enumerate(palette.pieces):
            area.tag_configure(f"piece{number}", background=ground, foreground=palette.piece_ink)
        area.tag_raise("sel")

    def lay_out(self) -> None:
        """Set distances and letters for the present size."""
        letters, area, space = self.letters, self.area, self.letters.space
        area.configure(padx=space(14), pady=space(12), font=letters.body)
        area.configure(spacing2=space(4), spacing3=space(4))
        area.tag_configure("title", font=letters.title, spacing3=space(8))
        area.tag_configure("heading", font=letters.small, spacing1=space(14), spacing3=space(3))
        area.tag_configure("note", font=letters.small)
        area.tag_configure("code", font=letters.code)
        area.tag_configure("voice", font=letters.voice)
        area.tag_configure("gap", font=(letters.body.actual("family"), -space(3)))
        area.tag_configure("gap", spacing1=0, spacing3=0)
        area.tag_configure("winner", font=letters.bold)

    def explain(self, rows: Iterable[Row]) -> None:
        """Show how a reply was made."""
        found = steps(rows)
        self._begin("Why did you say that?")
        self._line(found)
        self._keywords(found)
        for attempt in found.attempts:
            self._attempt(attempt)
        if found.reflected:
            turned = "; ".join(f"{old} → {new}" for old, new in found.reflected)
            self._section("Words turned round", turned)
        for remark in found.remarks:
            self._section("And", remark)
        if found.reply:
            self._section("The reply", found.reply, "voice")
        if found.source:
            self._section("Where that is written", found.source, "note")
        self._end()

    def tell(self, text: str) -> None:
        """Show a remark instead of a trace."""
        self._begin("Why did you say that?")
        self._put(text + "\n", "note")
        self._end()

    def _line(self, found: Steps) -> None:
        if not found.line:
            return
        self._section("You said", "")
        at = 0
        for piece in sorted(found.used.pieces, key=lambda piece: piece.start):
            if piece.start < at or piece.end > len(found.line) or piece.end <= piece.start:
                continue
            self._put(found.line[at : piece.start])
            self._piece(piece, found.line[piece.start : piece.end])
            at = piece.end
        self._put(found.line[at:] + "\n")
        if found.clauses and found.clauses != [found.line]:
            self._section("What was listened to", " / ".join(found.clauses))
        if found.substituted:
            words = "; ".join(f"{old} → {new}" for old, new in found.substituted)
            self._section("Read as", words)

    def _keywords(self, found: Steps) -> None:
        if not found.stack:
            return
        self._section("Keywords found, the strongest first", "")
        used = found.used.keyword
        for word, rank in found.stack:
            mark = "▸ " if word == used else "   "
            self._put(f"{mark}{word}", "winner" if word == used else "code")
            self._put(f"   rank {rank or 0}\n", "note")

    def _attempt(self, attempt: Attempt) -> None:
        if attempt.decomposition:
            self._section("Taken apart by the pattern", attempt.decomposition, "code")
        for piece in attempt.pieces:
            self._put(f"{piece.number}  ", "note")
            self._piece(piece, piece.text or _EMPTY, numbered=False)
            self._put("\n")
            self._put("\n", "gap")
        if attempt.reassembly:
            self._section("Put together by the rule", "")
            self._rule(attempt)

    def _rule(self, attempt: Attempt) -> None:
        pieces = {piece.number: piece for piece in attempt.pieces}
        for part in re.split(r"(\b\d+\b)", attempt.reassembly):
            if part.isdecimal() and int(part) in pieces:
                self._piece(pieces[int(part)], part, numbered=False)
            else:
                self._put(part, "code")
        self._put("\n")

    def _piece(self, piece: Piece, text: str, *, numbered: bool = True) -> None:
        tag = f"piece{(piece.number - 1) % 8}"
        self._put(f" {text}{str(piece.number).translate(_SMALL) if numbered else ''} ", tag)

    def _section(self, heading: str, text: str, tag: str = "") -> None:
        self._put(heading + "\n", "heading")
        if text:
            self._put(text + "\n", tag)

    def _begin(self, title: str) -> None:
        self.area.configure(state=tk.NORMAL)
        self.area.delete("1.0", tk.END)
        self._put(title + "\n", "title")

    def _put(self, text: str, tag: str = "") -> None:
        self.area.insert("end - 1 chars", text, tag)

    def _end(self) -> None:
        self.area.configure(state=tk.DISABLED)
        self.area.yview_moveto(0)
