"""Which of the things that a rule may say is said: turns, mirrors and soundness.

What may be said takes turns: first what was not said for longest, and among what was never said the
line itself decides, so that two patients do not hear the same first reply. A question may follow a
mirror, the patient's own clause said back. A reply that was given in the last exchanges, or that is
too long, or no sound sentence with the patient's words in it, is refused, and the next choice is
tried.

A `Choosing` belongs to one reply and one thread, as the `Wording` that it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.english.lexicon import words
from doctor.listener.filling import Wording
from doctor.listener.reassembly import Template
from doctor.listener.soundness import DANGLING, Sentence

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

    from doctor.english.clauses import Clause
    from doctor.listener.reassembly import Choice, CompiledRules

#: Words of a clause that is mirrored whole.
MAX_MIRROR_WORDS: Final = 14
#: Choices tried for one reply, which bounds its time whatever the line.
MAX_TRIES: Final = 300

_UNFINISHED: Final = words(
    "am is are was were do did does have has had will would can could should want need don't "
    "didn't can't isn't to be get"
)


class Choosing(Wording):
    """What may be said, and what was chosen of it. Used by one thread."""

    __slots__ = (
        "mirror", "mirror_clause", "mirror_sign", "mirrored", "seed", "sign", "signed", "taken",
        "tries",
    )  # fmt: skip

    seed: int  #: of the line and the turn: where turns begin
    taken: str  #: the signs of what was chosen
    tries: int
    signed: str  #: the reply that was found sound last,
    sign: str  #: and what stands for it
    mirror_clause: Clause | None
    mirror: Sentence | None  #: of that clause
    mirror_sign: str
    mirrored: bool  #: the reply begins with it

    def _in_turn(self, choices: Sequence[Choice]) -> Iterator[Choice]:
        """Return choices in the order in which their turn has come.

        First what was not said lately, beginning where the line decides; then the rest, what was
        said longest ago first.
        """
        if not choices:
            return
        uses = self.state.uses
        begin = self.seed % len(choices)
        if choices[begin].sign not in uses:
            yield choices[begin]  # as a rule there is no need for another
            begin += 1
            choices = (*choices[begin:], *choices[: begin - 1])
        else:
            choices = (*choices[begin:], *choices[:begin])
        stale = []
        for choice in choices:
            if choice.sign in uses:
                stale.append(choice)
            else:
                yield choice
        if stale:
            stale.sort(key=lambda choice: uses.rindex(choice.sign))
            yield from stale

    def _made(self, say: Template, match: re.Match[str], clause: Clause) -> str | None:
        """Return a sound reply of this rule with this match, or None."""
        self.tries += 1
        if self.tries > MAX_TRIES:
            return None
        mirror = None
        if say.asks:
            mirror = self.mirror if self.mirror_clause is clause else self._mirror(clause)
            if mirror is None and say.only_after:
                return None
        if say.plain:
            said = say.sentence
        else:
            text = self._filled(say, match, clause)
            if text is None:
                return None
            said = Sentence(text)
        if not self._is_sound(said, mirror):
            return None
        self.taken += say.sign
        if mirror is not None:
            self.taken += self.mirror_sign
            self.mirrored = True
        return self.signed

    def _mirror(self, clause: Clause) -> Sentence | None:
        """Return what says a clause back, None if nothing does; made once for each clause."""
        self.mirror_clause = clause
        self.mirror = None
        # "I did" and "my mother has" are no sentences to say back.
        last = clause.low[-1]
        if (
            not self.lossy
            and len(clause.low) <= MAX_MIRROR_WORDS
            and (clause.asks or not (last in _UNFINISHED or last in DANGLING))
        ):
            taken = self.taken
            ways = self.machine.asked if clause.asks else self.machine.mirror
            self.mirror = self._first_of(ways, clause, check=False)
            self.mirror_sign, self.taken = self.taken[len(taken) :], taken
        return self.mirror

    def _first_of(
        self, ways: CompiledRules, clause: Clause | None, *, check: bool = True
    ) -> Sentence | None:
        """Return the first text of the ways that match a clause; a sound one if `check`."""
        marked = "" if clause is None else clause.marked
        for way in ways.every if clause is None else ways.for_words(clause.words):
            match = way.matcher.match(marked)
            if match is None:
                continue
            for choice in self._in_turn(way.choices):
                if not isinstance(choice, Template):
                    continue
                text = self._filled(choice, match, clause)
                if text is None:
                    continue
                found = Sentence(text)
                if not check or self._is_sound(found):
                    self.taken += choice.sign
                    if self.notes is not None:
                        self._note("reassembly", choice.text)
                        self._note("source", f"script line {choice.place}")
                    return found
        return None

    def _is_sound(self, said: Sentence, mirror: Sentence | None = None) -> bool:
        """Tell whether a reply is new, no longer than it may be, and not broken.

        It is then the one that is `signed`: what is said, after the mirror where there is one.
        """
        sign = said.sign if mirror is None else said.sign_after(mirror)
        why = "given not long ago" if sign in self.state.replies else said.fault(mirror)
        if why and self.notes is None:
            return False
        reply = said.text if mirror is None else f"{mirror.text} {said.text}"
        if why:
            self._note("rejected", reply, why)
            return False
        self.signed, self.sign = reply, sign
        return True
