"""A disk that fails: a call of `os` that raises OSError while it is told to."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

from doctor.patients.files import disk

if TYPE_CHECKING:
    import pytest


class Failing:
    """Fails a call of `os` while `on` is true, as a full or broken disk does."""

    def __init__(self, name: str, patch: pytest.MonkeyPatch, code: int = errno.ENOSPC) -> None:
        self.on = False
        self.half = False
        self._code = code
        self._real = getattr(os, name)
        patch.setattr(os, name, self)
        if name == "fdatasync":
            patch.setattr(disk, "sync_data", self)

    def __call__(self, descriptor: Any, *given: Any, **more: Any) -> Any:
        """Do it, or fail; a `half` failing write writes half first."""
        if not self.on:
            return self._real(descriptor, *given, **more)
        if self.half and isinstance(given[0], memoryview) and len(given[0]) > 1:
            return self._real(descriptor, bytes(given[0])[: len(given[0]) // 2])
        raise OSError(self._code, os.strerror(self._code))
