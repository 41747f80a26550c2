"""The histories that the pictures show: real replies of the doctor at invented times."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from doctor.loading import load_machine
from doctor.patients.opening import open_store

if TYPE_CHECKING:
    from pathlib import Path

NAME = "Ada Lovelace"
DAY = 86_400.0
EARLIER = (
    (
        3 * DAY,
        (
            "I have been working too much on the engine.",
            "My mother says it is no work for a lady.",
        ),
    ),
    (
        1 * DAY,
        (
            "I lie awake and think of numbers.",
            "I dreamed of a loom that weaves flowers and leaves.",
        ),
    ),
)
TODAY = (
    "My mother never listens to me.",
    "She would rather that I learned to sew, and I would rather that the engine wove patterns.",
)
LAST = "I think you understand me better."
#: Hebrew, Arabic, and an English line with Hebrew in it, as somebody may write them.
RIGHT_TO_LEFT = (
    "שלום, אני עדה. אני חושבת על המכונה (engine 12) כל היום, וזה לא נותן לי מנוח.",
    "مرحبا، لا أستطيع أن أهدأ.",
    "My mother says שלום to nobody.",
    "אני רוצה לדבר על זה",
)
OTHERS = ("Charles", "Mary", "Grace", "Émile", "李娜", "Зоя", "Konrad", "Alan")


def write_histories(directory: Path) -> None:
    """Let patients talk with the shipped doctor at invented times."""
    # In the morning of each day, so that no session is split by midnight.
    morning = time.time() // DAY * DAY + 9.5 * 3600
    now = morning
    with open_store(directory, load_machine(), clock=lambda: now) as store:
        for number, name in enumerate(OTHERS):
            now = morning - (number + 2) * DAY
            with store.open(name) as patient:
                patient.greeting()
                for line in TODAY[: number % 2 + 1]:
                    now += 40
                    patient.say(line)
        for ago, lines in EARLIER:
            now = morning - ago
            with store.open(NAME) as ada:
                ada.greeting()
                for line in lines:
                    now += 70
                    ada.say(line)
