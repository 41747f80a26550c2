"""Which of the texts that a rule may say is said: turns, mirrors and soundness.

What may be said takes turns: first what was not said for longest, and among what was never said the
line itself decides, so that two patients do not hear the same first reply. A question may follow a
mirror, the patient's own clause said back. A reply that was given in the last exchanges, or that is
too long, or no sound sentence with the patient's words in it, is refused, and the next choice is
tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.english.lexicon import words
from doctor.listener.filling import fill
from doctor.listener.reassembly import Template
from doctor.listener.soundness import DANGLING, Sentence

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

    from doctor.english.clauses import Clause
    from doctor.listener.draft import Draft
    from doctor.listener.reassembly import Choice
    from doctor.listener.rules import CompiledRules

#: Words of a clause that is mirrored whole.
MAX_MIRROR_WORDS: Final = 20
#: Choices tried for one reply, which bounds its time whatever the line.
MAX_TRIES: Final = 300

_FEW: Final = 2
_BEFORE_NOUNS: Final = words("the a an my his her our their")
_UNFINISHED: Final = words(
    "am is are was were do did does have has had will would can could should want need don't "
    "didn't can't isn't to be get always never even"
)


def take_turns(draft: Draft, choices: Sequence[Choice]) -> Iterator[Choice]:
    """Yield choices in the order of their turns.

    First what was not said lately, beginning where the line decides; then the rest, what was
    said longest ago first.
    """
    uses, size = draft.state.uses, len(choices)
    begin = draft.seed % size if size else 0
    stale = []
    for place in range(begin - size, begin):  # those before the first one count from the end
        choice = choices[place]
        if choice.sign in uses:
            stale.append(choice)
        else:
            yield choice
    if len(stale) > 1:
        stale.sort(key=lambda choice: uses.rindex(choice.sign))
    yield from stale


def make_reply(
    draft: Draft, template: Template, match: re.Match[str], clause: Clause
) -> str | None:
    """Return a sound reply of this template with this match, or None."""
    draft.tries += 1
    if draft.tries > MAX_TRIES:
        return None
    mirror = None
    if template.fitting and draft.types_of(clause) not in template.fitting:
        draft.unfit = clause
        return None
    if template.asks:
        mirror = draft.mirror if draft.mirror_clause is clause else _make_mirror(draft, clause)
        if mirror is None and template.only_after:
            return None
    if template.plain:
        said = template.sentence
    else:
        text = fill(draft, template, match, clause)
        if text is None:
            return None
        said = Sentence(text)
    if not is_sound(draft, said, mirror):
        return None
    draft.taken += template.sign
    draft.question = template.question
    if mirror is not None:
        draft.taken += draft.mirror_sign
        draft.mirrored = True
    return draft.signed


def make_statement(draft: Draft, clause: Clause) -> str | None:
    """Return a reply that says a clause back and asks nothing, or None where there is none."""
    if clause.asks or not draft.compiled.inviting:
        return None
    mirror = mirror_of(draft, clause)
    if mirror is None:
        return None
    if not (draft.seed % 2 and is_sound(draft, mirror)):
        for choice in take_turns(draft, draft.compiled.inviting):
            if not isinstance(choice, Template) or (
                choice.fitting and draft.types_of(clause) not in choice.fitting
            ):
                continue
            if is_sound(draft, choice.sentence, mirror):
                draft.taken += choice.sign
                if draft.notes is not None:
                    draft.note("reassembly", choice.text)
                    draft.note("source", f"script line {choice.line}")
                break
        else:
            return None
    draft.taken += draft.mirror_sign
    draft.mirrored = True
    return draft.signed


def mirror_of(draft: Draft, clause: Clause) -> Sentence | None:
    """Return what says a clause back, None if nothing does."""
    return draft.mirror if draft.mirror_clause is clause else _make_mirror(draft, clause)


def _make_mirror(draft: Draft, clause: Clause) -> Sentence | None:
    """Return what says a clause back, None if nothing does; made once for each clause."""
    draft.mirror_clause = clause
    draft.mirror = None
    # "I did" and "my mother has" are no sentences to say back.
    last = clause.low[-1]
    if (
        not draft.lossy
        and not clause.hangs
        and len(clause.low) <= MAX_MIRROR_WORDS
        and (clause.asks or not (last in _UNFINISHED or last in DANGLING))
        and not (
            len(clause.low) > _FEW and clause.low[-2] in _BEFORE_NOUNS and _is_nameless(clause)
        )
    ):
        taken = draft.taken
        rules = draft.compiled.asked if clause.asks else draft.compiled.mirror
        draft.mirror = choose_first(draft, rules, clause, check=False)
        draft.mirror_sign, draft.taken = draft.taken[len(taken) :], taken
    return draft.mirror


def _is_nameless(clause: Clause) -> bool:
    """Return True for nouns alone, the last like a verb: "the job and the visits"."""
    low, marked = clause.low, clause.marked
    return (
        not any(map(marked.count, "SAG"))
        and marked.count("V") + marked.count("B") == 1
        and marked[-len(low[-1]) - 1] in "VB"
    )


def choose_first(
    draft: Draft, rules: CompiledRules, clause: Clause | None, *, check: bool = True
) -> Sentence | None:
    """Return the first text of the rules that match a clause; a sound one if `check`."""
    marked = "" if clause is None else clause.marked
    for rule in rules.every if clause is None else rules.find(clause.words):
        match = rule.matcher.match(marked)
        if match is None:
            continue
        choices = rule.choices
        for choice in choices if len(choices) == 1 else take_turns(draft, choices):
            if not isinstance(choice, Template):
                continue
            if choice.fitting and clause and draft.types_of(clause) not in choice.fitting:
                continue
            text = fill(draft, choice, match, clause)
            if text is None:
                continue
            found = Sentence(text)
            if not check or is_sound(draft, found):
                draft.taken += choice.sign
                if draft.notes is not None:
                    draft.note("reassembly", choice.text)
                    draft.note("source", f"script line {choice.line}")
                return found
    return None


def is_sound(draft: Draft, said: Sentence, mirror: Sentence | None = None) -> bool:
    """Return True if a reply is new, no longer than it may be, and not broken English.

    It is then the one that is `signed`: what is said, after the mirror where there is one.
    """
    sign = said.sign if mirror is None else said.sign_after(mirror)
    why = "given not long ago" if sign in draft.state.replies else said.find_fault(mirror)
    if why and draft.notes is None:
        return False
    reply = said.text if mirror is None else f"{mirror.text} {said.text}"
    if why:
        draft.note("rejected", reply, why)
        return False
    draft.signed, draft.sign = reply, sign
    return True
