"""The trace of a reply, shown beside the transcript: how the reply was made, step by step.

The order is that of the machine's work: the line, cut into its numbered pieces; the keywords that
were found; each part of the pattern beside the piece that it matched; the rule that made the reply;
the reply. A piece has the same colour and number wherever it appears.

Tk's thread only.
"""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING, Final

from client.model.language import mark, plural, tr
from client.model.trace import locate, pattern_parts, reply_parts, rule_heading, rule_parts, steps
from client.widgets.fitting import heading_font

if TYPE_CHECKING:
    from collections.abc import Iterable

    from client.model.trace import Attempt, Row, Steps
    from client.widgets.fonts import Fonts
    from client.widgets.palette import Palette

_SMALL: Final = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_NOTHING: Final = mark("nothing")
#: Letters of a piece beside its pattern; the line above shows the whole piece.
_LONGEST: Final = 22
#: What a part of a pattern matches, in words.
_MEANINGS: Final = (
    ("(/", mark("a word of the group {words}")),
    ("(*", mark("one of: {words}")),
    ("0", mark("anything")),
)


class TraceView:
    """Shows traces in `area`, which it owns from then on."""

    def __init__(self, area: tk.Text, fonts: Fonts) -> None:
        self.area = area
        self.fonts = fonts
        self._step = 0
        area.configure(wrap=tk.WORD, cursor="arrow", borderwidth=0, state=tk.DISABLED)
        area.bind("<Button-1>", lambda _event: area.focus_set(), add=True)
        area.bind("<Configure>", lambda _event: self.lay_out(), add=True)

    def colour(self, palette: Palette) -> None:
        """Show everything in a palette."""
        area = self.area
        area.tag_configure("heading", foreground=palette.accent)
        for tag in ("note", "part"):
            area.tag_configure(tag, foreground=palette.muted)
        for number, ground in enumerate(palette.pieces):
            area.tag_configure(f"piece{number}", background=ground, foreground=palette.piece_ink)
        area.tag_raise("sel")

    def lay_out(self) -> None:
        """Set fonts and distances for the current size and width."""
        fonts, area, space = self.fonts, self.area, self.fonts.space
        area.configure(padx=space(14), pady=space(12), font=fonts.body)
        area.configure(spacing1=space(1), spacing2=space(3), spacing3=space(3))
        area.tag_configure("title", font=heading_font(area, fonts), spacing3=space(6))
        area.tag_configure("title", rmargin=space(40))  # the button that closes it is beside
        area.tag_configure("heading", font=fonts.small, spacing1=space(15), spacing3=space(4))
        area.tag_configure("note", font=fonts.small)
        area.tag_configure("code", font=fonts.code)
        area.tag_configure("voice", font=fonts.voice)
        area.tag_configure("winner", font=fonts.bold)
        number = fonts.body.measure("8888")
        widest = fonts.body.measure("n") * (_LONGEST + 4)
        column = max(number * 2, min(widest, area.winfo_width() // 2))
        area.tag_configure("row", tabs=(number, column), lmargin2=column)
        area.tag_configure("stack", tabs=(number // 2, column))
        area.tag_configure("part", font=fonts.small)
        area.tag_configure("gap", font=(fonts.body.actual("family"), -max(1, space(2))))
        area.tag_configure("gap", spacing1=0, spacing3=0)

    def explain(self, rows: Iterable[Row]) -> None:
        """Show how a reply was made."""
        found = steps(rows)
        self._begin()
        self._put_line(found)
        self._put_keywords(found)
        for attempt in found.attempts:
            self._put_attempt(attempt)
        if found.reflected:
            turned = ",  ".join(f"{old} → {new}" for old, new in found.reflected)
            self._put(tr("words changed:  {pairs}").format(pairs=turned) + "\n", "note")
        self._put_reply(found)
        if found.remarks:
            self._put_section(tr("And"), "\n".join(found.remarks))
        self._end()

    def tell(self, text: str) -> None:
        """Show a remark instead of a trace."""
        self._begin()
        self._put(text + "\n", "note")
        self._end()

    def _put_line(self, found: Steps) -> None:
        if not found.line:
            return
        self._put_section(tr("You said"))
        at = 0
        for piece in locate(found.line, found.used.pieces):
            self._put(found.line[at : piece.start])
            self._put_piece(piece.number, found.line[piece.start : piece.end], numbered=True)
            at = piece.end
        self._put(found.line[at:] + "\n")
        heard = [clause for clause in found.clauses if clause.rstrip(".!?") not in found.line]
        if heard:
            self._put_section(tr("The machine heard"), " / ".join(heard), "code")
        elif found.clauses and len(found.clauses[0]) < len(found.line) - 2:
            self._put_section(tr("Clauses used"), " / ".join(found.clauses))
        if found.substituted:
            words = ",   ".join(f"{old} → {new}" for old, new in found.substituted)
            self._put_section(tr("Words replaced first"), words)

    def _put_keywords(self, found: Steps) -> None:
        if not found.stack:
            return
        self._put_section(tr("Keywords found, the strongest first"))
        used = found.used.keyword
        for word, rank in found.stack:
            won = word == used
            self._put("▸\t" if won else "\t", "stack")
            self._put(word, "winner" if won else "", "stack")
            self._put("\t" + tr("rank {rank}").format(rank=rank or 0) + "\n", "note", "stack")

    def _put_attempt(self, attempt: Attempt) -> None:
        if attempt.decomposition:
            under = tr("Matched by a pattern under {keyword}").format(keyword=attempt.keyword)
            self._put_section(under if attempt.keyword else tr("Matched by a pattern"))
        parts = pattern_parts(attempt.decomposition)
        beside = len(parts) == len(attempt.pieces)
        if not beside and attempt.decomposition:
            self._put(attempt.decomposition + "\n", "code")
        for index, piece in enumerate(attempt.pieces):
            self._put(f"{piece.number}\t", "note", "row")
            text = piece.text if len(piece.text) <= _LONGEST else piece.text[: _LONGEST - 1] + "…"
            if text:
                self._put_piece(piece.number, text, "row")
            else:
                self._put(tr(_NOTHING), "note", "row")
            if beside:
                self._put("\t", "row")
                self._put(_describe(parts[index]), "part", "row")
            self._put("\n", "row")
            self._put("\n", "gap")
        if attempt.reassembly:
            alone = not attempt.keyword and not attempt.decomposition
            self._put_section(rule_heading(attempt.reassembly, alone=alone))
            numbers = [piece.number for piece in attempt.pieces]
            for text, number in rule_parts(attempt.reassembly, numbers):
                if number:
                    self._put_piece(number, text)
                else:
                    self._put(text, "code")
            self._put("\n")
        if attempt.source:
            self._put(f"{attempt.source}\n", "note")

    def _put_reply(self, found: Steps) -> None:
        if not found.reply:
            return
        self._put_section(tr("The reply"))
        for text, number in reply_parts(found.reply, found.used.reassembly, found.used.pieces):
            if number:
                self._put_piece(number, text, "voice")
            else:
                self._put(text, "voice")
        self._put("\n", "voice")

    def _put_piece(self, number: int, text: str, *tags: str, numbered: bool = False) -> None:
        sign = str(number).translate(_SMALL) if numbered else ""
        self._put(
            f"\N{NO-BREAK SPACE}{text}{sign}\N{NO-BREAK SPACE}", f"piece{(number - 1) % 8}", *tags
        )

    def _put_section(self, heading: str, text: str = "", tag: str = "") -> None:
        self._step += 1
        self._put(f"{self._step}   {heading}\n", "heading")
        if text:
            self._put(text + "\n", tag)

    def _begin(self) -> None:
        self._step = 0
        self.area.configure(state=tk.NORMAL)
        self.area.delete("1.0", tk.END)
        self._put(tr("Why did you say that?") + "\n", "title")

    def _put(self, text: str, *tags: str) -> None:
        self.area.insert("end - 1 chars", text, tags)

    def _end(self) -> None:
        self.area.configure(state=tk.DISABLED)
        self.area.yview_moveto(0)


def _describe(part: str) -> str:
    """Return in words what a part of a pattern matches."""
    for sign, words in _MEANINGS:
        if part == sign:
            return tr(words)
        if part.startswith(sign) and part.endswith(")"):
            return tr(words).format(words=", ".join(part[2:-1].split()))
    if part.isdecimal():
        return plural("one word", "{number} words", int(part)).format(number=part)
    return tr("the word {word}").format(word=part)
