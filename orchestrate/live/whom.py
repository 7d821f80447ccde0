"""Who is meant by an id, and of whom events came in."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from warehouse.engines.duckdb import DuckDBWarehouse

_SQL = Path(__file__).parent / "sql"
MANY = 100_000
"""Ids that are remembered."""


class Ids:
    """The users of ids, remembered until the warehouse is written to."""

    def __init__(self, warehouse: DuckDBWarehouse) -> None:
        self._warehouse = warehouse
        self._seen = -1
        self._users: dict[tuple[str, str], str] = {}

    def user(self, kind: str, value: str) -> str:
        """The canonical user of an id; one that identity does not know stands for itself."""
        known = self.known(kind, value)
        if known is None:
            seen = self._warehouse.changes
            query = {"kind": kind, "value": value}
            found = self._warehouse.fetch(_sql("user_of"), query).rows
            known = str(found[0][0]) if found else value
            if seen == self._seen and len(self._users) < MANY:
                self._users[kind, value] = known
        return known

    def known(self, kind: str, value: str) -> str | None:
        """The same, if it is remembered."""
        seen = self._warehouse.changes
        if seen != self._seen:
            self._users, self._seen = {}, seen
        return self._users.get((kind, value))


def latest(warehouse: DuckDBWarehouse) -> int:
    """The place in the log up to which events are facts of their users; -1 when none are."""
    return int(warehouse.fetch(_sql("latest")).scalar())


def arrived(warehouse: DuckDBWarehouse, since: int, until: int) -> list[str]:
    """The users of whom events were loaded after one place up to another."""
    rows = warehouse.fetch(_sql("arrived"), {"since": since, "latest": until}).rows
    return [user for (user,) in rows]


@cache
def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
