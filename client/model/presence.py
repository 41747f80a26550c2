"""Persons who read a patient's conversation or answer in it: `Presence`; no user interface."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from client.model.language import as_list, as_person, plural, tr

if TYPE_CHECKING:
    from collections.abc import Iterable


class PersonActivity(enum.Enum):
    """What a person begins or ends to do in a patient's conversation."""

    READING = enum.auto()
    TAKEN_OVER = enum.auto()
    RETURNED = enum.auto()
    LEFT = enum.auto()


class Presence:
    """Who reads along now, and who answers in the doctor's place."""

    def __init__(self) -> None:
        self._greeted: list[str] = []
        self._reading: dict[str, None] = {}  # in the order in which they came
        self._answering = ""

    def greet(self, sentences: Iterable[str]) -> None:
        """Forget everybody and note what a greeting says of who is there."""
        self._greeted = list(sentences)
        self._reading.clear()
        self._answering = ""

    def change(self, what: PersonActivity, name: str) -> None:
        """Note what a person begins or ends to do."""
        self._greeted = [each for each in self._greeted if not each.startswith(f"{name} ")]
        if what is PersonActivity.LEFT:
            self._reading.pop(name, None)
        else:
            self._reading[name] = None
        if what is PersonActivity.TAKEN_OVER:
            self._answering = name
        elif what is PersonActivity.RETURNED or name == self._answering:
            self._answering = ""

    @property
    def sentence(self) -> str:
        """Who is there, for a status line; "" if nobody is."""
        readers = [name for name in self._reading if name != self._answering]
        parts = list(self._greeted)
        if self._answering:
            parts.append(
                tr("{person} answers in the doctor's place").format(
                    person=as_person(self._answering)
                )
            )
        if readers:
            text = plural("{persons} reads along", "{persons} read along", len(readers))
            parts.append(text.format(persons=as_list([as_person(name) for name in readers])))
        return "; ".join(parts)
