"""What is said to a line that is met with care, and to the line right after it.

    answer_with_care     a line that meets a form of CARE gets that form's answer, and is marked;
                         one of which the score is in doubt is asked about, plainly and once
    after that question  yes is met as the form that was asked about; no ends it; who is not sure is
                         told where people are
    after a care answer  the rule that CARED names: "no" is an answer to whether the patient is safe

Nothing of such a line is remembered: no memory, no topic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.listener.draft import next_state
from doctor.listener.filling import fill_fixed
from doctor.listener.memory import QUIET_AFTER_CARE
from doctor.listener.reassembly import SLOTS, Jump, Template
from doctor.listener.selection import take_turns
from doctor.listener.state import ASK_REST, MAX_CONCERN, State
from doctor.machine import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.listener.draft import Draft
    from doctor.listener.reassembly import Choice


def answer_with_care(draft: Draft, sign: str) -> Response[State] | None:
    """Return the careful answer to a line; None for a line that needs none."""
    state, compiled = draft.state, draft.compiled
    why: list[str] | None = None if draft.notes is None else []
    found = compiled.care.find(
        draft.line,
        draft.memories,
        lately=state.quiet > 0,
        may_ask=not state.asked and not state.quiet,
        why=why,
    )
    for text in why or ():
        draft.note("note", text)
    if found is not None:
        form = found.form
        if found.asks:
            asked = _careful_response(draft, compiled.asking[form], sign, marked=False)
            return None if asked is None else _asking(asked, form)
        response = _answer_by_form(draft, form, sign)
        if response is not None:
            return response
    if state.asked == ASK_REST:
        return _answer_after_question(draft, sign)
    return _answer_after_care(draft, sign) if state.quiet == QUIET_AFTER_CARE else None


def _answer_by_form(draft: Draft, form: int, sign: str) -> Response[State] | None:
    return _careful_response(draft, draft.compiled.careful[form], sign, marked=True, form=form)


def _asking(response: Response[State], form: int) -> Response[State]:
    """Return a response that asks what is meant: its line is not marked."""
    state = response.state._replace(quiet=1, asked=ASK_REST, concern=min(form + 1, MAX_CONCERN))
    return response._replace(state=state)


def _answer_after_question(draft: Draft, sign: str) -> Response[State] | None:
    """Answer what is said right after the question what is meant; None where it is no answer."""
    meant = draft.compiled.meant
    said = meant.read(draft.line.clauses)
    form = _form_of_concern(draft)
    if not said or form is None:
        return None
    draft.note("note", f"said right after the question what is meant: {said.lower()}")
    if said == "YES":
        return _answer_by_form(draft, form, sign)
    if said == "NO":
        denied = _careful_response(draft, meant.texts["DENIED"], sign, marked=False)
        return denied and denied._replace(state=denied.state._replace(quiet=0, concern=0))
    return _careful_response(draft, meant.texts["UNCLEAR"], sign, marked=True, form=form)


def _form_of_concern(draft: Draft) -> int | None:
    """Return the number of the form of CARE that was met or asked about last."""
    form = draft.state.concern - 1
    return form if 0 <= form < len(draft.compiled.careful) else None


def _answer_after_care(draft: Draft, sign: str) -> Response[State] | None:
    """Answer what is said right after a line met with care; None where CARED has no answer.

    "No", then, is an answer to whether the patient is safe. An answer that names HELPLINES
    marks the line as the one before it was marked.
    """
    keyword = draft.compiled.cared
    if keyword is None:
        return None
    # The rules come first, then the clauses: in "No, he never hit anyone" the "no" answers nothing.
    likely = [(clause, keyword.rules.find(clause.words)) for clause in draft.line.clauses]
    for rule in keyword.rules.every:
        for clause, rules in likely:
            if rule in rules and rule.matcher.match(clause.marked) is not None:
                draft.note("note", "said right after a line that was met with care")
                draft.note("decomposition", rule.text)
                choices = _follow_first(draft, rule.choices)
                marked = any(SLOTS["HELPLINES"] in template.needs for template in choices)
                form = _form_of_concern(draft)
                return _careful_response(draft, choices, sign, marked=marked, form=form)
    return None


def _follow_first(draft: Draft, choices: Sequence[Choice]) -> list[Template]:
    """Return the texts among choices, or those of the rule that the first one links to."""
    first = choices[0] if choices else None
    if isinstance(first, Jump):
        keyword = draft.compiled.keywords.get(first.keyword or "")
        choices = keyword.rules.every[0].choices if keyword and keyword.rules.every else ()
    return [choice for choice in choices if isinstance(choice, Template)]


def _careful_response(
    draft: Draft,
    choices: Sequence[Choice],
    sign: str,
    *,
    marked: bool,
    form: int | None = None,
) -> Response[State] | None:
    """Say the next of fixed answers; nothing of the line is remembered, no memory, no topic.

    Return None where none can be said: the script's fault, which `doctor check` tells.
    """
    for choice in take_turns(draft, choices):
        reply = fill_fixed(draft, choice) if isinstance(choice, Template) else ""
        if reply:
            draft.note("reassembly", choice.text)
            draft.note("source", f"script line {choice.line}")
            draft.taken += choice.sign
            break
    else:
        return None
    draft.topic = ""
    quiet = QUIET_AFTER_CARE if marked else QUIET_AFTER_CARE - 1
    state = next_state(draft, reply, sign, quiet)
    if not marked:
        return Response(reply, state, "CARE")
    if form is None:
        return Response(reply, state, "CARE", "care")
    state = state._replace(concern=min(form + 1, MAX_CONCERN))
    return Response(reply, state, "CARE", "care", draft.compiled.care.detail(form))
