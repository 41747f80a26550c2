"""Notices: what one end tells between replies, the other reads, and what a client skips."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from doctor.protocol import Notice, Reply, ReplyReader, answers_nothing, codes, notices

_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=200)
_NOTICES = st.builds(
    Notice,
    st.sampled_from([kind.code for kind in notices.NOTICES]),
    conversation=_TEXT,
    number=st.integers(0, 2**63 - 1),
    time=_TEXT,
    kind=st.sampled_from([notices.PATIENT, notices.DOCTOR, notices.PERSON, notices.EVENT]),
    name=_TEXT,
    mark=st.sampled_from(["", "care"]),
    text=st.one_of(_TEXT, _TEXT.map(lambda text: text * 200)),
)
_SAID = Notice(notices.SAID, "", 3, "2026-11-30T19:20:18.123+00:00", "person", "Maria", "", "Hi")


def test_codes_are_unique_named_and_no_replies() -> None:
    """Each code has one name, is a module constant, and is no code of a reply."""
    numbers = [kind.code for kind in notices.NOTICES]
    assert len(set(numbers)) == len(numbers) == len({kind.name for kind in notices.NOTICES})
    assert all(getattr(notices, kind.name) == kind.code for kind in notices.NOTICES)
    assert all(map(answers_nothing, numbers))
    assert not any(answers_nothing(kind.code) for kind in codes.REPLIES)


@given(st.lists(_NOTICES, max_size=5), st.lists(st.integers(1, 5000), max_size=20))
def test_notices_survive_any_cut(said: list[Notice], sizes: list[int]) -> None:
    """A notice of any length arrives as it was, alone or among others, however bytes are cut."""
    data, reader, found = b"".join(map(Notice.encode, said)), ReplyReader(), []
    for size in [*sizes, len(data)]:
        found += reader.feed(data[:size])
        data = data[size:]
    assert [Notice.read(reply) for reply in found] == said


@given(_NOTICES, st.lists(_TEXT, max_size=3))
def test_more_fields_are_ignored(said: Notice, more: list[str]) -> None:
    """A row of a later server, with fields at its end, is read as far as it is known."""
    (reply,) = ReplyReader().feed(said.encode())
    assert Notice.read(reply._replace(rows=((*reply.rows[0], *more),))) == said


@given(_NOTICES)
def test_a_notice_that_fits_is_one_line(said: Notice) -> None:
    """A program that reads lines sees a notice as one, with a space after the code."""
    data = said.encode()
    if len(data) < 4000:
        assert data.count(b"\n") == 1
        assert data[3:4] == b" "
    assert data.splitlines()[-1][3:4] == b" "


@given(
    st.integers(100, 999),
    st.lists(st.lists(st.one_of(_TEXT, st.just("1")), min_size=1, max_size=9).map(tuple)),
)
def test_what_is_no_notice_is_none(code: int, rows: list[tuple[str, ...]]) -> None:
    """A code, a number or a row that makes no notice is skipped and no error."""
    found = Notice.read(Reply(code, "", tuple(rows)))
    if found is not None:
        assert found.code == code
        assert len(rows[0]) >= 7
        assert int(rows[0][1]) == found.number


def test_a_number_that_is_none() -> None:
    """What is not written as a whole number is no notice."""
    (reply,) = ReplyReader().feed(_SAID.encode())
    for number in ("", "x", "-1", "1.0", "\u0661", "1" * 20):
        row = (reply.rows[0][0], number, *reply.rows[0][2:])
        assert Notice.read(Reply(notices.SAID, "", (row,))) is None


def test_a_client_of_three_lines_skips_notices() -> None:
    """The lines that docs/protocol.md gives read the answer behind notices and unknown codes."""
    sent = _SAID.encode() + b"199 something new\n" + b"250 Go on.\n"
    file = io.TextIOWrapper(io.BytesIO(sent), encoding="utf-8")
    line = file.readline()
    while line.startswith("1"):
        line = file.readline()
    assert line == "250 Go on.\n"
