"""Define the tables, in numbered `STEPS`; each is applied once, in its own transaction.

    doctor_schema    which steps were applied
    scripts          whoever answered: name and fingerprint
    patients         one row for each history: everything but what was said
    exchanges        one row for each exchange; one that is taken back loses its texts. It may be
                     made of partitions, see `step`
    servers          each start of a server, so that a server recognises its own exchanges
    guesses          wrong guesses at passphrases, counted over all servers
    room_members     who is in which room on which server now (version 2)
    readers          who reads along at which server now (version 3)

    patients.key        `names.key` of the name. Collation "C" never changes; citext and ICU do.
    patients.id         never used twice, so a server that still holds a forgotten history fails
    patients.birth      a random number of 64 bits, which a file has too; as a signed number
    patients.version    rises with every change but an exchange: passphrase, name, fence
    patients.last       number of the last exchange; a new one must follow it

`exchanges` has no foreign key: storing an exchange proves that the patient exists, and the key
would cost a quarter of the throughput. `last_at` has no index: it would end HOT updates.

A step may add only what the program before can live with, so that servers are changed one by one.
"""

from __future__ import annotations

from typing import Final

#: What a new step is noted with, and what keeps two programs from applying it at once.
ADVISORY_LOCK: Final = 0x646F63746F72

_FIRST: Final = """
create table doctor_schema (
    version integer primary key,
    applied timestamptz not null default now(),
    program text not null
);

create table scripts (
    id integer generated always as identity primary key,
    name text not null,
    fingerprint text not null,
    unique (fingerprint, name)
);

create table patients (
    id bigint generated always as identity primary key,
    key text collate "C" not null unique,
    name text not null,
    kind smallint not null default 0,
    birth bigint not null default 0,
    lock bytea,
    locked boolean generated always as (lock is not null) stored,
    version bigint not null default 0,
    last bigint not null default 0,
    exchanges bigint not null default 0,
    sessions bigint not null default 0,
    first_at timestamptz,
    last_at timestamptz,
    marked bigint not null default 0,
    last_marked timestamptz,
    script integer references scripts,
    state bytea not null default '',
    state_number bigint not null default 0
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
alter table patients alter column state set storage main;

create table exchanges (
    patient bigint not null,
    number bigint not null,
    session bigint not null,
    script integer not null,
    server integer not null,
    at timestamptz not null,
    line text not null,
    reply text not null,
    keyword text not null,
    mark text not null,
    speaker text not null default '',
    responder text not null default '',
    event text not null default '',
    primary key (patient, number)
)/* PARTITIONED */;
create index exchanges_at on exchanges using brin (at);

create table servers (
    id integer generated always as identity primary key,
    host text not null,
    pid integer not null,
    since timestamptz not null default now()
);

create unlogged table guesses (
    key text collate "C" primary key,
    wrong integer not null,
    next timestamptz not null
);
"""

_MEMBERS_TABLE: Final = """
create unlogged table room_members (
    room text collate "C" not null,
    member text collate "C" not null,
    server integer not null,
    name text not null,
    since timestamptz not null default now(),
    primary key (room, member, server)
);
"""

_READERS_TABLE: Final = """
create unlogged table readers (
    server integer not null,
    number bigint not null,
    patient text collate "C" not null,
    person text not null,
    since timestamptz not null,
    marked boolean not null,
    attends boolean not null,
    announced boolean not null,
    holds boolean not null,
    primary key (server, number)
);
"""

#: Who may store exchanges may use a new table.
_GRANT: Final = """
do $$
declare role text;
begin
    for role in
        select case when rights.grantee = 0 then 'public' else rights.grantee::regrole::text end
        from pg_class c, aclexplode(c.relacl) rights
        where c.oid = 'exchanges'::regclass and rights.privilege_type = 'INSERT'
          and rights.grantee <> c.relowner
    loop
        execute 'grant select, insert, update, delete on {} to ' || role;
    end loop;
end $$;
"""

#: Step n makes version n of version n - 1.
STEPS: Final = (
    _FIRST,
    _MEMBERS_TABLE + _GRANT.format("room_members"),
    _READERS_TABLE + _GRANT.format("readers"),
)
VERSION: Final = len(STEPS)


def step(version: int, partitions: int = 0) -> str:
    """Return the step that makes this version, with so many partitions of `exchanges`.

    They are for very many exchanges: each partition is vacuumed, and its index kept in memory, by
    itself. Storing an exchange takes longer.
    """
    if version > 1:
        return STEPS[version - 1]
    by_hash = " partition by hash (patient)" if partitions else ""
    parts = [
        f"create table exchanges_{n} partition of exchanges "
        f"for values with (modulus {partitions}, remainder {n});"
        for n in range(partitions)
    ]
    return "\n".join([_FIRST.replace("/* PARTITIONED */", by_hash), *parts])


#: What a server may do, and nothing else: it cannot make, change or empty a table.
SERVER_RIGHTS: Final = (
    """
    grant select, insert, update, delete
    on scripts, patients, exchanges, servers, guesses, room_members, readers to {}
    """,
    "grant select on doctor_schema to {}",
)
#: What a reader may see: neither passphrase records nor the machine's state.
READER_RIGHTS: Final = (
    "grant select on doctor_schema, scripts, exchanges to {}",
    """
    grant select (id, key, name, kind, birth, locked, version, last, exchanges, sessions, first_at,
                  last_at, marked, last_marked, script) on patients to {}
    """,
)
