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
    from doctor.english.clauses import Clause
    from doctor.listener.draft import Draft

#: A pronoun stands for somebody who was spoken of in one of so many lines before.
NEAR: Final = 4
#: What a rule of FACTS may say besides a kind: nothing holds any more, and a name.
WELL: Final = "WELL"
NAMED: Final = "NAMED"
_LEARNED: Final = frozenset((*FACT_KINDS[1:], WELL))

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
_MENTIONS: Final = _PEOPLE | frozenset(_PRONOUNS)
_NOT_OWN: Final = words("a an his her their your no every another other each some any")


def note_facts(draft: Draft) -> None:
    """Take note of who the line speaks of, and of what it tells about them."""
    vocabulary, rules_for, facts = draft.line.vocabulary, draft.compiled.facts, draft.facts
    named: dict[str, str] = {}
    people: dict[str, Fact] = {}  # who was spoken of last is last
    if facts:
        who_else, _, names, _ = zip(*facts, strict=True)
        if any(names) and not vocabulary.isdisjoint(" ".join(names).lower().split()):
            named = {fact.name.lower(): fact.who for fact in facts if fact.name}
        if not named and _MENTIONS.isdisjoint(vocabulary) and not rules_for.may_match(vocabulary):
            return
        people = dict(zip(who_else, facts, strict=True))
    elif _PEOPLE.isdisjoint(vocabulary) and not rules_for.may_match(vocabulary):
        return
    if named and "you" in vocabulary:
        _read_aloud(draft, named)
    turn = draft.state.turns
    for clause in draft.line.clauses:
        spoken_of = named or not _MENTIONS.isdisjoint(clause.words)
        for who in _spoken_of(people, named, clause, turn) if spoken_of else ():
            fact = people.pop(who, None)
            if fact is None:
                fact = Fact(who, "", "", turn)
            elif fact.turn != turn:
                fact = fact._replace(turn=turn)
            people[who] = fact
            if fact.kind:
                draft.held.append((clause, fact))
        rules = rules_for.find(clause.words)
        if rules and not draft.lossy and not clause.asks:
            for rule in rules:
                match = rule.matcher.match(clause.marked)
                if match is not None:
                    first = rule.choices[0]
                    if isinstance(first, Template):
                        _learn(draft, people, fill(draft, first, match, clause) or "", clause)
                    break
    draft.facts = _bounded(people)


def find_about(draft: Draft, clause: Clause) -> Fact | None:
    """Return of whom, in a clause, something holds; None for a death that it tells itself."""
    for each, fact in draft.held:
        if each is clause and (fact.kind == "ILL" or clause not in draft.news):
            return fact
    return None


def _read_aloud(draft: Draft, named: dict[str, str]) -> None:
    """Take "you" for the person who is called by name before: "Ines, I miss you"."""
    name = ""
    clauses = draft.line.clauses
    for number, clause in enumerate(clauses):
        if len(clause.low) == 1 and clause.low[0] in named:
            name = clause.said[0]
        elif name and "you" in clause.words:
            clauses[number] = clause.said_to(name)


def _spoken_of(
    people: dict[str, Fact], named: dict[str, str], clause: Clause, turn: int
) -> list[str]:
    """Return the people that a clause speaks of."""
    low = clause.low
    found: list[str] = []
    mentions = _MENTIONS & clause.words
    # A set has no order that is the same everywhere: that of the words counts.
    for word in sorted(mentions, key=low.index) if len(mentions) > 1 else mentions:
        if word in _PRONOUNS:
            who = _stands_for(people, word, turn)
            if who and who not in found:
                found.append(who)
        elif (at := low.index(word)) == 0 or low[at - 1] not in _NOT_OWN:
            found.append(_SAME.get(word, word))
    if named and not clause.words.isdisjoint(named):
        found += [who for name, who in named.items() if name in clause.words]
    return found


def _stands_for(people: dict[str, Fact], pronoun: str, turn: int) -> str:
    """Return the one spoken of last whom a pronoun can stand for, if that was not long ago."""
    impossible = _PRONOUNS[pronoun]
    for who, fact in reversed(people.items()):
        if turn - fact.turn > NEAR:
            return ""
        if who not in impossible:
            return who
    return ""


def _learn(draft: Draft, people: dict[str, Fact], told: str, clause: Clause) -> None:
    """Keep what a rule of FACTS says: a kind or `NAMED`, who it is about, and perhaps a name."""
    kind, _, rest = told.partition(" ")
    called = rest.split()
    name = called.pop() if kind == NAMED and len(called) > 1 else ""
    if not called or (kind not in _LEARNED and not name):
        return
    known = draft.compiled.tokenizer.known
    who = _called(people, called[-1].lower(), draft)
    fact = people.pop(who, Fact(who)) if who else None
    if fact is None:
        return
    if not name:
        stays = fact.kind == "DEAD" and kind != WELL
        fact = fact._replace(kind=fact.kind if stays else "" if kind == WELL else kind)
    elif (name.lower() not in known or name[0].isupper()) and _fits(name):
        fact = fact._replace(name=name[0].upper() + name[1:])
    people[who] = fact = fact._replace(turn=draft.state.turns)
    draft.news = (*draft.news, clause)
    if kind == WELL:
        draft.held = [each for each in draft.held if each[0] is not clause]
    elif fact.kind == "ILL":
        draft.held.append((clause, fact))
    draft.note("note", f"known from now on: {told}")


def _called(people: dict[str, Fact], word: str, draft: Draft) -> str:
    """Return who is meant by a noun, a name or a pronoun; empty for a thing."""
    if word in _PRONOUNS:
        alone = {"him": "he", "his": "he", "her": "she", "them": "they"}.get(word, word)
        return _stands_for(people, word, draft.state.turns) or alone
    word = word.removesuffix("'s")
    word = _SAME.get(word, word)
    for who, fact in people.items():
        if word in {who, fact.name.lower()}:
            return who
    return word if word in _PEOPLE else ""


def _bounded(people: dict[str, Fact]) -> tuple[Fact, ...]:
    """Return so many people as a state has; one of whom least is known makes room."""
    while len(people) > MAX_FACTS:
        plain = (who for who, fact in people.items() if not fact.kind and not fact.name)
        del people[next(plain, next(iter(people)))]
    return tuple(people.values())


def _fits(called: str) -> bool:
    return called.isprintable() and len(called.encode("utf-8", "replace")) <= MAX_WHO_BYTES
