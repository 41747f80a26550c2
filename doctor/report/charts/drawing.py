"""Turn a figure of matplotlib into SVG that uses the page's colours and font.

The page has two palettes, light and dark, and switches between them while it is shown. A chart is
drawn once, so its colours must be names of the page's colours. It is drawn in near-blacks that
nothing else uses (`COLOUR`), and `to_svg` replaces each by the name of the page's colour.
"""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree as ET

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

#: The page's colours, by the name of their custom property.
_COLOURS: Final = (
    "ink",
    "quiet",
    "line",
    "patient",
    "doctor",
    "paper",
    *(f"heat{n}" for n in range(5)),
)
#: What each is drawn in: near-blacks that nothing else uses.
COLOUR: Final = {name: f"#0102{place:02x}" for place, name in enumerate(_COLOURS, start=16)}
_BY_DRAWN: Final = {drawn: f"var(--{name})" for name, drawn in COLOUR.items()}
_DRAWN: Final = re.compile("|".join(_BY_DRAWN))

_FONT: Final = re.compile(r"font-family:[^;]*;?")

_SVG: Final = "{http://www.w3.org/2000/svg}"
_LINK: Final = "{http://www.w3.org/1999/xlink}href"

#: The library's settings that every picture of the page is drawn with.
SETTINGS: Final = {
    "svg.fonttype": "none",  # words stay words: to be read out, found and copied
    "text.parse_math": False,  # a subject with two dollar signs is no formula
    "font.size": 12,
    "axes.facecolor": "none",
    "axes.edgecolor": COLOUR["line"],
    "axes.labelcolor": COLOUR["quiet"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": COLOUR["line"],
    "grid.linewidth": 0.8,
    "xtick.color": COLOUR["quiet"],
    "ytick.color": COLOUR["quiet"],
    "xtick.major.size": 0,
    "xtick.major.pad": 7,
    "ytick.major.pad": 7,
    "ytick.major.size": 0,
    "text.color": COLOUR["ink"],
}


@dataclass
class Drawing:
    """A figure of so many of the page's pixels, and what its parts say when pointed at.

    A part is named by its `gid`; `parts` holds what it says, or what each of its pieces says.
    """

    name: str
    width: int
    height: int
    figure: Figure = field(init=False)
    parts: dict[str, str | list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.figure = Figure(figsize=(self.width / 72, self.height / 72))
        self.figure.patch.set_visible(False)
        FigureCanvasSVG(self.figure)

    def say(self, text: str | list[str]) -> str:
        """Return a fresh gid whose part says `text` (its pieces say the texts) when pointed at."""
        gid = f"{self.name}-{len(self.parts)}"
        self.parts[gid] = text
        return gid


def to_svg(drawing: Drawing, css_class: str) -> Markup:
    """Return the drawing as SVG that follows the page's colours and font.

    It is hidden from screen readers: the page says the same in a sentence and a table beside it.
    """
    page = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": drawing.name}), warnings.catch_warnings():
        # Words in scripts that the library's own font lacks are drawn by the reader's browser.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        drawing.figure.savefig(page, format="svg", metadata={"Date": None})
    ET.register_namespace("", _SVG[1:-1])
    ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ET.fromstring(page.getvalue())  # noqa: S314 - what was drawn in the line above
    for child in root.findall(f"{_SVG}metadata"):
        root.remove(child)
    _tidy(root, drawing)
    root.set("class", css_class)
    root.set("aria-hidden", "true")
    root.set("focusable", "false")
    for unused in ("version", "width", "height"):
        root.attrib.pop(unused, None)
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704 - escaped as it was written


def _tidy(root: ET.Element, drawing: Drawing) -> None:
    """Give parts their words, take names away that nothing refers to, name the page's colours."""
    used = {
        name
        for each in root.iter()
        for value in (each.get(_LINK, ""), each.get("clip-path", ""))
        for name in re.findall(r"#([^)]+)", value)
    }
    for parent in list(root.iter()):
        for style in parent.findall(f"{_SVG}style"):
            parent.remove(style)
        name = parent.get("id", "")
        said = drawing.parts.get(name, "")
        if isinstance(said, list):
            # Many pieces of one shape are references to it, few are shapes.
            pieces = list(parent.iter(f"{_SVG}use")) or parent.findall(f"{_SVG}path")
            for piece, text in zip(pieces, said, strict=True):
                _entitle(piece, text)
        elif said:
            _entitle(parent, said)
        if name not in used:
            parent.attrib.pop("id", None)
        style_text = parent.get("style")
        if style_text:
            style_text = _DRAWN.sub(lambda found: _BY_DRAWN[found[0]], style_text)
            parent.set("style", _FONT.sub("", style_text))


def _entitle(element: ET.Element, text: str) -> None:
    title = ET.Element(f"{_SVG}title")
    title.text = text
    element.insert(0, title)
