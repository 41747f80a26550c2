"""Scripts with faults that keep none from being played: the machine plays them."""

from __future__ import annotations

import pytest

from doctor.listener import Listener, load_helplines
from doctor.machine import Visit
from doctor.scripts import ERROR, check, parse
from tests.support.planted_faults import THIRD, planted_faults

NOON = 1_800_000_000.0
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(THIRD.glob("*.script"))}
TEXTS |= {fault.name: fault.script for fault in planted_faults()}
TEXTS |= {fault.name: fault.script for fault in planted_faults("more-faults.txt")}
PLAYED = {
    name: text for name, text in TEXTS.items() if all(f.severity != ERROR for f in check(text))
}


def answers(text: str, lines: list[str]) -> list[str]:
    """Return what a script answers to some lines of one patient."""
    machine = Listener(parse(text), load_helplines())
    state = machine.greet(machine.start(), Visit("Ada", 0, None, 0), NOON).state
    found = []
    for line in lines:
        response = machine.respond(state, line, NOON)
        state = response.state
        found.append(response.reply)
    return found


@pytest.mark.parametrize("text", PLAYED.values(), ids=PLAYED.keys())
def test_a_script_with_warnings_is_played(text: str) -> None:
    """Every keyword and every word of a pattern can be said, twice, and is answered."""
    script = parse(text)
    words = [rule.keyword.lstrip("/") for rule in script.rules]
    words += [
        " ".join(word for word in map(str, each.pattern) if word.isalpha())
        for rule in script.rules
        for each in rule.decompositions
    ]
    lines = [line for word in words for line in (word, f"I think of my {word}, because I am sad")]
    assert all(answers(text, ["", *lines, *lines]))


def test_a_tag_without_words_matches_nothing() -> None:
    """A pattern with a tag that no word has is passed over, and the next one answers."""
    script = (
        "(Hi)(STYLE MODERN)(sea ((0 sea (/B)) (Yes.)) ((0 sea (/B) c) (No.)) ((0) (Well.) (So.)))"
        "(NONE ((0) (On.)))"
    )
    assert set(answers(script, ["the sea b", "the sea b c"])) == {"Well.", "So."}


@pytest.mark.parametrize("tag", ["PET", "pet", "Pet"])
@pytest.mark.parametrize("used", ["PET", "pet"])
def test_a_tag_is_the_same_in_any_case(tag: str, used: str) -> None:
    """The forms, patterns, rules and DLIST of a modern script name tags in any case."""
    script = (
        f"(Hi)(STYLE MODERN)(TAG {tag} dog)(cow DLIST(/{tag}))"
        f"(MIRROR ((i see (/{used})) (You see 3.)))"
        f"(my ((0 my (/{used}) 0) (What of your 3?)))(/{used} 4 ((0 see (/{tag})) (AND Where?)))"
        "(NONE ((0) (On.)))"
    )
    told = [fault.message for fault in check(script) if "tag" in fault.message]
    assert told == []
    said = answers(script, ["my dog", "my cow", "I see dog", "my hat"])
    assert said == ["What of your dog?", "What of your cow?", "You see dog. Where?", "On."]
