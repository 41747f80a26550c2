"""The statements by which exchanges are stored, as text; and what they take.

A commit is one statement for a whole batch, which PostgreSQL commits by itself:

    SAY       compare-and-swap on the patients' rows, and the exchanges of those whose row was as
              expected. Who is not returned has lost a race.
    SAY_ONE   the same for a single patient, without arrays
    BEGIN     first exchanges: the patients' rows are made. Who is not returned: another server
              made a row of that name first.

Under READ COMMITTED an update waits for a row that another server is committing and looks at the
condition again afterwards; that is all the isolation they need. The rows of a batch are sorted by
patient, so that two servers lock them in one order.

A state is stored now and then, as in files; null leaves the one that is there. A state may have
several KiB, and storing it took PostgreSQL longer than all the rest of an exchange.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from doctor.patients.postgresql.arrays import (
    BYTEA,
    BYTEAS,
    INT4,
    INT4S,
    INT8,
    INT8S,
    MOMENT,
    MOMENTS,
    TEXT,
    TEXTS,
)


class Statement(NamedTuple):
    """A statement that a connection prepares when it first needs it."""

    name: bytes
    sql: bytes
    kinds: tuple[int, ...]  #: of its parameters


SAY: Final = Statement(
    b"say",
    b"""
    with said as materialized (
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            as s(patient, version, number, session, script, at, line, reply, keyword, mark,
                 speaker, responder, event, state)
    ), won as (
        update patients p
        set last = s.number, exchanges = p.exchanges + 1,
            sessions = greatest(p.sessions, s.session),
            first_at = coalesce(p.first_at, s.at), last_at = s.at,
            marked = p.marked + (s.mark <> '')::integer,
            last_marked = case when s.mark <> '' then s.at else p.last_marked end,
            script = case when s.state is null then p.script else s.script end,
            state = coalesce(s.state, p.state),
            state_number = case when s.state is null then p.state_number else s.number end
        from said s
        where p.id = s.patient and p.last = s.number - 1 and p.version = s.version
        returning s.patient, s.number, s.session, s.script, s.at, s.line, s.reply, s.keyword,
                  s.mark, s.speaker, s.responder, s.event
    )
    insert into exchanges
        (patient, number, session, script, server, at, line, reply, keyword, mark,
         speaker, responder, event)
    select s.patient, s.number, s.session, s.script, $15, s.at, s.line, s.reply, s.keyword, s.mark,
           s.speaker, s.responder, s.event
    from won s
    returning patient
    """,
    (INT8S, INT8S, INT8S, INT8S, INT4S, MOMENTS, *(TEXTS,) * 7, BYTEAS, INT4),
)

SAY_ONE: Final = Statement(
    b"say_one",
    b"""
    with won as (
        update patients
        set last = $3, exchanges = exchanges + 1, sessions = greatest(sessions, $4),
            first_at = coalesce(first_at, $6), last_at = $6,
            marked = marked + ($10 <> '')::integer,
            last_marked = case when $10 <> '' then $6 else last_marked end,
            script = case when $14 is null then script else $5 end,
            state = coalesce($14, state),
            state_number = case when $14 is null then state_number else $3 end
        where id = $1 and last = $3 - 1 and version = $2
        returning id
    )
    insert into exchanges
        (patient, number, session, script, server, at, line, reply, keyword, mark,
         speaker, responder, event)
    select id, $3, $4, $5, $15, $6, $7, $8, $9, $10, $11, $12, $13 from won
    returning patient
    """,
    (INT8, INT8, INT8, INT8, INT4, MOMENT, *(TEXT,) * 7, BYTEA, INT4),
)

BEGIN: Final = Statement(
    b"begin",
    b"""
    with said as materialized (
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            as s(key, name, kind, birth, number, session, script, at, line, reply, keyword, mark,
                 speaker, responder, event, state)
    ), begun as (
        insert into patients
            (key, name, kind, birth, last, exchanges, sessions, first_at, last_at, marked,
             last_marked, script, state, state_number)
        select key, name, kind, birth, number, 1, session, at, at, (mark <> '')::integer,
               case when mark <> '' then at end, script, state, number
        from said order by key collate "C"
        on conflict (key) do nothing
        returning id, key
    ), stored as (
        insert into exchanges
            (patient, number, session, script, server, at, line, reply, keyword, mark,
         speaker, responder, event)
        select b.id, s.number, s.session, s.script, $17, s.at, s.line, s.reply, s.keyword, s.mark,
               s.speaker, s.responder, s.event
        from said s join begun b on b.key = s.key
    )
    select id, key from begun
    """,
    (TEXTS, TEXTS, INT4S, INT8S, INT8S, INT8S, INT4S, MOMENTS, *(TEXTS,) * 7, BYTEAS, INT4),
)

#: After an unknown outcome: nothing that was sent with the old version can be stored any more once
#: this is committed. It waits for whoever still holds a row.
FENCE: Final = """
    update patients p set version = p.version + 1
    from unnest(%s::bigint[], %s::bigint[]) as s(patient, version)
    where p.id = s.patient and p.version = s.version
    returning p.id, p.version
"""
#: A commit that writes nothing waits for no standby, and a fence may find nothing to raise. This
#: one writes, so it waits until a standby has all that was committed before it.
CATCH_UP: Final = "update servers set since = since where id = %s"
#: Then, as a statement of its own: another statement's snapshot could be older than that.
FIND: Final = """
    select e.patient, e.server, e.at
    from unnest(%s::bigint[], %s::bigint[]) as s(patient, number)
    join exchanges e on e.patient = s.patient and e.number = s.number
"""
FIND_FIRST: Final = """
    select p.key, p.id, p.version, e.server, e.at
    from patients p join exchanges e on e.patient = p.id and e.number = 1
    where p.key = any(%s)
"""

#: A patient's row. The lock makes it wait for a commit that another server has not finished: the
#: number that a greeting shows must be the last word. No other table is joined: of that one it
#: would return the row that belonged to the patient's row before it waited.
HEAD: Final = """
    select p.id, p.name, p.lock, p.version, p.last, p.exchanges, p.sessions, p.first_at, p.last_at,
           p.marked, p.last_marked, p.script, p.state, p.state_number, p.birth, p.kind
    from patients p
    where p.key = %s
    for no key update
"""
#: Exchanges of one patient, the newest first.
PAGE: Final = """
    select number, at, session, line, reply, keyword, mark, speaker, responder, event
    from exchanges where patient = %s and number < %s order by number desc limit %s
"""
#: What is said in them, and nothing else.
SAID: Final = """
    select number, line || E'\\n' || reply
    from exchanges where patient = %s and number < %s order by number desc limit %s
"""
#: All of them, the oldest first.
SINCE: Final = """
    select number, at, session, line, reply, keyword, mark, speaker, responder, event
    from exchanges where patient = %s and number > %s order by number limit %s
"""
