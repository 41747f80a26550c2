"""The storage in files keeps the promises of every storage."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from doctor.patients.files.storage import FileStorage
from doctor.patients.opening import open_store
from tests.patients.contract import StorageContract
from tests.support.failing_disk import Failing
from tests.support.fake_host import FakeHost
from tests.support.fake_machine import FakeMachine

if TYPE_CHECKING:
    from pathlib import Path

    from doctor.patients.store import PatientStore


class _Directory:
    """A directory, and after a crash a copy of it as it was then."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self._root = root
        self._copies = 0
        self.path = root / "patients"
        self._failing = [Failing(name, patch) for name in ("write", "replace")]

    def open(self, machine: FakeMachine | None = None) -> PatientStore:
        """Open the directory."""
        return open_store(self.path, machine or FakeMachine(), make_host=FakeHost)

    def crash(self, store: PatientStore) -> None:
        """Go on with what the files hold now: a process that is killed leaves that."""
        assert isinstance(store.storage, FileStorage)
        store.storage._compactor.close()  # or the copy would be of no one moment
        self._copies += 1
        copy = self._root / f"after {self._copies}"
        shutil.copytree(self.path, copy)
        store.close(-1)
        self.path = copy

    def set_broken(self, *, broken: bool) -> None:
        """Let every write fail, as on a full disk."""
        for call in self._failing:
            call.on = broken


class TestFileStorage(StorageContract):
    """The contract, with files."""

    @pytest.fixture
    def place(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Directory:
        """Return a directory that can crash and fail."""
        return _Directory(tmp_path, monkeypatch)
