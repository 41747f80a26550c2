"""The published dialogue that an exhibit replays while nobody is there.

The lines are the beginning of the conversation in J. Weizenbaum, "ELIZA", Communications of the
ACM 9, 1 (January 1966), page 36.
"""

from __future__ import annotations

from typing import Final

#: What the patient says, and the answer.
DIALOGUE: Final = (
    ("Men are all alike.", "IN WHAT WAY"),
    (
        "They're always bugging us about something or other.",
        "CAN YOU THINK OF A SPECIFIC EXAMPLE",
    ),
    ("Well, my boyfriend made me come here.", "YOUR BOYFRIEND MADE YOU COME HERE"),
    ("He says I'm depressed much of the time.", "I AM SORRY TO HEAR YOU ARE DEPRESSED"),
    (
        "It's true. I am unhappy.",
        "DO YOU THINK COMING HERE WILL HELP YOU NOT TO BE UNHAPPY",
    ),
    (
        "I need some help, that much seems certain.",
        "WHAT WOULD IT MEAN TO YOU IF YOU GOT SOME HELP",
    ),
)
