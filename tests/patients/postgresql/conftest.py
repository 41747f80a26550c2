"""A PostgreSQL server for the tests of this package, and a schema of its own for each test."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tests.support.postgresql import Cluster, Database, running_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Start a server that all tests share; a test that stops it has one of its own."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    """Return a schema with the doctor's tables."""
    database = Database(cluster, f"test_{next(_NUMBERS)}")
    database.make()
    yield database
    database.drop()
