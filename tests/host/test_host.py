"""What the host of a room says, and when."""

from __future__ import annotations

import itertools
import re
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.history.transcript import Exchange
from doctor.host import PATIENCE, WELCOME
from doctor.host.state import MAX_BYTES
from doctor.scripts.host_form import PARTS
from tests.host.playing import DANGER, HOST, HOSTS, NOW, VISIT, Room
from tests.support.varied_lines import varied_lines

# --- coming and going -----------------------------------------------------------------------------


def test_who_comes_is_welcomed_by_name() -> None:
    """A welcome names who comes, and who is here already."""
    room = Room()
    assert "Ada" in room.take(room.host.came(room.state, "Ada", NOW))
    assert room.last is not None
    assert room.last.keyword == WELCOME
    assert "Ada" in room.take(room.host.came(room.state, "Ben", NOW))
    third = room.take(room.host.came(room.state, "Cleo", NOW))
    assert "Ada and Ben" in third
    assert "Cleo" in third


@pytest.mark.parametrize(("away", "welcomed"), [(1.0, False), (3599.0, False), (3601.0, True)])
def test_a_return_within_the_hour_is_no_arrival(away: float, welcomed: bool) -> None:
    """Who comes back within an hour is not welcomed again."""
    room = Room("Ada", "Ben")
    room.take(room.host.left(room.state, "Ada", NOW))
    assert room.state.others("Ben") == []
    assert bool(room.take(room.host.came(room.state, "Ada", NOW + away))) is welcomed
    assert [each.name for each in room.state.others("Ben")] == ["Ada"]


def test_a_session_begins_with_nobody_here() -> None:
    """After a server's end nobody is in the room, and who comes back soon is not welcomed."""
    room = Room("Ada", "Ben")
    room.state = room.host.greet(room.state, VISIT, NOW + 60).state
    assert room.state.others("") == []
    assert room.take(room.host.came(room.state, "Ada", NOW + 60)) == ""


# --- patience -------------------------------------------------------------------------------------


def test_a_line_is_answered_when_nobody_else_does() -> None:
    """The host says nothing at once, and something after its patience."""
    room = Room("Ada", "Ben")
    assert room.say("Ada", "I feel lost in this city.") == ""
    assert room.host.wants_answer_at(room.state) == room.now + PATIENCE
    assert room.wait(PATIENCE - 0.1) == ""
    assert room.wait(0.1)
    assert room.host.wants_answer_at(room.state) is None
    assert room.wait(1000) == ""


def test_a_line_that_somebody_answers_is_left_to_them() -> None:
    """Where the last line is a short answer of another member nothing waits."""
    room = Room("Ada", "Ben")
    room.say("Ada", "I feel lost in this city.")
    room.say("Ben", "me too")
    assert room.host.wants_answer_at(room.state) is None


@pytest.mark.parametrize("line", ["ok", "thanks", "lol", "yes", "good night all", "me too"])
def test_a_nod_asks_for_no_answer(line: str) -> None:
    """A line that says no more than yes or goodbye is not answered."""
    room = Room("Ada", "Ben")
    room.say("Ada", line)
    assert room.host.wants_answer_at(room.state) is None


def test_a_nod_to_the_host_is_not_answered() -> None:
    """Who says yes to the host has answered, and the others go on."""
    room = Room("Ada", "Ben")
    room.say("Ada", "Doctor, I feel lost in this city.")
    room.say("Ada", "yes")
    assert room.host.wants_answer_at(room.state) is None


def test_a_line_to_another_member_waits_longer() -> None:
    """Who is spoken to by name has four times as long to answer."""
    room = Room("Ada", "Ben")
    room.say("Ben", "I drive a bus.")
    room.say("Ada", "Ben, how was your first week?")
    assert room.host.wants_answer_at(room.state) == room.now + 4 * PATIENCE


@pytest.mark.parametrize(
    ("line", "waits"),
    [
        ("Ben, you did well there.", False),
        ("maybe she is trying not to cry, Ben", False),
        ("Ben, I feel so alone here.", True),
        ("ben what do you do with the second cup", True),
    ],
)
def test_what_is_said_to_another_member(line: str, *, waits: bool) -> None:
    """A question or trouble that is told to one member waits; nothing else that they are told."""
    room = Room("Ada", "Ben")
    room.say("Ben", "I drive a bus.")
    room.say("Ada", line)
    assert (room.host.wants_answer_at(room.state) is not None) is waits


def test_who_is_silent_for_good_ends_the_waiting() -> None:
    """A line of somebody who has left is not answered."""
    room = Room("Ada", "Ben")
    room.say("Ada", "I feel lost in this city.")
    room.take(room.host.left(room.state, "Ada", room.now))
    assert room.host.wants_answer_at(room.state) is None


def test_the_host_speaks_seldom() -> None:
    """Of sixty lines with long silences it answers one in eight or fewer, and no kind twice."""
    room = Room("Ada", "Ben", "Cleo")
    at, moves = [], []
    for number, line in enumerate(varied_lines()[:60]):
        room.say(("Ada", "Ben", "Cleo")[number % 3], f"I said {line.strip('?')}.")
        if room.wait(3 * PATIENCE):
            at.append(number)
            moves.append(room.state.move)
    assert 3 < len(at) <= 8
    assert all(after - before >= 8 for before, after in itertools.pairwise(at))
    assert all(before != after for before, after in itertools.pairwise(moves))


def test_who_talks_while_nobody_is_here_is_told_so() -> None:
    """Alone in a room one is told where the doctor answers every line."""
    room = Room("Ada")
    room.say("Ada", "I feel lost in this city.")
    assert "/private" in room.wait()
    room.say("Ada", "I moved here in May.")
    assert room.host.wants_answer_at(room.state) is None


# --- called ---------------------------------------------------------------------------------------

#: What the host is asked by Ada, and what its answer must have in it.
QUESTIONS: Final = {
    "Doctor, who are you?": "program",
    "Are you a human, doctor?": "program",
    "Doctor, who is here?": "Ben and Cleo",
    "Doctor, what did Ben say?": "I sleep badly before exams.",
    "doctor what did i say?": "I failed maths.",
    "Doctor, what did Cleo say?": "Cleo",
    "Doctor, is Ben here?": "Ben is here",
    "Where is Dan, doctor?": "Dan is not here",
    "Doctor, is Marta here?": "Marta is not here",
    "Doctor, what did I miss?": "I sleep badly before exams.",
    "Doctor, is this saved?": "transcript",
    "Who can read this, doctor?": "transcript",
    "Doctor, what did Ben tell you in private?": "room",
    "Doctor, what is wrong with Ben?": "Ben",
    "Doctor, why are you so quiet?": "call",
    "Doctor, who said that they sleep badly?": "Ben",
    "Doctor, who said that they like trains?": "nobody",
    "Doctor, do you remember what Ben said about exams?": "I sleep badly before exams.",
    "Doctor, what did Ben say about trains?": "last",
    "doctor, ask Ben how he is": "Ben",
    "doctor, tell Dan that we miss him": "Dan is not here",
    "Doctor, do you know what Ben told you alone?": "room",
    "Doctor, is anyone else here?": "Ben and Cleo",
    "Doctor doctor": "Ada",
    "Doctor, help!": "Ada",
    "Doctor, did you even read what I wrote?": "I failed maths.",
    "Doctor, you just said that again. Why?": "sorry",
    "Doctor, that was not helpful.": "sorry",
    "Doctor, you're not very helpful tonight.": "sorry",
    "why did you repeat that, doctor?": "sorry",
    "Doctor, what do you mean?": "sorry",
    "doctor thats a joke, dont analyse it": "Ada",
    "Doctor, is it normal to sleep so badly": "Ben",
    "doctor is that healthy": "Ben?",
    "Doctor?": "Ada",
    "Doctor, are you there?": "Ada",
    "Thank you, doctor.": "Ada",
    "What do you think, Doctor?": "Ben",
}


@pytest.mark.parametrize("line", QUESTIONS)
def test_a_question_to_the_host_has_a_true_answer(line: str) -> None:
    """What is asked about the room is answered at once, in a short text, and truly."""
    room = Room("Dan", "Ada", "Ben", "Cleo")
    room.take(room.host.left(room.state, "Dan", room.now))
    room.say("Ben", "I sleep badly before exams.")
    room.say("Ada", "I failed maths.")
    said = room.say("Ada", line)
    assert QUESTIONS[line] in said
    assert len(said) < 160


def test_what_is_asked_of_the_host_is_no_news() -> None:
    """What somebody said is what they told the others, not what they asked the host."""
    room = Room("Ada", "Ben")
    room.say("Ben", "I like trains.")
    room.say("Ben", "Doctor, who is here?")
    assert "I like trains." in room.say("Ada", "Doctor, what did Ben say?")


def own_words(said: str, names: tuple[str, ...]) -> str:
    """Return what the host said without quotations and names."""
    plain = re.sub("\u2018[^\u2018\u2019]*(?:\u2019(?=\\w)[^\u2018\u2019]*)*\u2019", "Q", said)
    for name in sorted(names, key=len, reverse=True):
        plain = plain.replace(name, "N")
    return plain


def texts_of_the_form() -> re.Pattern[str]:
    """Return what any run of the form's texts looks like, without quotations and names."""
    texts = {text for part in PARTS for text in HOST._texts.of(part)}
    kin = "[a-z]+"
    every = [
        re.escape(text)
        .replace("OTHERS", r"(?:N(?:, N)*(?: and (?:N|\d+ others|others))?|[Ee]verybody)")
        .replace("OTHER", "N")
        .replace("NAME", "N")
        .replace("QUOTE", "Q")
        .replace("KIN", kin)
        for text in texts
    ]
    return re.compile(f"(?:(?:{'|'.join(sorted(every, key=len, reverse=True))}) ?)*")


FORM: Final = texts_of_the_form()


@pytest.mark.parametrize("called", ["Doctor, ", ""])
def test_a_host_quotes_and_never_interprets(called: str) -> None:
    """Whatever is said, all that it says are texts of the form, names and quotations."""
    names = ("Ada", "Ben", "Cleo")
    room = Room(*names)
    for number, line in enumerate(varied_lines()[::3]):
        said = room.say(names[number % 3], called + line)
        said = said or room.wait(3 * PATIENCE)
        assert FORM.fullmatch(own_words(said, names)), said
        for quotation in re.findall("\u2018([^\u2018\u2019]+)\u2019", said):
            assert quotation.strip("\u2026. ") != ""


def test_what_is_told_to_the_host_has_a_short_answer() -> None:
    """A statement is not turned round: the one is named, and at least half of it asks nothing."""
    room = Room("Ada", "Ben")
    room.say("Ben", "I sleep badly before exams.")
    told = [room.say("Ada", f"Doctor, my sister moved to Riga {n} days ago.") for n in range(8)]
    assert all("Ada" in each and "sister" not in each for each in told)
    assert sum("?" not in each for each in told) >= 4


def test_a_host_that_is_told_to_be_quiet_is() -> None:
    """After "be quiet" nothing is answered by patience until the host is called again."""
    room = Room("Ada", "Ben")
    assert room.say("Ada", "Doctor, be quiet please.")
    room.say("Ben", "What do we do now?")
    assert room.host.wants_answer_at(room.state) is None
    assert room.say("Ben", "Doctor, I feel lost.")
    room.say("Ben", "What do we do now?")
    assert room.host.wants_answer_at(room.state) is not None


def test_a_member_of_the_hosts_name_is_a_member() -> None:
    """Where somebody called Doc is here, a line to Doc is theirs."""
    room = Room("Ada", "Doc")
    assert room.say("Ada", "Doc, how are you?") == ""
    assert room.say("Ada", "Doctor, are you there?") != ""


# --- who said what --------------------------------------------------------------------------------


def test_what_two_members_share_is_taken_up() -> None:
    """A line like an earlier one of another member is answered with it, in that one's words."""
    room = Room("Ada", "Ben")
    earlier = "I eat lunch alone every day since I moved."
    room.say("Ada", earlier)
    for line in ("Where do you work?", "I work in a lab.", "My lab is new.", "It has no windows."):
        room.say("Ben" if line.endswith("?") else "Ada", line)
    room.say("Ben", "At my school I eat lunch in the car.")
    said = room.wait(2 * PATIENCE)
    assert f"\u2018{earlier}\u2019" in said
    assert "Ada" in said
    assert "Ben" in said


def test_a_name_in_common_is_nothing_in_common() -> None:
    """Who is spoken to is no matter that two lines share, and a greeting is not said again."""
    room = Room("Ada", "Ben")
    room.say("Ben", "Hello, I am Ben and I drive an ambulance.")
    for number in range(5):
        room.say("Ada", f"Number {number} of the weekends that I had is near.")
    room.say("Ada", "I know that Ben had a hard weekend.")
    assert "ambulance" not in room.wait(2 * PATIENCE)
    for number in range(8):
        room.say("Ada", f"Week {number} is over.")
    room.say("Ada", "An ambulance woke me up at four and I cried.")
    assert "\u2018I am Ben and I drive an ambulance.\u2019" in room.wait(2 * PATIENCE)


def test_a_member_tells_who_they_are_first() -> None:
    """Nobody is asked what they think of somebody's first line."""
    room = Room("Ada", "Ben", "Cleo")
    line = "I teach maths to children who would rather be somewhere else."
    answers = []
    for _ in range(2):
        room.say("Ada", line)
        answers.append(room.wait(2 * PATIENCE))
    assert answers[0] == ""
    assert line in answers[1]


def test_what_was_missed_is_what_tells_something() -> None:
    """A member's newest line that tells something is repeated, not their "lol thanks"."""
    room = Room("Ada", "Ben")
    room.say("Ben", "I stay because of the money.")
    room.say("Ben", "lol thanks")
    said = room.say("Ada", "Doctor, can you sum up?")
    assert "I stay because of the money." in said
    assert "lol" not in said


def test_who_is_walked_past_is_quoted_after_a_complaint() -> None:
    """A complaint that names a member and what they said gets their words."""
    room = Room("Ada", "Ben")
    told = "I bake her a loaf of bread every Friday at six."
    room.say("Ben", f"No, she does not know. {told} Doctor, what would you do?")
    assert told in room.say(
        "Ada", "Doctor, no. You went past Ben to talk of trains. He told us of bread."
    )


def test_a_host_that_steps_back_comes_forward_again() -> None:
    """Told twice that it was wrong it says nothing unasked for ten lines, and then it does."""
    room = Room("Ada", "Ben")
    for _ in range(2):
        room.say("Ada", "Doctor, that was nonsense.")
    assert room.state.listens
    room.say("Ben", "I cannot sleep since the summer, and I am afraid of the nights.")
    assert room.wait(4 * PATIENCE) == ""
    for number in range(10):
        room.say("Ada", f"We see trains, {number} and more.")
    room.say("Ben", "I cannot sleep since the winter, and I am afraid of the mornings.")
    assert room.wait(4 * PATIENCE)


def test_who_has_not_spoken_yet() -> None:
    """Asked for what a member said who is here and has said nothing, the host says just that."""
    room = Room("Ada", "Ben")
    said = room.say("Ada", "Doctor, Ben came in with me. Has he said anything, or did I miss it?")
    assert "Ben" in said
    assert "yet" in said


def test_nobody_is_asked_after_they_said_good_night() -> None:
    """A question is put to those who have not taken their leave."""
    room = Room("Ada", "Ben", "Cleo")
    room.say("Ben", "I go to bed now. Good night, both of you.")
    room.say("Cleo", "I stay a little.")
    said = room.say("Ada", "Doctor, how do I get used to the noise of the new street?")
    assert "Cleo" in said
    assert "Ben" not in said


def test_nobody_is_quoted_twice() -> None:
    """A line that was taken up once unasked is not taken up again."""
    room = Room("Ada", "Ben")
    earlier = "I eat lunch alone every day since I moved."
    room.say("Ada", earlier)
    told = []
    for line in ("I had my lunch at the window.", "Today I eat lunch late.", "My lunch is cold."):
        for number in range(18):
            room.say("Ada", f"We see trains, {number} and more.")
        room.say("Ben", f"{line} Nobody asks me, and I cry.")
        told.append(room.wait(2 * PATIENCE))
    assert all(told)
    assert sum(earlier in each for each in told) == 1


# --- repetition -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["shipped", "1966"])
def test_nothing_is_said_twice(name: str) -> None:
    """In sixty lines of three people the host never says the same thing again."""
    room = Room("Ada", "Ben", "Cleo", host=HOSTS[name])
    told = []
    for number, line in enumerate(varied_lines()[:60]):
        call = "" if number % 10 else "Doctor, "
        told += [room.say(("Ada", "Ben", "Cleo")[number % 4 % 3], call + line), room.wait()]
    told = [each for each in told if each]
    assert len(told) > 10
    if name == "shipped":
        assert len(set(told)) == len(told)


# --- determinism ----------------------------------------------------------------------------------

LINES: Final = (
    "Hello everybody.",
    "I eat lunch alone every day since I moved.",
    "Doctor, what do you think?",
    "Doctor, who is here?",
    "doctor be quiet",
    "I had lunch with my sister.",
    "How do you make friends here?",
    DANGER,
    "no",
    "I was joking",
    "Ben, are you here?",
    "Doctor, what did Ada say?",
    "ok",
    "I hate exams \ud800 and \u2029 lunch.",
    "x" * 3000,
    "",
)
NAMES: Final = st.sampled_from(["Ada", "Ben", "Cleo", "Doc", "Z\u00f6e \U0001f600"])
STEPS: Final = st.tuples(st.just("hear"), NAMES, st.sampled_from(LINES) | st.text(max_size=60)) | (
    st.tuples(st.sampled_from(["came", "left", "wait"]), NAMES, st.just(""))
)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(sorted(HOSTS)),
    st.lists(st.tuples(STEPS, st.floats(0, 4000), st.booleans()), max_size=30),
)
def test_a_replay_makes_the_state_of_the_live_room(
    name: str, steps: list[tuple[tuple[str, str, str], float, bool]]
) -> None:
    """Whatever happens and whenever the state is packed, transcript and state agree."""
    host = HOSTS[name]
    state = replayed = host.start()
    now, transcript = NOW, list[Exchange]()

    def record(**fields: Any) -> None:
        at = round(now * 1000) / 1000
        transcript.append(
            Exchange(len(transcript) + 1, at, 1, **{"patient": "", "doctor": "", **fields})
        )

    for (what, who, line), seconds, packs in steps:
        now += seconds
        if what == "hear":
            response = host.hear(state, who, line, now)
            said = line.encode("utf-8", "replace").decode()
            record(speaker=who, patient=said, doctor=response.reply, keyword=response.keyword)
        elif what == "wait":
            response = host.wait(state, now)
            if not response.reply:
                assert response.state == state
            else:
                record(doctor=response.reply, keyword=response.keyword)
        else:
            response = getattr(host, what)(state, who, now)
            record(speaker=who, event=what)
            if response.reply:
                record(doctor=response.reply, keyword=response.keyword)
        state = response.state
        packed = host.pack(state)
        assert len(packed) <= MAX_BYTES
        assert host.unpack(packed) == state
        if packs:
            state = host.unpack(packed)
    for exchange in transcript:
        before, replayed = replayed, host.replay(replayed, exchange)
        if exchange.doctor and exchange.keyword != WELCOME:
            assert host.explain_exchange(before, exchange).rows()[-1][0] == "reply"
    assert replayed == state


def test_many_are_not_called_by_their_names() -> None:
    """A question is handed to a few by their names, and to many at once."""
    few = Room("Ada", "Ben", "Cleo")
    for name in ("Ben", "Cleo"):
        few.say(name, "Good evening.")
    assert "Ben and Cleo" in few.say("Ada", "Doctor, what do you think?")
    many = Room(*[f"Member {number}" for number in range(9)])
    for number in range(9):
        many.say(f"Member {number}", "Good evening.")
    said = many.say("Member 1", "Doctor, what do you think?")
    assert "everybody" in said.lower()
    assert "Member 2" not in said
    assert not re.search(r"(^|[.?!] )everybody", said)


def test_a_crowd_is_counted() -> None:
    """In a room of 256 members the state stays small, and nobody is said to be alone."""
    room = Room(*[f"Member {number}" for number in range(256)])
    assert len(room.host.pack(room.state)) <= MAX_BYTES
    assert len(room.state.members) + room.state.crowd == 256
    assert "others" in room.say("Member 9", "Doctor, who is here?")
    for number in range(256):
        room.take(room.host.left(room.state, f"Member {number}", room.now))
    assert room.state.crowd == 0
    assert room.state.others("") == []
