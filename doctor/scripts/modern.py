"""Words by their tags, and spellings, as the forms of a modern script list them; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doctor.scripts.model import Script


def tagged_words(script: Script) -> dict[str, tuple[str, ...]]:
    """Return the words that have each tag, by DLIST or by a TAG form, in lower case.

    Tags are in capitals, whatever their case in the script.
    """
    tagged: dict[str, list[str]] = {}
    for tag, words in script.tagged.items():
        tagged.setdefault(tag.upper(), []).extend(word.lower() for word in words)
    for form in script.extension("TAG"):
        name = str(form.items[0]).lstrip("/").upper()
        listed = tagged.setdefault(name, [])
        listed += [str(word).lower() for word in form.items[1:]]
    return {tag: tuple(words) for tag, words in tagged.items()}


def spellings(script: Script) -> dict[str, tuple[str, ...]]:
    """Return what each odd spelling means: SPELLING forms, and substitutions of rules."""
    found: dict[str, tuple[str, ...]] = {
        rule.keyword.lower(): (rule.substitution.lower(),)
        for rule in script.rules
        if rule.substitution is not None
    }
    for form in script.extension("SPELLING"):
        for item in form.items:
            if isinstance(item, tuple) and "=" in item:
                at = item.index("=")
                better = tuple(str(word).lower() for word in item[at + 1 :])
                found.update({str(word).lower(): better for word in item[:at]})
    return {word: better for word, better in found.items() if better and better != (word,)}
