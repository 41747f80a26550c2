"""The scripts that have a name: `--script 1965` instead of a path.

Each says who made it, where and when, where its text was found, and under which terms it is here. A
text without terms that let this project pass it on is no part of an installation: `find_script`
then says what to do instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from doctor.errors import ScriptError

_HERE = Path(__file__).parent
#: Where a clone of the project keeps what its tests compare the machine with.
_TEST_DATA = _HERE.parents[1] / "tests" / "data"


class NamedScript(NamedTuple):
    """A script with a name, and what a museum's label says about it."""

    name: str
    path: Path
    title: str
    year: str
    place: str
    maker: str
    source: str
    terms: str

    @property
    def label(self) -> str:
        """Return title, year, place and maker in one line."""
        return f"{self.title}, {self.year}, {self.place}, {self.maker}"

    @property
    def is_here(self) -> bool:
        """True if the file is on this machine."""
        return self.path.is_file()


#: Every script that has a name, those written for this program first.
NAMED_SCRIPTS = (
    NamedScript(
        "doctor",
        _HERE / "doctor.script",
        "The doctor of this program",
        "2026",
        "written for this program",
        "its authors",
        "doctor/scripts/doctor.script, the default",
        "GPL-3.0-or-later, as the program",
    ),
    NamedScript(
        "french",
        _HERE / "published" / "french.script",
        "LE DOCTEUR, the DOCTOR of 1965 in French",
        "2026",
        "translated for this program",
        "its authors, after Joseph Weizenbaum",
        "doctor/scripts/published/french.script; the text translated is that of 1965, below. The "
        "translation shown at the Jeu de Paume, Paris, in 2025 is one of the text of 1966, whose "
        "terms do not let this program pass it on",
        "GPL-3.0-or-later, as the program; the text translated is CC0 1.0",
    ),
    NamedScript(
        "1966",
        _TEST_DATA / "doctor-1966.txt",
        "DOCTOR",
        "1966",
        "Massachusetts Institute of Technology",
        "Joseph Weizenbaum",
        "the appendix of the paper on ELIZA, Communications of the ACM 9, 1 (January 1966), page "
        "44; a transcription is in https://github.com/anthay/ELIZA, folder scripts",
        "Copyright 1966 Association for Computing Machinery, Inc. No licence was found that lets "
        "this program pass the text on, so an installation does not have it; a clone of the "
        "project has it as data for its tests",
    ),
    NamedScript(
        "1965",
        _HERE / "published" / "1965.script",
        "DOCTOR (.TAPE. 100)",
        "1965",
        "Massachusetts Institute of Technology",
        "Joseph Weizenbaum",
        "a listing printed on 6 March 1965: MIT archives, document 02-000311051, found by Jeff "
        "Shrager and transcribed by Anthony Hay (https://hdl.handle.net/1721.3/201699)",
        "CC0 1.0: Weizenbaum's estate agreed in 2021 to release the listing under it "
        "(elizagen.org)",
    ),
)


def find_script(text: str) -> Path:
    """Return the path that `text` means: the file of a named script, or the path itself.

    A file that is called like a named script is meant by `./1965`. Raises `ScriptError` for a named
    script that is not on this machine.
    """
    for script in NAMED_SCRIPTS:
        if script.name == text:
            if not script.is_here:
                raise ScriptError(
                    f"the script {text} is not part of this installation ({script.terms}); "
                    f"give the path of a copy; the source is {script.source}"
                )
            return script.path
    return Path(text)


def named_script(path: Path) -> NamedScript | None:
    """Return what is known of a script by its path, None for a script without a name."""
    path = path.absolute()
    return next((script for script in NAMED_SCRIPTS if script.path == path), None)
