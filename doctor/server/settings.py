"""Everything an operator may set: `Settings`, with one row for each setting.

A row has the default, the kind of value, the group, one plain sentence for people, and the reply
code that a client hears past the limit (0: it hears nothing and waits). `doctor.server.options`
makes of the rows the command line, the environment variables, the help and the tables in
docs/operating.md; nothing about a setting is said in another place. Every limit is finite by
default.

`Settings` is frozen and may be read from any thread. This module reads no file and no environment.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - the dataclass names it when it is made

from doctor.paths import default_patients
from doctor.protocol import CLIENT_LINE, PORT, codes
from doctor.server.alert_settings import AlertSettings
from doctor.server.changing.settings import ChangeSettings
from doctor.server.database.settings import DatabaseSettings
from doctor.server.rooms.settings import RoomSettings
from doctor.server.values import (
    CPU,
    FILE,
    HISTORIES,
    LOG,
    NETWORKS,
    POWER_OF_TWO,
    SCRIPT,
    SECONDS,
    SECONDS_OR_NONE,
    YES_OR_NO,
    Group,
    one_of,
    setting,
    text,
    whole,
)


@dataclass(frozen=True)
class Settings(RoomSettings, AlertSettings, ChangeSettings, DatabaseSettings):
    """One server's settings; `given` names those that the operator set."""

    given: frozenset[str] = frozenset()

    # --- listening ---
    host: str = setting(
        "127.0.0.1",
        text("address"),
        Group.LISTENING,
        "Listen on this address or name, IPv4 or IPv6; the default can be reached from this "
        "machine only.",
    )
    port: int = setting(
        PORT, whole(0, 65535, "port"), Group.LISTENING, "Listen on this port; 0 takes a free one."
    )
    tls_cert: Path | None = setting(
        None, FILE, Group.LISTENING, "Speak TLS only, with the certificate chain in this PEM file."
    )
    tls_key: Path | None = setting(
        None,
        FILE,
        Group.LISTENING,
        "Read the certificate's key from this PEM file if it is not in the same one.",
    )
    proxy_from: str = setting(
        "",
        NETWORKS,
        Group.LISTENING,
        "Require a PROXY protocol header (version 2 or 1) from these networks, those of a "
        "balancer, and take the address in it for the visitor's.",
        codes.CLOSING,
    )
    ready_file: Path | None = setting(
        None,
        FILE,
        Group.LISTENING,
        "Write host and port to this file when the server accepts connections; it is removed when "
        "the server stops.",
    )

    # --- histories ---
    patients: Path | str = setting(
        default_patients(),
        HISTORIES,
        Group.HISTORIES,
        "Keep the histories in this directory, which only one server can use at a time, or in the "
        "PostgreSQL database of a URL, which several can use.",
    )
    history_length: int = setting(
        1000,
        whole(1, 1_000_000, "exchanges"),
        Group.HISTORIES,
        "Send at most this many exchanges for one `/history`; `BEFORE` gives the earlier ones.",
    )

    # --- script and care ---
    script: Path | None = setting(
        None,
        SCRIPT,
        Group.SCRIPT,
        "Play this script instead of the bundled one: a file, or a name that "
        "`python -m doctor scripts` lists.",
    )
    helplines: Path | None = setting(
        None,
        FILE,
        Group.SCRIPT,
        "Show people in danger the helplines in this file instead of the bundled list.",
    )
    machine_steps: int = setting(
        1000,
        whole(10, 10_000_000, "steps"),
        Group.SCRIPT,
        "Follow at most this many links of the script for one reply.",
    )

    # --- people who read along ---
    watching: str = setting(
        "announced",
        one_of("announced", "unannounced", "off"),
        Group.WATCHING,
        "Let the operator read along (`python -m doctor watch`) and answer (`attend`), and tell "
        "patients at once, or only at the greeting that it may happen; or let nobody.",
    )
    hold_time: float = setting(
        120.0,
        SECONDS,
        Group.WATCHING,
        "Let the doctor answer again if a person who answers in its place leaves a line unanswered "
        "this long.",
    )

    # --- passphrases ---
    passphrases: str = setting(
        "optional",
        one_of("optional", "required", "off"),
        Group.PASSPHRASES,
        "Let patients protect a history with a passphrase, require it, or turn it off; one that "
        "is set is always asked for.",
    )
    passphrase_length: int = setting(
        8,
        whole(1, 1000, "characters"),
        Group.PASSPHRASES,
        "Accept new passphrases of at least this length.",
        codes.UNCHANGED,
    )
    passphrase_tries: int = setting(
        3,
        whole(1, 1000, "tries"),
        Group.PASSPHRASES,
        "Close a connection after this many wrong passphrases.",
        codes.WRONG_PASSPHRASE,
    )
    passphrase_checks: int = setting(
        2,
        whole(1, 64, "checks"),
        Group.PASSPHRASES,
        "Check at most this many passphrases at once; one takes about 100 ms and 32 MiB.",
    )
    passphrase_pause: float = setting(
        3.0,
        SECONDS,
        Group.PASSPHRASES,
        "Pause at most this long before a check; the pause grows with the wrong passphrases given "
        "for a name, on all connections.",
    )
    passphrase_memory: float = setting(
        600.0,
        SECONDS,
        Group.PASSPHRASES,
        "End the pauses of a name after this time without a wrong passphrase; a right one ends "
        "them at once.",
    )
    passphrase_wait: float = setting(
        60.0,
        SECONDS,
        Group.PASSPHRASES,
        "Close a connection whose passphrase waits this long for its check because others try the "
        "same name.",
        codes.CLOSING,
    )
    address_guesses: int = setting(
        60,
        whole(1, 1_000_000, "per minute"),
        Group.PASSPHRASES,
        "Accept this many wrong passphrases from one address; this machine is exempt unless the "
        "option is given.",
        codes.CLOSING,
    )

    # --- limits ---
    connections: int = setting(
        16_000,
        whole(1, 1_000_000, "connections"),
        Group.LIMITS,
        "Accept this many connections at once, fewer if the system allows fewer descriptors; each "
        "takes a thread and about 30 KiB.",
        codes.CLOSING,
    )
    address_connections: int = setting(
        100,
        whole(1, 1_000_000, "connections"),
        Group.LIMITS,
        "Accept this many connections at once from one address; this machine is exempt unless the "
        "option is given.",
        codes.CLOSING,
    )
    address_rate: int = setting(
        50,
        whole(1, 1_000_000, "per second"),
        Group.LIMITS,
        "Accept this many new connections from one address; this machine is exempt unless the "
        "option is given.",
        codes.CLOSING,
    )
    address_histories: int = setting(
        120,
        whole(1, 1_000_000, "per minute"),
        Group.LIMITS,
        "Begin this many new histories from one address; this machine is exempt unless the option "
        "is given.",
        codes.NOT_SAVED,
    )
    patient_bytes: int = setting(
        64,
        whole(1, 1_000_000, "MiB per minute"),
        Group.LIMITS,
        "Let one patient write this much; more lines are read later.",
    )
    disk_reserve: int = setting(
        64,
        whole(0, 1_000_000_000, "MiB"),
        Group.LIMITS,
        "Begin no new history when less than this is free on the disk; the others go on.",
        codes.NOT_SAVED,
    )
    newcomers: int = setting(
        1000,
        whole(1, 1_000_000, "per second"),
        Group.LIMITS,
        "Accept this many new connections from all addresses; more wait, so that open sessions "
        "come first.",
    )
    line_length: int = setting(
        CLIENT_LINE,
        whole(64, CLIENT_LINE, "bytes"),
        Group.LIMITS,
        "Accept lines of at most this length, with the line end.",
        codes.BAD_LINE,
    )
    line_rate: int = setting(
        10_000,
        whole(1, 1_000_000, "per second"),
        Group.LIMITS,
        "Read this many lines of one client; more are read later.",
    )
    costly_share: int = setting(
        5,
        whole(1, 100, "percent"),
        Group.LIMITS,
        "Let one patient's commands and long lines take this share of a processor; more are read "
        "later.",
    )
    name_tries: int = setting(
        3,
        whole(1, 1000, "tries"),
        Group.LIMITS,
        "Close a connection after this many names that cannot be used.",
        codes.BAD_NAME,
    )
    name_time: float = setting(
        60.0,
        SECONDS,
        Group.LIMITS,
        "Close a connection whose session is not open after this time; the server's own work does "
        "not count.",
        codes.CLOSING,
    )
    handshake_time: float = setting(
        10.0, SECONDS, Group.LIMITS, "Close a connection whose TLS handshake takes longer."
    )
    idle_time: float = setting(
        7200.0,
        SECONDS,
        Group.LIMITS,
        "Close a session after this time without a line.",
        codes.CLOSING,
    )
    slow_reader_time: float = setting(
        10.0,
        SECONDS,
        Group.LIMITS,
        "Close a connection whose client does not read a reply in this time.",
    )
    stop_time: float = setting(
        10.0,
        SECONDS,
        Group.LIMITS,
        "Stop within this time; histories are compacted in its first quarter.",
    )

    drain_time: float = setting(
        0.0,
        SECONDS_OR_NONE,
        Group.LIMITS,
        "Before a stop, serve newcomers for this time but answer a balancer's checks that there "
        "should be none.",
    )

    # --- logging and metrics ---
    log: str = setting(
        "stderr",
        LOG,
        Group.LOGGING,
        "Write the log to standard error, to the system's log, to that of another machine (UDP; "
        "`syslog+tcp:` and `syslog+tls:` too) or to the end of a file.",
    )
    log_format: str = setting(
        "text",
        one_of("text", "json"),
        Group.LOGGING,
        "Write each event as a line of text or as a JSON object.",
    )
    log_text: bool = setting(
        default=False,
        kind=YES_OR_NO,
        group=Group.LOGGING,
        sentence="Also log what patients say and what they are answered, which is private.",
    )
    metrics: int = setting(
        0,
        whole(0, 65535, "port"),
        Group.LOGGING,
        "Serve `/metrics` to Prometheus and `/ready` to a balancer on this port; 0 serves none.",
    )
    metrics_host: str = setting(
        "127.0.0.1",
        text("address"),
        Group.LOGGING,
        "Serve metrics on this address; whoever reaches it can read them.",
    )

    # --- tuning ---
    backlog: int = setting(
        4096,
        whole(1, 65535, "connections"),
        Group.TUNING,
        "Let the system hold this many new connections that the server has not accepted yet.",
    )
    send_buffer: int = setting(
        65_536,
        whole(4096, 16_777_216, "bytes"),
        Group.TUNING,
        "Let the system hold this much for a client that does not read.",
    )
    cpu: str = setting(
        "auto",
        CPU,
        Group.TUNING,
        "Run all threads on one processor: if busy (auto), never (none), or always on processor N.",
    )
    switch_interval: float = setting(
        1.0,
        SECONDS,
        Group.TUNING,
        "Let a thread that waits for the interpreter ask for it this often.",
    )
    futex_slots: int = setting(
        4096,
        POWER_OF_TWO,
        Group.TUNING,
        "Spread waiting threads over this many slots of the kernel (a newer Linux; 0: leave it).",
    )
    thread_stack: int = setting(
        256,
        whole(128, 65536, "KiB"),
        Group.TUNING,
        "Give each thread a stack of this size; only what is used takes memory.",
    )
