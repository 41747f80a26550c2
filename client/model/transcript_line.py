"""One thing that was said or that happened, in a conversation of several people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from client.model.language import as_person, tr

if TYPE_CHECKING:
    from datetime import datetime

#: Who speaks, as the protocol has it.
PATIENT: Final = "patient"
DOCTOR: Final = "doctor"
PERSON: Final = "person"
EVENT: Final = "event"


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """What one speaker said, or an event such as somebody coming in.

    `number` is that of the exchange it belongs to (a line and the doctor's reply to it share one),
    0 if it is not in the transcript. `at` is an aware time in UTC. `name` is empty for the doctor,
    and for a patient outside a room. The text of an event is a sentence for people.
    """

    number: int
    at: datetime
    kind: str
    name: str
    mark: str
    text: str

    @property
    def label(self) -> str:
        """Who speaks, for people."""
        if self.kind == DOCTOR and not self.number:
            return tr("Doctor, to you alone")
        if self.kind == PERSON:
            return as_person(self.name)
        return self.name or {DOCTOR: tr("Doctor"), PATIENT: tr("You")}.get(self.kind, "")

    @property
    def readable(self) -> str:
        """The line as one line."""
        return self.text if self.kind == EVENT else f"{self.label}: {self.text}"
