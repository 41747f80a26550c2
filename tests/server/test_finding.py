"""What one /find costs, whatever a history holds."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.history.chunks import Transcript
from doctor.history.searching import SLICE_COST, SearchedText
from doctor.history.transcript import Exchange
from doctor.server import finding
from tests.support.helpers import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from doctor.history.searching import TextBlock
    from doctor.patients.store import Patient


class FakePatient:
    """A history in memory."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._all = Transcript()
        for number, text in enumerate(texts, 1):
            self._all.append(Exchange(number, 0.0, 1, text, text))
        self.last_number = len(texts)

    def texts(self, before: int) -> Iterator[TextBlock]:
        """Return what is below a number."""
        return self._all.blocks(before)


def _find(texts: Sequence[str], before: int | None = None) -> finding.SearchResult:
    patient = cast("Patient", FakePatient(texts))
    return finding.HistoryFinder().find(patient, SearchedText("wanted"), before)


def test_other_threads_run_after_little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two moments at which others run, no more is compared than takes milliseconds."""
    compared = [0]
    monkeypatch.setattr(finding, "let_others_run", lambda: compared.append(0))
    may_be_in = SearchedText.may_be_in

    def counted(self: SearchedText, data: bytes) -> bool:
        compared[-1] += len(data)
        return may_be_in(self, data)

    monkeypatch.setattr(SearchedText, "may_be_in", counted)
    monkeypatch.setattr(finding, "MOST_COST", 1 << 19)
    longest = 1333  # characters of three bytes in a line of 4,096 bytes
    text = "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * longest
    _find([text] * 200)
    assert max(compared) <= max(SLICE_COST, 2 * len(text.encode())) + 2
    assert sum(compared) <= finding.MOST_COST + 2 * SLICE_COST


def test_one_compares_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many who search at once one computes, so that a patient's line waits for one alone."""
    finder, comparing, most = finding.HistoryFinder(), [0], [0]
    may_be_in = SearchedText.may_be_in

    def counted(self: SearchedText, data: bytes) -> bool:
        comparing[0] += 1
        most[0] = max(most[0], comparing[0])
        time.sleep(0)  # others would begin now
        found = may_be_in(self, data)
        comparing[0] -= 1
        return found

    monkeypatch.setattr(SearchedText, "may_be_in", counted)
    patient = cast("Patient", FakePatient(["é" * 1500] * 20))
    text = SearchedText("z")
    threads = [threading.Thread(target=finder.find, args=(patient, text)) for _ in range(8)]
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
    texts = kinds * (1 + 20 * repeats)
    found, before = list[int](), None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finding, "MOST_COST", 1 << 16)
        while before != 1:
            result = _find(texts, before)
            assert before is None or result.searched < before
            found += [one.number for one in result.exchanges]
            before = result.searched
    wanted = [n for n, text in enumerate(texts, 1) if text[:1] in {"w", "W"}]
    assert found == wanted[::-1]
