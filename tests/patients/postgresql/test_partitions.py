"""The table of exchanges can be made of partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doctor.__main__ import main
from doctor.errors import StoreError
from doctor.patients.opening import open_archive, open_database, open_store
from tests.patients.contract import at_once, lines, say_all
from tests.support.fake_machine import FakeMachine
from tests.support.postgresql import Database

if TYPE_CHECKING:
    from tests.support.postgresql import Cluster


def test_exchanges_in_partitions(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    """All is stored once, read, checked and erased as in one table, and the size is counted."""
    database = Database(cluster, "test_partitions")
    database.make(4)
    try:
        said = [str(number) for number in range(10)]
        with (
            open_store(database.url, FakeMachine()) as one,
            open_store(database.url, FakeMachine()) as two,
        ):
            at_once(*(lambda n=n: say_all((one, two)[n % 2], f"P{n}", said) for n in range(12)))
            with two.open("P0") as patient:
                assert lines(patient) == said
                assert [each.number for each in patient.history(3, 6)] == [3, 4, 5]
            one.forget("P1")
        assert database.rows("select count(*) from exchanges") == [(110,)]
        assert database.rows("select count(distinct tableoid) > 1 from exchanges") == [(True,)]
        assert len(open_archive(database.url).read("P2").transcript) == 10
        assert main(["verify", "--patients", database.url]) == 0
        assert "11 sound, 0 damaged" in capsys.readouterr().out
        status = open_database(database.url).status()
        assert (status.patients, status.exchanges, status.megabytes > 0.1) == (11, 110, True)
        assert open_database(database.url).create(None, None, 4) == status.tables
        with pytest.raises(StoreError, match="partitions are chosen"):
            open_database(database.url).create(None, None, 8)
    finally:
        database.drop()


@pytest.mark.parametrize("number", ["1", "-4", "1025", "many"])
def test_a_number_that_cannot_be(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Another number of partitions is refused before anything is connected."""
    with pytest.raises(SystemExit) as caught:
        main(["database", "create", "postgresql://db/x", "--partitions", number])
    assert caught.value.code == 2
    assert "--partitions" in capsys.readouterr().err
