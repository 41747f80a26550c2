"""One exchange of a history, as a client knows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from client.model.language import as_person, tr

if TYPE_CHECKING:
    from datetime import datetime

#: Marks of an exchange, as the protocol has them.
CARE: Final = "care"
TAKEN_BACK: Final = "taken-back"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A patient's line and the doctor's reply to it.

    `number` counts a patient's exchanges from 1, `at` is an aware time in UTC. `session` is 0 for
    the session that is open now. `mark` is `CARE` where the doctor answered with care, and
    `TAKEN_BACK` where the patient took the exchange back: then both texts are empty.

    `speaker` is the person who said the line, "" for the patient, and `responder` the person who
    answered, "" for the doctor. `event` is a sentence about what happened, if nothing was said.
    """

    number: int
    at: datetime
    session: int
    mark: str
    patient: str
    doctor: str
    speaker: str = ""
    responder: str = ""
    event: str = ""

    def parts(self, name: str) -> list[tuple[str, str, str]]:
        """Return what was said of it: `patient` or `doctor`, who, text; `name` is the patient's.

        What nobody said is not there, and of an event or what was taken back nothing is.
        """
        if self.event or self.mark == TAKEN_BACK:
            return []
        speaker = as_person(self.speaker) if self.speaker else name
        responder = as_person(self.responder) if self.responder else tr("Doctor")
        found = [("patient", speaker, self.patient), ("doctor", responder, self.doctor)]
        return [part for part in found if part[2]]

    @property
    def remark(self) -> str:
        """What is shown where nothing was said: the event, or that it was taken back."""
        return tr("taken back") if self.mark == TAKEN_BACK else self.event
