"""The order in which answers to a line are tried, and the state that an answer leaves.

`doctor.listener.machine` says why the order is what it is. Given `Notes`, a draft is explained
while it is made, so an explanation cannot differ from the reply it explains.
"""

from __future__ import annotations

import re
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from doctor.english.lexicon import words
from doctor.english.tokenizer import locate_words
from doctor.listener.care_answers import answer_with_care
from doctor.listener.decomposition import edges
from doctor.listener.draft import next_state
from doctor.listener.facts import note_facts
from doctor.listener.letters import LONG_WORDS
from doctor.listener.memory import content, recall, recall_for_little, remember_line
from doctor.listener.odd_lines import find_oddness
from doctor.listener.reassembly import Template
from doctor.listener.selection import (
    choose_first,
    make_reply,
    make_statement,
    mirror_of,
    take_turns,
)
from doctor.listener.soundness import OUTER
from doctor.listener.stacking import stack_keywords
from doctor.listener.state import State, sign_of
from doctor.machine import Response
from doctor.scripts.model import QUESTION_KINDS

if TYPE_CHECKING:
    from doctor.english.clauses import Clause
    from doctor.listener.compiler import Keyword
    from doctor.listener.draft import Draft
    from doctor.listener.rules import CompiledRule, CompiledRules

#: Links followed for one reply; a script that links in a circle answers with NONE.
MAX_LINKS: Final = 20
#: An answer to an odd line is given again after so many others, if all of its kind were given.
REST: Final = 30
#: A line of so many words, right after a question, may be no more than its answer.
MAX_ANSWER_WORDS: Final = 5

# A quotation of several words, with more around it.
_QUOTED: Final = re.compile(
    r"(?<=\w)[\s,:]+(?:\"[^\"\s]*\s[^\"]*\"|\u201c[^\u201c\u201d\s]*\s[^\u201c\u201d]*\u201d)"
)
#: So many words before a quotation tell whether it is what somebody said.
_NEAR: Final = 3
_weight_of: Final = attrgetter("weight")
_new: Final = tuple.__new__  # a named tuple's own is a detour through Python, twice in each reply
# With one of these words, a quotation may be what somebody said.
_RETOLD: Final = words(
    "say says said saying tell tells told telling ask asks asked call calls called write writes "
    "wrote text texts texted shout shouts shouted yell yells yelled hear heard think thought like"
)
#: Kinds of odd lines that are sentences: the rules for other lines can answer them too.
_SENTENCES: Final = frozenset(("REPEATED", "ECHO", "LONG"))
_NOTHING_SAID: Final = State()
#: Noted of a reply that is no answer of the rule whose pattern matched.
SAID_BACK: Final = "the clause is said back, and nothing is asked"


def answer(draft: Draft) -> Response[State]:
    """Return the reply, the next state, the keyword and the mark."""
    line, state, compiled = draft.line, draft.state, draft.compiled
    sign = sign_of(line.low.strip(OUTER))
    careful = answer_with_care(draft, sign)
    if careful is not None:
        return careful
    if '"' in draft.raw or "\u201c" in draft.raw:
        # The patient does not say what somebody else said: the quotation becomes "that".
        plain, quotations = _QUOTED.subn(_unquoted, draft.raw)
        draft.line = compiled.tokenizer.read(plain)
        draft.lossy = draft.lossy or quotations > 1  # "that or that" says nothing back
    note_facts(draft)
    kind = find_oddness(draft.line, state, sign, compiled.tokenizer.known)
    reply, keyword = (
        (kind and _answer_odd_line(draft, kind))
        or (state.question and _answer_short_line(draft))
        or _answer_keywords(draft)
        or (draft.at_length and _answer_whole(draft))
        or recall_for_little(draft)
        or _answer_none(draft)
    )
    quiet = state.quiet and state.quiet - 1
    remember_line(draft)
    return _new(Response, (reply, next_state(draft, reply, sign, quiet), keyword, "", ""))


def _unquoted(quotation: re.Match[str]) -> str:
    """Return words without their marks, and "that" for what somebody said."""
    before = quotation.string[: quotation.start()].lower().split()[-_NEAR:]
    told = ":" in quotation[0] or "," in quotation[0] or not _RETOLD.isdisjoint(before)
    words = quotation[0].strip(' ,:"\u201c\u201d')
    return " that " if told and " " in words.strip() else f" {words} "


# --- odd lines -----------------------------------------------------------------------------------


def _answer_odd_line(draft: Draft, kind: str) -> tuple[str, str] | None:
    """Return what is said to a line that is odd in this way, and its name."""
    line, compiled = draft.line, draft.compiled
    rules: CompiledRules | None
    rules = compiled.repeated if kind == "REPEATED" else compiled.odd.get(kind)
    if rules is None:
        return None
    whole = line.clauses[-1] if line.clauses else None
    draft.note("fallback", kind)
    found = choose_first(draft, rules, whole)
    if found is not None:
        return found.text, kind
    if draft.state.replies:
        draft.note("note", f"every answer to {kind} was given lately")
    if kind in _SENTENCES:
        # It may be odd by itself, too.
        other = find_oddness(line, _NOTHING_SAID, "\0", compiled.tokenizer.known)
        return _answer_odd_line(draft, other) if other and other not in _SENTENCES else None
    # There is nothing in such a line that another rule could answer.
    again = _said_longest_ago(draft, rules)
    return (again, kind) if again else recall(draft) or (_oldest_plain(draft), "NONE")


def _said_longest_ago(draft: Draft, rules: CompiledRules) -> str:
    """Return the plain text of these rules given longest ago, empty if it was given just now."""
    plain = _plain_texts(rules)
    oldest = min(plain, key=draft.last_use, default=None)
    if oldest is None or len(draft.state.replies) - draft.last_use(oldest) <= REST:
        return ""
    draft.taken += oldest.sign
    return oldest.sentence.text


# --- answers to a question -----------------------------------------------------------------------


def _answer_short_line(draft: Draft) -> tuple[str, str] | None:
    """Return what is said to a short line right after a question: it is the answer to that."""
    clauses = draft.line.clauses
    keyword = draft.compiled.answered.get(QUESTION_KINDS[draft.state.question])
    if keyword is None or len(clauses) != 1 or clauses[0].asks:
        return None
    if len(clauses[0].low) > MAX_ANSWER_WORDS:
        return None
    reply = _try_keyword(draft, keyword, clauses[0], 0)
    return None if reply is None else (reply, keyword.word)


# --- keywords ------------------------------------------------------------------------------------


def _answer_keywords(draft: Draft) -> tuple[str, str] | None:
    """Return the reply of the first keyword of the stack that has one, and the keyword."""
    clauses, also = draft.line.clauses, draft.compiled.also
    draft.at_length = "LETTER" in also and len(draft.line.words) >= LONG_WORDS
    if len(clauses) < 2 and not draft.held and draft.notes is None and not draft.at_length:
        if not clauses:
            return None
        if not (clauses[0].asks and also):
            return _answer_clause(draft, clauses[0])
    for _, _, _, keyword, clause in stack_keywords(draft):
        reply = _try_keyword(draft, keyword, clause, 0)
        if reply:
            return reply, keyword.word
    return None


def _answer_clause(draft: Draft, clause: Clause) -> tuple[str, str] | None:
    """Return the same for a line of one clause, of which nothing is known besides: most lines."""
    keywords = chain.from_iterable(filter(None, map(draft.compiled.by_word.get, clause.low)))
    for keyword in sorted(dict.fromkeys(keywords), key=_weight_of):
        reply = _try_keyword(draft, keyword, clause, 0)
        if reply:
            return reply, keyword.word
    return None


def _try_keyword(draft: Draft, keyword: Keyword, clause: Clause, links: int) -> str | None:
    """Return what a keyword says about a clause, or None where it has nothing sound to say."""
    marked = clause.marked
    for rule in keyword.rules.find(clause.words):
        match = rule.matcher.match(marked)
        if match is None:
            continue
        # Every other reply asks nothing, if it may.
        if rule.only_asks and (draft.seed % 8 < 3 if draft.at_length else draft.seed % 4 < 2):
            reply = make_statement(draft, clause)
            if reply:
                if draft.notes is not None:
                    _explain(draft, keyword.word, rule, (match, clause))
                return reply
        choices = rule.choices
        if rule.only_after and mirror_of(draft, clause) is None:
            continue  # nothing says this clause back
        if rule.much:
            choices = rule.choices_for(draft.types_of(clause))
            if not choices:
                draft.unfit = clause
        for choice in choices if len(choices) == 1 else take_turns(draft, choices):
            if isinstance(choice, Template):
                if draft.at_length and choice.is_bare:
                    continue  # a question without a word of theirs may miss what matters
                reply = make_reply(draft, choice, match, clause)
                if reply:
                    if draft.notes is not None:
                        _explain(draft, keyword.word, rule, (match, clause), choice)
                    return reply
            elif choice.keyword is None:
                draft.note("newkey")
                return None
            else:
                return _follow_link(draft, choice.keyword, clause, links)
    if draft.unfit is clause:
        draft.unfit = None
        reply = make_statement(draft, clause)  # nothing fits: it is said back and left there
        if reply:
            draft.note("keyword", keyword.word)
            draft.note("note", SAID_BACK)
            return reply
    return _follow_link(draft, keyword.link, clause, links) if keyword.link is not None else None


def _follow_link(draft: Draft, goal: str, clause: Clause, links: int) -> str | None:
    keyword = draft.compiled.keywords.get(goal)
    if keyword is None or links >= MAX_LINKS:
        return None
    draft.note("link", keyword.word)
    return _try_keyword(draft, keyword, clause, links + 1)


# --- NONE ----------------------------------------------------------------------------------------


def _answer_whole(draft: Draft) -> tuple[str, str] | None:
    """Return what is said to a long line of which no clause can be taken up by itself."""
    whole = draft.compiled.also.get("WHOLE")
    if whole is None or not draft.line.clauses:
        return None
    draft.at_length = False  # these questions fit any trouble
    reply = _try_keyword(draft, whole, draft.line.clauses[-1], 0)
    return None if reply is None else (reply, "NONE")


def _answer_none(draft: Draft) -> tuple[str, str]:
    """Return a reply to a line without keywords: about a clause, a memory, or anything at all."""
    none = draft.compiled.none
    draft.note("fallback", "NONE")
    for clause in sorted(draft.line.clauses, key=content, reverse=True):
        reply = _try_keyword(draft, none, clause, 0)
        if reply:
            return reply, "NONE"
    recalled = recall(draft)
    if recalled is not None:
        return recalled
    return _oldest_plain(draft), "NONE"


def _oldest_plain(draft: Draft) -> str:
    """Return the plain text of NONE that was given longest ago, whatever was said."""
    oldest = min(_plain_texts(draft.compiled.none.rules), key=draft.last_use, default=None)
    if oldest is None:
        return "Go on."
    draft.taken += oldest.sign
    return oldest.sentence.text


def _plain_texts(rules: CompiledRules) -> list[Template]:
    """Return what rules may say whatever was said."""
    choices = chain.from_iterable(rule.choices for rule in rules.every)
    return [each for each in choices if isinstance(each, Template) and each.plain]


# --- the explanation -----------------------------------------------------------------------------


def _explain(
    draft: Draft,
    word: str,
    rule: CompiledRule,
    found: tuple[re.Match[str], Clause],
    template: Template | None = None,
) -> None:
    """Note what matched, and what was made of it."""
    match, clause = found
    draft.note("clause", clause.text.strip())
    draft.note("keyword", word)
    draft.note("decomposition", rule.text)
    spelling = draft.compiled.tokenizer.spelling
    every = locate_words(draft.raw, draft.line.clauses, spelling)
    spots = every[draft.line.clauses.index(clause)]
    for number in range(1, rule.matcher.size + 1):
        group = number - rule.matcher.shift
        start, end = edges(match, group, group)
        first, last = (clause.text.count(" ", 0, edge) for edge in (start, end))
        known = [spot for spot in spots[first:last] if spot is not None]
        where = (str(known[0][0]), str(known[-1][1])) if known else ("", "")
        draft.note("component", str(number), clause.text[start:end].strip(), *where)
    if template is not None:
        draft.note("reassembly", template.head + template.text)
    else:
        draft.note("note", SAID_BACK)
    for said, turned in zip(clause.said, clause.turned, strict=True):
        if said != turned:
            draft.note("reflected", said, turned)
    if template is not None:
        draft.note("source", f"script line {template.line}")
