"""The colours of a teletype: ink on paper, and the green screen that followed it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from client.widgets.palette import DARK, LIGHT

PAPER: Final = replace(
    LIGHT,
    name="paper",
    page="#f6f0dc",
    ink="#1f1d1a",
    muted="#5c574b",
    band="#f6f0dc",
    chosen="#e8dcb4",
    bar="#e9e0c4",
    rule="#c9bd97",
    edge="#827752",
    field="#fbf7ea",
    accent="#5a3a1e",
    accent_hover="#3f2813",
    button="#ddd2b0",
    button_hover="#d1c49c",
    selected="#d9c98f",
    on_selected="#1f1d1a",
)
SCREEN: Final = replace(
    DARK,
    name="screen",
    page="#06120a",
    ink="#7dff9b",
    muted="#53c272",
    band="#06120a",
    chosen="#0d3318",
    bar="#08180e",
    rule="#1c5a30",
    edge="#2f8a4b",
    field="#030a06",
    accent="#a5ffbc",
    on_accent="#04140a",
    accent_hover="#d2ffdd",
    button="#0f3a1d",
    button_hover="#154c27",
    selected="#1d6b38",
    on_selected="#eafff0",
    warning="#ffd27d",
    good="#7dff9b",
)
#: Each look of a teletype by its name in the settings.
TELETYPES: Final = {"paper": PAPER, "screen": SCREEN}
