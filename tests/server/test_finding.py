"""What one /find costs, whatever a history holds."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.history.transcript import Exchange
from doctor.server import finding
from doctor.text import holds
from tests.support.helpers import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from doctor.patients.store import Patient


class FakePatient:
    """A history in memory."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._all = [Exchange(n, 0.0, 1, text, text) for n, text in enumerate(texts, 1)]
        self.last_number = len(texts)

    def history(self, n: int, before: int) -> list[Exchange]:
        """Return the last `n` below a number."""
        return self._all[max(0, before - 1 - n) : before - 1]


def _find(texts: Sequence[str], before: int | None = None) -> finding.SearchResult:
    return finding.HistoryFinder().find(cast("Patient", FakePatient(texts)), "wanted", before)


def test_other_threads_run_after_little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two moments at which others run, no more is compared than takes milliseconds."""
    compared = [0]
    monkeypatch.setattr(finding, "let_others_run", lambda: compared.append(0))

    def counted(text: str, wanted: str) -> bool:
        compared[-1] += len(text)
        return holds(text, wanted)

    monkeypatch.setattr(finding, "holds", counted)
    longest = 1333  # characters of three bytes in a line of 4,096 bytes
    _find(["\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * longest] * 1000)
    assert max(compared) <= finding.STRETCH + 2 * longest
    assert sum(compared) <= finding.MOST_COST + 2 * longest


def test_one_compares_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many who search at once one computes, so that a patient's line waits for one alone."""
    finder, comparing, most = finding.HistoryFinder(), [0], [0]

    def counted(text: str, wanted: str) -> bool:
        comparing[0] += 1
        most[0] = max(most[0], comparing[0])
        time.sleep(0)  # others would begin now
        found = holds(text, wanted)
        comparing[0] -= 1
        return found

    monkeypatch.setattr(finding, "holds", counted)
    patient = cast("Patient", FakePatient(["é" * 1500] * 20))
    threads = [threading.Thread(target=finder.find, args=(patient, "z")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert most == [1]


@settings(max_examples=12)
@given(
    st.lists(st.sampled_from(["", "wanted", "é" * 1500, "WÁNTED " * 500, "a" * 4000]), max_size=9),
    st.integers(0, 2),
)
def test_a_search_goes_on_where_it_ended(kinds: list[str], repeats: int) -> None:
    """Call after call from where the last one ended, all of a history is searched once."""
    texts = kinds * (1 + 300 * repeats)
    found, before, calls = list[int](), None, 0
    while before != 1:
        result = _find(texts, before)
        assert before is None or result.searched < before
        found += [one.number for one in result.exchanges]
        before, calls = result.searched, calls + 1
        if not texts:
            break
    wanted = [n for n, text in enumerate(texts, 1) if text[:1] in {"w", "W"}]
    assert found == wanted[::-1]
