"""The palettes: their contrast, and the colours that roles name."""

from __future__ import annotations

import pytest

from client.widgets.palette import CONTRAST, PALETTES, ROLES, Palette
from client.widgets.teletype_palettes import TELETYPES


def _luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _pairs(palette: Palette) -> list[tuple[str, str]]:
    p = palette
    grounds = (p.page, p.band, p.bar, p.chosen)
    texts = [(ink, ground) for ink in (p.ink, p.muted, p.accent) for ground in grounds]
    texts += [(p.warning, p.bar), (p.warning, p.page), (p.warning, p.band), (p.good, p.bar)]
    texts += [(p.ink, p.field), (p.ink, p.button), (p.ink, p.button_hover)]
    texts += [
        (p.on_accent, p.warning),
        (p.on_accent, p.accent),
        (p.on_accent, p.accent_hover),
        (p.on_selected, p.selected),
    ]
    return texts + [(p.piece_ink, piece) for piece in p.pieces]


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_text_can_be_read(palette: Palette) -> None:
    """Every text has a contrast of 4.5 to its background, 7 in the high-contrast palette."""
    least = 7.0 if palette is CONTRAST else 4.5
    poor = [pair for pair in _pairs(palette) if _contrast(*pair) < least]
    assert poor == []


@pytest.mark.parametrize(
    "palette", [*PALETTES.values(), *TELETYPES.values()], ids=lambda palette: palette.name
)
def test_edges_and_the_focus_can_be_seen(palette: Palette) -> None:
    """An edge and the ring of the focus have a contrast of 3 to what is around, and differ."""
    for role, options in ROLES.items():
        ring, edge = (options.get(f"highlight{each}") for each in ("color", "background"))
        if ring is None or edge is None or role == "dialog":
            continue
        for ground in (palette.page, palette.bar):
            assert _contrast(getattr(palette, ring), ground) >= 3, role
            if edge == "edge":
                assert _contrast(palette.edge, ground) >= 3, role
        assert _contrast(getattr(palette, ring), getattr(palette, edge)) >= 2, role


def test_roles_name_colours_of_the_palette() -> None:
    """Each option of each role names a colour of the palettes."""
    for role, options in ROLES.items():
        for option, name in options.items():
            assert isinstance(getattr(CONTRAST, name), str), (role, option)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_pieces_differ(palette: Palette) -> None:
    """Eight pieces side by side have eight backgrounds."""
    assert len(set(palette.pieces)) == 8
