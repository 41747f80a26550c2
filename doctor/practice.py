"""What all conversations of a server share: `Practice`."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from doctor.guesses import Guesses

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from doctor.metrics import Tally
    from doctor.patients import PatientStore
    from doctor.settings import Settings
    from doctor.transport import SlowReaders


@dataclass(slots=True)
class Practice:
    """What all handlers of a server share. Each part keeps its own locks."""

    settings: Settings
    store: PatientStore
    tally: Tally
    slow_readers: SlowReaders
    #: Where a computation that needs no interpreter takes nobody's processor away.
    aside: Callable[[], AbstractContextManager[None]] = nullcontext
    #: Set once, when the server stops.
    stopping: threading.Event = field(default_factory=threading.Event)
    guesses: Guesses = field(init=False)

    def __post_init__(self) -> None:
        self.guesses = Guesses(self.settings)
