"""The host of a room: a doctor that several people talk with at once.

Theory. A room's members talk with each other. The host listens to all of it and speaks seldom:

    1. danger       a line about suicide or harm is answered at once: with the machine's careful
                    answer and its helplines to the one alone, and a sentence to the room
    2. called       "Doctor, ..." is answered at once, by the kind of what is asked (`requests`)
    3. patience     a line that nobody has answered after some seconds (`wants_answer_at`, `wait`),
                    seldom
    4. coming       who comes is welcomed, once in an hour

    hear, came, left, wait:  (state, what happened, now) -> (reply or "", next state)

A host quotes and never interprets. A machine of two reflects what is said to it, which is no answer
among several people; so all that the room hears comes from the HOST form of the script, and the
members' words stand in it between quotation marks. The machine only looks for danger and answers
it, with a state for each member that knows what they said in this room and nothing else: a private
history is never read. No text is said again while another of its part was not said for longer.

A `Host` works over any machine; it is immutable and shared by all threads and rooms. Nothing here
reads a clock, a file or a random number: all that happens is a function of script, transcript and
times, so that `replay` makes the state from a transcript.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, NamedTuple

from doctor.history.transcript import milliseconds
from doctor.host import danger
from doctor.host import state as states
from doctor.host.addressing import find_address, part_for_host, sentences_before
from doctor.host.admitting import TWICE
from doctor.host.called import LATELY, answer_called
from doctor.host.clauses import sentences
from doctor.host.draft import HostDraft, names_of
from doctor.host.reading import requests
from doctor.host.reading.requests import HostRequest, is_aside
from doctor.host.reading.several import read_requests
from doctor.host.remembering import remember, remember_called
from doctor.host.state import MAX_COUNT, MAX_NAME, MAX_WAITING, HostState, WaitingLine, clip
from doctor.host.texts import Texts
from doctor.host.unasked import answer_waiting
from doctor.host.waiting import FIRST_LINES, is_question, times_to_wait
from doctor.machine import Response, StateT, Trace
from doctor.scripts.model import Script

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.history.transcript import Exchange
    from doctor.host.state import Member
    from doctor.machine import Machine, Row, ScriptIdentity, Visit

#: Seconds that the host waits for somebody to answer a line, before it does.
PATIENCE: Final = 20.0
#: Who comes back within so many seconds is not welcomed again.
RECENT: Final = 3600.0
#: The mark of a line about danger, which can call somebody.
MARK: Final = "care"
#: The keyword of a welcome; it belongs to the event before it, and changes no state when replayed.
WELCOME: Final = "WELCOME"


class HostResponse(NamedTuple):
    """What the host says, and the state after it; an empty reply is silence."""

    reply: str
    state: HostState
    keyword: str = ""
    mark: str = ""
    private: str = ""  #: for the speaker alone, and not recorded


class Host(Generic[StateT]):
    """The host of rooms, over one machine. Immutable; any thread may call any method."""

    def __init__(self, machine: Machine[StateT], patience: float = PATIENCE) -> None:
        self.machine: Machine[StateT] = machine
        self.patience = patience
        self.has_care = machine.has_care
        script = machine.script
        self._texts = Texts(script if isinstance(script, Script) else None)

    @property
    def script(self) -> ScriptIdentity:
        """The script of the machine."""
        return self.machine.script

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called in a room, in small letters."""
        return tuple(name.lower() for name in self._texts.names)

    def prepare(self) -> Iterator[None]:
        """Compile what the first lines would wait for, a little before each `yield`."""
        return requests.prepare()

    # --- what happens ----------------------------------------------------------------------------

    def start(self) -> HostState:
        """Return the state of a new room."""
        return HostState()

    def greet(self, state: HostState, visit: Visit, now: float) -> Response[HostState]:
        """Begin a session of the room: nobody is here yet, and nothing is said."""
        del visit, now
        members = tuple(
            each._replace(
                here=False,
                left=max(each.came, each.said) if each.here else each.left,
                left_alone=False,
            )
            for each in state.members
        )
        after = state._replace(
            members=members,
            crowd=0,
            waiting=None,
            hushed=False,
            listens=False,
            asks_nobody=False,
        )
        return Response("", after, "")

    def hear(self, state: HostState, speaker: str, line: str, now: float) -> HostResponse:
        """Return what the host says at once to a member's line, mostly nothing."""
        return self._hear(self._draft(state, now), speaker, line)

    def came(self, state: HostState, name: str, now: float) -> HostResponse:
        """Return the welcome of somebody who comes; nothing where they left within the hour."""
        return self._came(self._draft(state, now), name)

    def left(self, state: HostState, name: str, now: float) -> HostResponse:
        """Return the state after somebody has left; nothing is said to that."""
        name, now = clip(name, MAX_NAME) or "?", milliseconds(now) / 1000
        member = state.find(name)
        if member is None:
            return HostResponse("", state._replace(crowd=max(state.crowd - 1, 0)))
        state = state.put(member._replace(here=False, left=now))
        if state.waiting is not None and state.waiting.speaker == name:
            state = state._replace(waiting=None)
        return HostResponse("", states.fit(state, name))

    def wants_answer_at(self, state: HostState) -> float | None:
        """Return when `wait` is to be called, None where nothing waits for an answer."""
        waiting = state.waiting
        return None if waiting is None else waiting.at + waiting.times * self.patience

    def wait(self, state: HostState, now: float) -> HostResponse:
        """Return what the host says to a line that nobody has answered; too early: nothing."""
        due = self.wants_answer_at(state)
        if due is None or now < due:
            return HostResponse("", state)
        return self._wait(self._draft(state, now))

    def replay(self, state: HostState, exchange: Exchange) -> HostState:
        """Return the state after an exchange of a transcript, as it was when it happened."""
        now = exchange.at
        if exchange.event:
            if exchange.event in {"came", "left"}:
                happened = self.came if exchange.event == "came" else self.left
                return happened(state, exchange.speaker, now).state
            return state
        if exchange.speaker:
            return self.hear(state, exchange.speaker, exchange.patient, now).state
        if exchange.keyword == WELCOME or not exchange.doctor:
            return state
        return self._wait(self._draft(state, now)).state

    # --- as a machine ----------------------------------------------------------------------------

    def respond(self, state: HostState, line: str, now: float) -> Response[HostState]:
        """Return what is said at once to a line of nobody known."""
        return Response(*self.hear(state, "?", line, now)[:4])

    def explain(self, state: HostState, line: str, now: float) -> Trace:
        """Return how `respond` makes what is said to the same line in the same state."""
        draft = self._draft(state, now, explains=True)
        return _trace(line, draft.notes, self._hear(draft, "?", line).reply)

    def explain_exchange(self, state: HostState, exchange: Exchange) -> Trace:
        """Return how what the host said in an exchange came about, from the state before it."""
        draft = self._draft(state, exchange.at, explains=True)
        line = exchange.patient
        if exchange.speaker:
            self._hear(draft, exchange.speaker, line)
        elif state.waiting is not None and exchange.keyword != WELCOME:
            line = state.waiting.text
            self._wait(draft)
        else:
            draft.note("somebody came")
        return _trace(line, draft.notes, exchange.doctor)

    def pack(self, state: HostState) -> bytes:
        """Return the state as at most 16,000 bytes, the same bytes for the same state."""
        return states.pack(state)

    def unpack(self, packed: bytes) -> HostState:
        """Return the state that was packed; raise `ValueError` for any other bytes."""
        state = states.unpack(packed)
        for member in state.members:
            if member.state:
                self.machine.unpack(member.state)
        return state

    def _draft(self, state: HostState, now: float, *, explains: bool = False) -> HostDraft:
        # To the millisecond: a transcript has no more, and a replay makes the same of it.
        at = milliseconds(now) / 1000
        return HostDraft(self._texts, self.machine, state, at, explains=explains)

    # --- transitions -----------------------------------------------------------------------------

    def _hear(self, draft: HostDraft, speaker: str, line: str) -> HostResponse:
        if not line.isascii():
            line = line.encode("utf-8", "replace").decode()  # as it is recorded
        member = draft.member(speaker)
        turn = min(draft.state.turn + 1, MAX_COUNT)
        member = member._replace(turn=turn, said=draft.now, lines=min(member.lines + 1, MAX_COUNT))
        listens = draft.state.listens and turn - draft.state.sorry <= TWICE
        draft.state = draft.state.put(member, turn=turn, listens=listens)
        called, others = self._called(draft.state), draft.state.others(speaker)
        body, lead = find_address(line, called), 0
        if danger.is_taken_back(draft, member, line):
            said = danger.answer_taken_back(draft, member, line, is_called=body is not None)
            draft.state = _hear(draft, draft.member(speaker), line)
            remember(draft, member, line)
            return HostResponse(said, states.fit(draft.state, member.name), draft.keyword)
        care = danger.find_care(draft, member, line)
        if care is not None:
            told = danger.answer_with_care(draft, member, line, care)
            state = states.fit(draft.state, member.name)
            mark = care.response.mark
            return HostResponse(told.reply, state, danger.CARE, mark, told.private)
        if cruel := danger.answer_cruelty(draft, member, line):
            state = states.fit(draft.state, member.name)
            return HostResponse(cruel, state, danger.CARE, MARK)
        if body is None:
            draft.state = _not_called(draft, member, line)
            remember(draft, member, line)
            return HostResponse("", states.fit(draft.state, member.name))
        if others:
            meant = part_for_host(line, called, [each.name for each in others])
            body, lead = find_address(meant, called) or "", sentences_before(meant, called)
        while body and (again := find_address(body, called)) is not None:
            body = again
        said = self._answer(draft, member, line, body, lead)
        return HostResponse(said, states.fit(draft.state, member.name), draft.keyword)

    def _answer(self, draft: HostDraft, member: Member, line: str, body: str, lead: int) -> str:
        """Answer a line that is said to the host; nothing where that was said in passing.

        So many sentences of `body` as `lead` says come before the host's name.
        """
        others = draft.state.others(member.name)
        latest = max(others, key=lambda each: each.turn).name if others else ""
        names = [each.name for each in draft.state.members]
        lately = 0 < draft.state.spoke >= draft.state.turn - LATELY
        requests = read_requests(body, member.name, names, latest, lead=lead, spoke_lately=lately)
        draft.state = _hear(draft, member, line)
        goes_on = find_address(line, [each.name for each in others]) is not None
        said = ""
        if goes_on and is_aside(requests[0], body):
            draft.note("said in passing, on the way to somebody else")
        else:
            said = answer_called(draft, member, requests, body)
        if _tells(requests[0]):
            remember(draft, member, line)
        else:
            remember_called(draft, member, line)
            if told := _told_before(line, self._called(draft.state)):
                remember(draft, member, told)
        return said

    def _called(self, state: HostState) -> list[str]:
        """Return what the host is called; a member of that name is called by it instead."""
        members = {each.name.lower() for each in state.members if each.here}
        return [name for name in self._texts.names if name.lower() not in members]

    def _came(self, draft: HostDraft, name: str) -> HostResponse:
        known = draft.state.find(clip(name, MAX_NAME) or "?")
        member = draft.member(name, comes=True)
        back = known is not None and (known.here or draft.now - known.left < RECENT)
        draft.state = draft.state.put(member)
        if back:
            said = ""
            lately = danger.was_danger_lately(draft.state)
            if lately and known is not None and not known.here:
                said = draft.speak(draft.text("BACK", NAME=member.name), member.name)
            return HostResponse(said, states.fit(draft.state, member.name), WELCOME if said else "")
        others = draft.state.others(member.name)
        if len(others) == 1 and not draft.state.crowd:
            said = draft.text("WELCOME-WITH", NAME=member.name, OTHER=others[0].name)
        elif others:
            shown = (
                names_of(others[:7])
                if not draft.state.crowd
                else f"{names_of(others[:6])} and others"
            )
            said = draft.text("WELCOME-AMONG", NAME=member.name, OTHERS=shown)
        else:
            said = draft.text("WELCOME", NAME=member.name)
        waiting = draft.state.waiting
        if len(others) == 1 and others[0].lines <= FIRST_LINES:
            waiting = None  # who was alone tells who they are, and now somebody reads it
        if (
            waiting is not None
        ):  # it waits for as long again: the host does not speak twice in a row
            waiting = waiting._replace(at=draft.now)
        said = draft.speak(said, member.name)
        state = draft.state._replace(waiting=waiting)
        return HostResponse(said, states.fit(state, member.name), WELCOME)

    def _wait(self, draft: HostDraft) -> HostResponse:
        waiting = draft.state.waiting
        if waiting is None:
            return HostResponse("", draft.state)
        said = answer_waiting(draft, waiting)
        return HostResponse(said, states.fit(draft.state, waiting.speaker), draft.keyword)


def _told_before(line: str, called: list[str]) -> str:
    """Return what a line tells the others before the host is called, without what it asks."""
    before = sentences(line)[: sentences_before(line, called)]
    return " ".join(each for each in before if not each.endswith("?"))


def _tells(request: HostRequest) -> bool:
    """Return True for what is told to the host, and so to everybody."""
    return request.kind in {"DEATH", "ILLNESS", "TROUBLE", "BIG", "GOOD", "PLAN", "TOLD"}


def _hear(draft: HostDraft, member: Member, line: str) -> HostState:
    """Return the state after the machine has heard a line."""
    return draft.state.put(draft.keep_machine_state(member, draft.hear(member, line)))


def _not_called(draft: HostDraft, member: Member, line: str) -> HostState:
    """Return the state after a line that the host does not answer at once."""
    state = _hear(draft, member, line)
    waiting = state.waiting
    times = times_to_wait(state, member, line, draft.now)
    text = clip(line, MAX_WAITING)
    if times and text:
        waiting = WaitingLine(member.name, text, draft.now, times)
    elif waiting is not None and waiting.speaker != member.name:
        waiting = None
    elif waiting is not None:
        waiting = waiting._replace(at=draft.now)  # they are still speaking
    return state._replace(waiting=waiting, asks=is_question(line))


def _trace(line: str, notes: list[Row], reply: str) -> Trace:
    rows: list[Row] = [("line", " ".join(line.split()))]
    rows += [(kind, *[" ".join(field.split()) for field in fields]) for kind, *fields in notes]
    return Trace((*rows, ("reply", " ".join(reply.split()))))
