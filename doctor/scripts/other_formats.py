"""Tell what a file is that is no script of this program, in one line."""

from __future__ import annotations

import re
from typing import Final

#: What a text begins with (after white space), and what it then is.
_FORMATS: Final = tuple(
    (re.compile(pattern, re.MULTILINE), name)
    for pattern, name in (
        (
            r"\A(?:initial|final|quit|pre|post|synon|key|decomp|reasmb):",
            "a script of Charles Hayden's ELIZA (lines key:, decomp: and reasmb:)",
        ),
        (r"\A(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<aiml\b", "AIML, the language of A.L.I.C.E."),
        (r"\A! *version\b|^\+ .*\n- ", "RiveScript"),
        (r"\Atopic: ~", "ChatScript"),
        (
            r"\A(?:;[^\n]*\n)*\s*\((?:def(?:un|var|parameter|macro)|require '|setq|in-package)\b",
            "a Lisp program",
        ),
        (r"\A(?:#!|(?:from [\w.]+ )?import \w|def \w+\(|class \w+[:(])", "a program"),
        (r"\A(?:var|const|let|function) \w+", "a JavaScript program"),
        (r"\A[{\[]\s*[\"{\[}\]]", "JSON"),
        (r"\A<(?:!DOCTYPE|!doctype|html|\?xml|[a-z]+[ >])", "HTML or XML"),
        (r"\A%PDF-", "a PDF document"),
        (r"\A(?:version: |intents:|---\n)", "YAML"),
        (r"\A\d+ (?:REM|PRINT|LET|DIM)\b", "a BASIC program"),
        (r"\A#+ \w", "a Markdown document"),
    )
)


def other_format(text: str) -> str:
    """Return what a text is if it is in a format of another program; empty if it is not known."""
    text = text.lstrip("\ufeff \t\r\n")
    start = text[:4000].replace("\r\n", "\n")
    return next((name for pattern, name in _FORMATS if pattern.search(start)), "")
