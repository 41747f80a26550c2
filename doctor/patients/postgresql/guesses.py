"""Count wrong passphrases of a name over all servers: `DatabaseGuesses`.

A try books its moment before it is checked, so that tries over many servers come no faster than
those over one. It counts as wrong from then on; a right one takes that back. The table is not
logged: a takeover by a standby forgets it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from doctor.patients.passphrase import Pauses
    from doctor.patients.postgresql.pool import Pool

_BOOK: Final = """
    insert into guesses as g (key, wrong, next) values (%(key)s, 1, now())
    on conflict (key) do update set
        wrong = case when g.next < now() - %(memory)s * interval '1 second' then 1
                     else g.wrong + 1 end,
        next = greatest(g.next, now()) + interval '1 second' * case
            when g.wrong < %(free)s or g.next < now() - %(memory)s * interval '1 second' then 0
            else least(%(most)s, %(first)s * 2.0 ^ least(g.wrong - %(free)s, 30)) end
    where g.next <= now() + %(wait)s * interval '1 second'
    returning extract(epoch from g.next - now())::double precision
"""
_TAKE_BACK: Final = "update guesses set wrong = greatest(wrong - 1, 0) where key = %s"
_FORGET: Final = "delete from guesses where key = %s"


class DatabaseGuesses:
    """The table `guesses`; see `doctor.patients.passphrase.SharedGuesses`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def book(self, key: str, pauses: Pauses) -> float | None:
        """Count a try; return the seconds until it may be checked, None where that is too long."""
        asked = {"key": key, **pauses._asdict()}
        found = self._pool.run(lambda connection: connection.execute(_BOOK, asked).fetchone())
        return None if found is None else max(float(found[0]), 0.0)

    def settle(self, key: str, *, is_right: bool) -> None:
        """Take a try back that was not wrong; after a right one the wrong ones are forgotten."""
        what = _FORGET if is_right else _TAKE_BACK
        self._pool.run(lambda connection: connection.execute(what.encode(), [key]))
