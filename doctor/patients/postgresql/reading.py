"""Read what was said from the rows of a patient. Any thread may call these."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from doctor.history.searching import TextBlock
from doctor.patients.postgresql import rows
from doctor.patients.postgresql.statements import PAGE, SAID

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from doctor.history.transcript import Exchange
    from doctor.patients.postgresql.pool import Pool

#: Exchanges whose texts are read at once.
_BLOCK: Final = 2_048


def history(pool: Pool, asked: Sequence[Any]) -> list[Exchange]:
    """Return exchanges, oldest first; `asked` is whose row, below which number, and how many."""
    found = pool.run(lambda connection: connection.execute(PAGE, asked).fetchall())
    return rows.exchanges(reversed(found))


def texts(pool: Pool, patient: int, before: int) -> Iterator[TextBlock]:
    """Yield the texts of the exchanges below number `before`, newest first.

    Only texts and numbers are read; the rest of an exchange is read where its text was found.
    """
    while True:
        asked = [patient, before, _BLOCK]
        found = pool.run(partial(_fetch, asked=asked))
        if not found:
            return
        yield _block(pool, patient, found[::-1])
        before = found[-1][0]


def _fetch(connection: Any, asked: Sequence[int]) -> list[tuple[int, str]]:
    fetched: list[tuple[int, str]] = connection.execute(SAID, asked).fetchall()
    return fetched


def _block(pool: Pool, patient: int, found: Sequence[tuple[int, str]]) -> TextBlock:
    numbers = [number for number, _text in found]

    @lru_cache(maxsize=1)
    def exchanges() -> dict[int, Exchange]:
        return {one.number: one for one in history(pool, [patient, numbers[-1] + 1, len(numbers)])}

    def decode(place: int) -> Exchange | None:
        return exchanges().get(numbers[place])

    return TextBlock(numbers, [text.encode() for _number, text in found], decode)
