"""All reviews of a script, those of the modules `lint...`, one after the other; pure.

Only a check asks for them. The loader imports this module then, since a script is played without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.scripts.lint import review
from doctor.scripts.lint_forms import review_forms
from doctor.scripts.lint_host import review_host
from doctor.scripts.lint_modern import review_modern
from doctor.scripts.lint_shapes import review_shapes
from doctor.scripts.lint_text import review_text
from doctor.scripts.lint_words import review_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from doctor.scripts.model import Script
    from doctor.scripts.sexpr import ScriptFault


def review_all(
    script: Script, text: str, errors: Sequence[ScriptFault], extensions: Mapping[str, str]
) -> list[ScriptFault]:
    """Return the warnings of a script, of its text, and of what its errors leave of it."""
    warnings = [*review(script, errors), *review_text(text)]
    if script.is_modern:
        warnings += review_forms(script, extensions, whole=not errors)
        warnings += review_modern(script)
        warnings += review_shapes(script)
        warnings += review_host(script)
        warnings += review_words(script)
    return warnings
