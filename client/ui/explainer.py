"""Shows how replies were made, beside the transcript: `Explainer`. Tk's thread only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client.model.language import tr

if TYPE_CHECKING:
    from client.model.transcript import Item
    from client.net.events import TraceFound
    from client.ui.conversation_view import ConversationView


class Explainer:
    """The traces of one session's replies, shown in `view`.

    `enabled`: replies can be explained.
    """

    def __init__(self, view: ConversationView, *, enabled: bool) -> None:
        self._view, self._enabled = view, enabled
        self._traces: dict[int, tuple[tuple[str, ...], ...]] = {}
        view.layout.close_trace.configure(command=self.close)

    def __len__(self) -> int:
        return len(self._traces)

    def clear(self) -> None:
        """Forget every trace."""
        self._traces.clear()

    def explain(self, item: Item | None) -> None:
        """Show how the reply of an item was made."""
        if not self._enabled:
            return
        self._view.layout.show_trace(shown=True)
        self._view.transcript.choose(item)
        trace = self._view.trace
        rows = self._traces.get(item.line) if item is not None else None
        if item is None:
            trace.tell(tr("Say something. Then you see here how the doctor made its reply."))
        elif rows:
            trace.explain(rows)
        elif not item.line:
            trace.tell(
                tr(
                    "This reply is from before. The doctor explains only the replies of "
                    "this session."
                )
            )
        else:
            trace.tell(tr("The server has not yet sent how this reply was made."))

    def toggle(self, item: Item | None = None) -> bool:
        """Show or hide how the chosen or newest reply was made; return whether it is shown.

        `item`: the reply that is meant; it is hidden only if it is the one that is shown.
        """
        layout, transcript = self._view.layout, self._view.transcript
        if item is not None and not (layout.trace_shown and item is transcript.chosen):
            self.explain(item)
        elif layout.trace_shown:
            layout.show_trace(shown=False)
            transcript.choose(None)
        else:
            self.explain(transcript.chosen or transcript.last_reply())
        return layout.trace_shown

    def close(self) -> None:
        """Hide how a reply was made."""
        if self._view.layout.trace_shown:
            self.toggle()
        self._view.layout.input.focus_set()

    def take(self, event: TraceFound) -> None:
        """Keep a trace that the server sent."""
        item = self._view.transcript.find(event.line)
        said = next((row[1] for row in event.rows if row[0] == "line" and len(row) > 1), "")
        # Another connection of this patient may have been answered in between.
        if item is not None and said.split() == item.patient.split():
            self._traces[event.line] = event.rows
            if self._view.layout.trace_shown:
                self.explain(item)

    def take_back(self, item: Item) -> None:
        """Forget how the reply of an item was made, which was taken back."""
        self._traces.pop(item.line, None)
        if self._view.layout.trace_shown:
            self.close()
