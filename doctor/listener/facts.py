"""What holds of the people a patient speaks of: who is dead, ill or gone, and their names.

Theory. "I want him to come back" means one thing of a husband who left and another of a father who
died, and the clause alone does not tell. So the people of a conversation are kept in the order in
which they were spoken of last; a pronoun stands for the last one it can stand for, if that was not
long ago. What holds of somebody is told by the rules of FACTS; a clause about somebody of whom
something holds is answered by the rule that ABOUT names, before anything else is asked about them.

    (FACTS ((0 my (/PERSON) died 0) (DEAD 3)))      (ABOUT DEAD mourned)

Everything is bounded (`doctor.listener.state`): who has no name and nothing to hold makes room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.english.lexicon import words
from doctor.listener.filling import fill
from doctor.listener.reassembly import Template
from doctor.listener.state import MAX_FACTS, MAX_WHO_BYTES, Fact
from doctor.scripts.model import FACT_KINDS

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from doctor.english.clauses import Clause
    from doctor.listener.draft import Draft

#: A pronoun stands for somebody who was spoken of in one of so many lines before.
NEAR: Final = 4
#: What a rule of FACTS may say besides a kind: nothing holds any more, and a name.
WELL: Final = "WELL"
NAMED: Final = "NAMED"

_FEMALE: Final = words(
    "she mother grandmother sister daughter wife girlfriend aunt niece stepmother stepdaughter "
    "granddaughter ex-wife ex-girlfriend fiancee woman girl lady mother-in-law sister-in-law"
)
_MALE: Final = words(
    "he father grandfather brother son husband boyfriend uncle nephew stepfather stepson grandson "
    "ex-husband ex-boyfriend fiance man guy boy priest father-in-law brother-in-law"
)
_MANY: Final = words("they parents kids children friends sisters brothers sons daughters people")
_EITHER: Final = words(
    "baby child partner ex friend cousin boss manager colleague coworker neighbour neighbor "
    "roommate flatmate landlord teacher therapist doctor nurse dog cat puppy kitten horse rabbit "
    "hamster parrot twin toddler spouse crush"
)
_SAME: Final = {
    **dict.fromkeys(("mum", "mom", "mam", "mama", "mommy", "mummy"), "mother"),
    **dict.fromkeys(("dad", "daddy", "papa"), "father"),
    **dict.fromkeys(("grandma", "gran", "granny", "nan", "nana"), "grandmother"),
    **dict.fromkeys(("grandpa", "grandad", "granddad"), "grandfather"),
    **dict.fromkeys(("stepmom", "stepmum"), "stepmother"),
    "stepdad": "stepfather",
}
_PEOPLE: Final = _FEMALE | _MALE | _MANY | _EITHER | frozenset(_SAME)
#: Each pronoun, and the nouns that it cannot stand for.
_PRONOUNS: Final = {
    **dict.fromkeys(("he", "him", "his", "himself", "he's", "he'd", "he'll"), _FEMALE | _MANY),
    **dict.fromkeys(("she", "her", "hers", "herself", "she's", "she'd", "she'll"), _MALE | _MANY),
    **dict.fromkeys(("they", "them", "their"), _MALE | _FEMALE | _EITHER),
}
_PRONOUN_WORDS: Final = frozenset(_PRONOUNS)
_MENTIONS: Final = _PEOPLE | frozenset(_PRONOUNS)
_NOT_OWN: Final = words("a an his her their your no every another other each some any")


def note_facts(draft: Draft) -> None:
    """Take note of who the line speaks of, and of what it tells about them."""
    vocabulary, rules_for = draft.line.vocabulary, draft.compiled.facts
    if (
        _PEOPLE.isdisjoint(vocabulary)
        and not rules_for.may_match(vocabulary)
        and (not draft.facts or not _may_mention(draft.facts, vocabulary))
    ):
        return
    for clause in draft.line.clauses:
        spoken = _spoken_of(draft, clause)
        draft.spoken.append((clause, spoken))
        for fact in spoken:
            _keep(draft, fact, fact)
        rules = rules_for.find(clause.words)
        if rules and not draft.lossy and not clause.asks:
            for rule in rules:
                match = rule.matcher.match(clause.marked)
                if match is None:
                    continue
                first = rule.choices[0]
                if isinstance(first, Template):
                    _learn(draft, fill(draft, first, match, clause) or "", clause)
                break


def _may_mention(facts: tuple[Fact, ...], vocabulary: AbstractSet[str]) -> bool:
    """Return True if a line with these words may speak of somebody by a pronoun or a name."""
    return not _PRONOUN_WORDS.isdisjoint(vocabulary) or any(
        fact.name.lower() in vocabulary or fact.who in vocabulary for fact in facts
    )


def find_about(draft: Draft, clause: Clause) -> Fact | None:
    """Return of whom, in a clause, something holds; None for a death that it tells itself."""
    for each, spoken in draft.spoken:
        if each is clause:
            names = {fact.who for fact in spoken}
            held = (fact for fact in draft.facts if fact.kind and fact.who in names)
            found = next(held, None)
            told_now = found is not None and found.kind != "ILL" and clause in draft.news
            return None if told_now else found
    return None


def _spoken_of(draft: Draft, clause: Clause) -> list[Fact]:
    """Return the people that a clause speaks of, known ones as they are known."""
    facts, low = draft.facts, clause.low
    found: list[Fact] = []
    mentions = _MENTIONS & clause.words
    # A set has no order that is the same everywhere: that of the words counts.
    for word in sorted(mentions, key=low.index) if len(mentions) > 1 else mentions:
        if word in _PRONOUNS:
            known = _stands_for(draft, word)
            if known is not None and known not in found:
                found.append(known)
        elif (at := low.index(word)) == 0 or low[at - 1] not in _NOT_OWN:
            who = _SAME.get(word, word)
            found.append(next((each for each in facts if each.who == who), Fact(who)))
    found += [each for each in facts if _is_named(each, clause)]
    return found


def _is_named(fact: Fact, clause: Clause) -> bool:
    """Return True if a clause has somebody's name."""
    words = clause.words
    return fact.name.lower() in words or (fact.who in words and fact.who not in _MENTIONS)


def _stands_for(draft: Draft, pronoun: str) -> Fact | None:
    """Return the one spoken of last whom a pronoun can stand for, if that was not long ago."""
    impossible = _PRONOUNS[pronoun]
    for fact in reversed(draft.facts):
        if draft.state.turns - fact.turn > NEAR:
            return None
        if fact.who not in impossible:
            return fact
    return None


def _learn(draft: Draft, told: str, clause: Clause) -> None:
    """Keep what a rule of FACTS says: a kind or `NAMED`, who it is about, and perhaps a name."""
    kind, _, rest = told.partition(" ")
    called = rest.split()
    if not called:
        return
    if kind == NAMED:
        name = called.pop()
        strange = name.lower() not in draft.compiled.tokenizer.known
        if not called or not (strange or name[0].isupper()) or not _fits(name):
            return
        fact = _known(draft, called[-1].lower())
        if fact is None:
            return
        _keep(draft, fact, fact._replace(name=name[0].upper() + name[1:]))
    elif kind in FACT_KINDS or kind == WELL:
        fact = _known(draft, called[-1].lower())
        if fact is None or (fact.kind == "DEAD" and kind not in {"DEAD", WELL}):
            return
        _keep(draft, fact, fact._replace(kind="" if kind == WELL else kind))
    else:
        return
    draft.news = (*draft.news, clause)
    draft.note("note", f"known from now on: {told}")


def _known(draft: Draft, who: str) -> Fact | None:
    """Return what is known of somebody by a noun, a name or a pronoun; None for a thing."""
    if who in _PRONOUNS:
        pronoun = {"him": "he", "his": "he", "her": "she", "them": "they"}.get(who, who)
        return _stands_for(draft, who) or Fact(pronoun)
    who = who.removesuffix("'s")
    who = _SAME.get(who, who)
    for fact in draft.facts:
        if who in {fact.who, fact.name.lower()}:
            return fact
    return Fact(who) if who in _PEOPLE or who not in draft.compiled.tokenizer.known else None


def _keep(draft: Draft, old: Fact, new: Fact) -> None:
    """Put somebody at the end of those spoken of; one of whom least is known makes room."""
    if not _fits(new.who):
        return
    others = [each for each in draft.facts if each is not old and each.who != new.who]
    if len(others) >= MAX_FACTS:
        others.remove(next((each for each in others if not each.kind and not each.name), others[0]))
    draft.facts = (*others, new._replace(turn=draft.state.turns))


def _fits(called: str) -> bool:
    return called.isprintable() and len(called.encode("utf-8", "replace")) <= MAX_WHO_BYTES
