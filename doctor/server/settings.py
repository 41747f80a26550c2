"""Everything an operator may set, each declared once: default, unit, reason, reply code.

A setting is a `Row` of `Settings`. It makes the option of the command line (`idle_time` is
`--idle-time`), the environment variable (`DOCTOR_IDLE_TIME`), the help, the table in
docs/operating.md and the checks of its value; nothing about it is said in another place. What the
command line gives wins over the environment, and that over the default. Every limit is finite by
default, and what happens past it is in its reason. A reply code in a row is what a client past the
limit hears; where there is none, it hears nothing and waits.

`Settings` is frozen and may be read from any thread. This module reads nothing but what it is
handed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, Never, TypeVar, overload

from doctor.errors import BadSetting
from doctor.paths import default_patients
from doctor.protocol import CLIENT_LINE, PORT, codes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

#: What an environment variable of a setting begins with.
PREFIX: Final = "DOCTOR_"

Value = TypeVar("Value")


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise BadSetting(f"{text!r} is not a whole number") from None
        if not lowest <= number <= highest:
            raise BadSetting(f"{number} is not from {lowest} to {highest}")
        return number

    return read


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise BadSetting(f"{text!r} is not a number of seconds") from None
    if not 0 < number <= 366 * 24 * 3600:  # not-a-number fails here too
        raise BadSetting(f"{text} seconds: say more than 0 and at most a year")
    return number


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise BadSetting(f"{text!r} is none of {', '.join(words)}")
        return text

    return read


def _cpu(text: str) -> str:
    if text not in {"auto", "none"} and not text.isdecimal():
        raise BadSetting(f"{text!r} is neither auto, none nor the number of a processor")
    return text


def _text(text: str) -> str:
    if not text:
        raise BadSetting("it is empty")
    return text


def _path(text: str) -> Path:
    return Path(_text(text))


def _switch(text: str) -> bool:
    if text.lower() in {"1", "yes", "true", "on"}:
        return True
    if text.lower() in {"0", "no", "false", "off"}:
        return False
    raise BadSetting(f"{text!r} is neither yes nor no")


class Row(Generic[Value]):
    """What is known about one setting. On `Settings` it is the row, on an instance its value."""

    def __init__(
        self,
        default: Value,
        read: Callable[[str], Value],
        reason: str,
        unit: str = "",
        code: int = 0,
    ) -> None:
        self.name = ""
        self.default = default
        self.read = read
        self.reason = reason
        self.unit = unit
        self.code = code

    def __set_name__(self, of: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, settings: None, of: type) -> Row[Value]: ...

    @overload
    def __get__(self, settings: Settings, of: type) -> Value: ...

    def __get__(self, settings: Settings | None, of: type) -> Row[Value] | Value:
        # An instance holds all its values itself, so that this is asked for the row alone.
        return self if settings is None else self.default

    @property
    def option(self) -> str:
        """Its option of the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return PREFIX + self.name.upper()


class Settings:
    """One server's settings; each row: default, how its text is read, reason, unit, reply code."""

    given: frozenset[str]

    host = Row("127.0.0.1", _text, "this machine alone; an address, IPv6 too, or a name", "address")
    port = Row(PORT, _whole(0, 65535), "0 takes one that is free", "port")
    patients = Row(
        default_patients(), _path, "where histories are kept; one server to a directory", "dir"
    )
    script: Row[Path | None] = Row(None, _path, "the doctor's words; the one that ships", "file")
    helplines: Row[Path | None] = Row(
        None, _path, "where people in danger are sent; the list that ships", "file"
    )
    passphrases = Row(
        "optional",
        _one_of("optional", "required", "off"),
        "whether a patient may, must or cannot lock a history; a lock once set always holds",
        "optional|required|off",
    )
    tls_cert: Row[Path | None] = Row(
        None, _path, "certificate chain (PEM); with it TLS alone", "file"
    )
    tls_key: Row[Path | None] = Row(None, _path, "its key, if not in the same file", "file")

    connections = Row(
        16_000,
        _whole(1, 1_000_000),
        "one thread and about 30 KiB each; fewer where the system allows fewer descriptors",
        "connections",
        codes.CLOSING,
    )
    address_connections = Row(
        100,
        _whole(1, 1_000_000),
        "a class behind one address fits, one host cannot take all; loopback only if set",
        "connections",
        codes.CLOSING,
    )
    address_rate = Row(
        50,
        _whole(1, 1_000_000),
        "new connections of one address; guessing is slow, a class is not; loopback only if set",
        "per second",
        codes.CLOSING,
    )
    newcomers = Row(
        1000,
        _whole(1, 1_000_000),
        "let in of all addresses, two seconds' worth at once; others a little later: who talks "
        "already comes first",
        "per second",
    )
    line_length = Row(
        CLIENT_LINE,
        _whole(64, CLIENT_LINE),
        "one line of a client with its ending; the memory that a line may take",
        "bytes",
        codes.BAD_LINE,
    )
    name_time = Row(
        60.0,
        _seconds,
        "from connecting to an open session, the server's own time not counted",
        "seconds",
        codes.CLOSING,
    )
    handshake_time = Row(
        10.0, _seconds, "a TLS handshake, in the thread of the connection", "seconds"
    )
    idle_time = Row(
        7200.0,
        _seconds,
        "between two lines; a forgotten window leaves then",
        "seconds",
        codes.CLOSING,
    )
    slow_reader_time = Row(
        10.0,
        _seconds,
        "a reply that the client does not take by then ends the connection",
        "seconds",
    )
    name_tries = Row(
        3,
        _whole(1, 1000),
        "names that cannot be used, lines that are none too",
        "tries",
        codes.BAD_NAME,
    )
    passphrase_tries = Row(
        3,
        _whole(1, 1000),
        "wrong passphrases on one connection; each is logged",
        "tries",
        codes.WRONG_PASSPHRASE,
    )
    passphrase_checks = Row(
        2, _whole(1, 64), "passphrase checks at once, near 100 ms and 32 MiB each", "checks"
    )
    passphrase_pause = Row(
        3.0,
        _seconds,
        "longest pause before a guess at a name, over all connections; grows with wrong ones",
        "seconds",
    )
    passphrase_memory = Row(
        600.0,
        _seconds,
        "without a wrong one, until the pauses of a name end; the right one ends them too",
        "seconds",
    )
    passphrase_wait = Row(
        60.0,
        _seconds,
        "a guess that has not had its turn by then; others guess at the same name",
        "seconds",
        codes.CLOSING,
    )
    address_guesses = Row(
        60,
        _whole(1, 1_000_000),
        "wrong passphrases of one address; a class mistypes less; loopback only if set",
        "per minute",
        codes.CLOSING,
    )
    line_rate = Row(
        10_000,
        _whole(1, 1_000_000),
        "lines of one patient; what comes faster is read later; programs may be quick",
        "per second",
    )
    costly_share = Row(
        5,
        _whole(1, 100),
        "of a processor, for one patient's commands and long lines; what takes more is read later",
        "percent",
    )
    history_length = Row(
        1000, _whole(1, 1_000_000), "longest history sent at once; `BEFORE` pages", "exchanges"
    )
    machine_steps = Row(
        1000, _whole(10, 10_000_000), "links a script may follow for one reply", "steps"
    )
    stop_time = Row(
        10.0,
        _seconds,
        "a stop is over by then; histories are folded in its first quarter",
        "seconds",
    )
    backlog = Row(
        4096, _whole(1, 65535), "newcomers that the system holds for us in a rush", "connections"
    )
    send_buffer = Row(
        65_536, _whole(4096, 16_777_216), "what the system keeps for a slow reader", "bytes"
    )

    cpu = Row(
        "auto",
        _cpu,
        "threads on one processor hand the interpreter on faster; auto does so under load",
        "auto|none|N",
    )
    switch_interval = Row(
        1.0, _seconds, "a waiting thread asks for the interpreter this often", "seconds"
    )
    thread_stack = Row(
        256,
        _whole(128, 65536),
        "the stack of a connection's thread; only touched pages count",
        "KiB",
    )
    metrics = Row(0, _whole(0, 65535), "port for Prometheus on this machine; 0: none", "port")
    ready_file: Row[Path | None] = Row(
        None, _path, "written when the server accepts: its host and port", "file"
    )
    log = Row("stderr", _text, "stderr, syslog or a file that lines are added to", "where")
    log_format = Row("text", _one_of("text", "json"), "one line for each event", "text|json")
    log_text = Row(
        default=False,
        read=_switch,
        reason="also log what patients say and hear; private, off unless asked for",
        unit="yes|no",
    )

    def __init__(self, *, given: frozenset[str] = frozenset(), **values: object) -> None:
        """Take values for some settings, the defaults for the others.

        `given` are those that were set by the operator rather than left alone.
        """
        unknown = values.keys() - {row.name for row in ROWS}
        if unknown:
            raise TypeError(f"no settings: {', '.join(sorted(unknown))}")
        vars(self).update({row.name: row.default for row in ROWS}, **values, given=given)

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"{name}: settings are frozen")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settings) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(frozenset(vars(self).items()))


ROWS: Final[tuple[Row[Any], ...]] = tuple(
    row for row in vars(Settings).values() if isinstance(row, Row)
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give a command line one option for each row."""
    for row in ROWS:
        shown = "" if row.default is None or row.default is False else f" (default: {row.default})"
        text = f"{row.reason}{shown}".replace("%", "%%")
        if row.default is False:
            parser.add_argument(row.option, action="store_const", const="yes", help=text)
        else:
            words = row.unit if "|" in row.unit else row.unit.upper().replace(" ", "-")
            parser.add_argument(row.option, metavar=words, help=text)


def from_options(options: argparse.Namespace, environment: Mapping[str, str]) -> Settings:
    """Make settings of a parsed command line and an environment.

    Raises `BadSetting`, which names the option or variable and says what it may be.
    """
    values: dict[str, Any] = {}
    for row in ROWS:
        text, where = getattr(options, row.name, None), row.option
        if text is None:
            text, where = environment.get(row.variable), row.variable
        if text is None:
            continue
        try:
            values[row.name] = row.read(text)
        except BadSetting as error:
            raise BadSetting(f"{where}: {error}") from None
    if values.get("tls_key") and not values.get("tls_cert"):
        raise BadSetting("--tls-key: a key without --tls-cert protects nothing")
    return Settings(**values, given=frozenset(values))


def unknown(environment: Mapping[str, str]) -> list[str]:
    """Name the variables that begin like a setting and are none; likely slips of the pen."""
    known = {row.variable for row in ROWS} | {"DOCTOR_CLIENT_CONFIG"}  # that one is the client's
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)


def table() -> str:
    """Return the rows as the table of docs/operating.md."""
    lines = ["| option | default | unit | past it | why |", "| --- | --- | --- | --- | --- |"]
    for row in ROWS:
        default = "`patients/`" if row.name == "patients" else row.default
        shown = "none" if default is None else default or "no"
        code = f"`{row.code}`" if row.code else ""
        unit = row.unit.replace("|", ", ")
        lines.append(f"| `{row.option}` | {shown} | {unit} | {code} | {row.reason} |")
    return "\n".join(lines)
