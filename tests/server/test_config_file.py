"""Settings in a file: what wins over what, and what is wrong in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.errors import BadSetting
from doctor.server import startup
from doctor.server.config_file import read_file
from doctor.server.options import OPTIONS
from tests.support.programs import clean, run

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = [option.key for option in OPTIONS]


def test_the_order_is_command_line_environment_file_default(tmp_path: Path) -> None:
    """Each place wins over those behind it, and what a file says counts as given."""
    file = tmp_path / "doctor.toml"
    file.write_text('port = 1\nidle-time = 2.5\nhost = "::1"\nlog-text = true\n'
                    'proxy-from = ["192.0.2.1", "2001:db8::/32"]\n')  # fmt: skip
    given = startup.parser().parse_args(["--port", "3"])
    environment = {"DOCTOR_CONFIG": str(file), "DOCTOR_PORT": "2", "DOCTOR_IDLE_TIME": "7"}
    found = startup.read_settings(given, environment)
    assert (found.port, found.idle_time, found.host, found.log_text) == (3, 7.0, "::1", True)
    assert found.proxy_from == "192.0.2.1,2001:db8::/32"
    assert found.given == {"port", "idle_time", "host", "log_text", "proxy_from"}
    assert found.stop_time == 10.0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("idel-time = 1", "there is no setting 'idel-time'; did you mean idle-time?"),
        ("idle_time = 1", "did you mean idle-time?"),
        ("port = 70000", "--config: port: 70000 is not from 0 to 65535"),
        ("port = 5001.5", "is not a whole number"),
        ("port =", "not TOML"),
        ("[limits]\nport = 1", "there is no setting 'limits'"),
        ("host = [1]", "neither text, a number"),
        ("host = 2026-01-01", "neither text, a number"),
        ("port = 1\nport = 2", "not TOML"),
        (f"port = {'1' * 5000}", "not TOML"),
        (f"port = 0x{'1' * 5000}", "the number is too long"),
        ('script = "a\\u0000b"', "a control character"),
        ('log = "a\\nb"', "a control character"),
        ('proxy-from = ["\\u001b"]', "a control character"),
        ("port = " + "[" * 60_000, "not TOML"),
        (".".join("a" * 100_000) + " = 1", "more than 65536 bytes"),
    ],
)
def test_a_fault_is_one_sentence(tmp_path: Path, text: str, why: str) -> None:
    """A key that is no setting, a value that is not allowed and a broken file are named."""
    file = tmp_path / "doctor.toml"
    file.write_text(text)
    ran = run("server.py", "--config", file, "--check-config")
    assert ran.status == 2
    assert clean(ran), ran.err
    assert why in ran.err


#: Values of every kind that TOML has, long and nested ones too.
_TEXTS = st.text(max_size=20).map(
    lambda text: '"' + "".join(f"\\U{ord(c):08X}" for c in text) + '"'
)
_NUMBERS = st.integers(min_value=1, max_value=10**6000 - 1).map(hex) | st.integers().map(str)
_ODD = st.sampled_from(
    ["inf", "-nan", "1e999", "2026-11-30", "07:00:00", "9" * 4301, "{}", "{a=1}"]
)
_VALUES = (
    _TEXTS | _NUMBERS | _ODD | st.lists(_TEXTS, max_size=3).map(lambda many: f"[{','.join(many)}]")
)
_LINES = st.tuples(st.sampled_from(_NAMES), _VALUES).map(lambda pair: " = ".join(pair).encode())


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode()) | _LINES)
def test_hostile_files_are_settings_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    """Whatever a file holds, it is a table of texts or a `BadSetting`."""
    file = tmp_path_factory.getbasetemp() / "hostile.toml"
    file.write_bytes(data)
    try:
        found = read_file(file, _NAMES)
    except BadSetting:
        return
    assert set(found) <= set(_NAMES)
    assert all(value.isprintable() for value in found.values())


def test_no_file_and_no_regular_file_are_refused(tmp_path: Path) -> None:
    """A file that is not there and a directory in its place are named."""
    for place in (tmp_path / "none.toml", tmp_path):
        ran = run("server.py", "--check-config", "--config", place)
        assert ran.status == 2
        assert clean(ran)
        assert str(place) in ran.err


def test_a_check_changes_nothing(tmp_path: Path) -> None:
    """What can be used is said, with what was given; no directory is made, no port is needed."""
    file = tmp_path / "doctor.toml"
    file.write_text(f'patients = "{tmp_path}/p"\nscript = "1966"\n')
    ran = run("server.py", "--config", file, "--check-config")
    assert (ran.status, ran.err) == (0, "")
    assert "These settings can be used" in ran.out
    assert f"patients: {tmp_path}/p" in ran.out
    assert not (tmp_path / "p").exists()
    file.write_text('tls-cert = "nowhere.pem"\n')
    ran = run("server.py", "--config", file, "--check-config")
    assert ran.status == 2
    assert clean(ran)
