"""What each tool was told last, and what it has to be told: one statement each, over everybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sqlglot import exp

from deliver.sync.alike import temporary
from deliver.sync.profiles import ProfileChange, change_of
from warehouse.engines.duckdb import DuckDBWarehouse

_SQL = Path(__file__).parent / "sql"


class Counts(NamedTuple):
    """Users who are new to a tool, who differ from what it was told, who are to be taken out."""

    added: int
    changed: int
    removed: int


class Told(NamedTuple):
    """What became of one user at a tool; ``problem``: why it did not take them."""

    user_id: str
    problem: str | None


def create_tables(warehouse: DuckDBWarehouse) -> None:
    """Make what is remembered of syncs, unless it is there."""
    warehouse.execute(_sql("schema"))


def compare(warehouse: DuckDBWarehouse, sync: str, wanted: exp.Select) -> Counts:
    """Hold what shall be said of users (a query) against what a tool was told last."""
    made = temporary("sync_wanted", wanted)
    with warehouse.transaction() as cursor:
        cursor.execute(made.sql("duckdb"))
        cursor.execute("DELETE FROM sync_changes WHERE sync = $sync", {"sync": sync})
        cursor.execute(_sql("changes"), {"sync": sync})
        found = cursor.execute(_sql("counts"), {"sync": sync}).fetchall()
    return Counts(*found[0])


def page(warehouse: DuckDBWarehouse, sync: str, *, last: str, most: int) -> list[ProfileChange]:
    """The next changes after a user, by id."""
    given = {"sync": sync, "last": last, "most": most}
    rows = warehouse.fetch(_sql("page"), given).rows
    return [change_of(user, before, after) for user, before, after in rows]


def keep(warehouse: DuckDBWarehouse, sync: str, told: Sequence[Told], *, now: datetime) -> None:
    """Remember what became of some changes."""
    users = [one.user_id for one in told]
    given = {"sync": sync, "user_ids": users}
    with warehouse.transaction() as cursor:
        cursor.execute(
            "DELETE FROM synced_profiles WHERE sync = $sync "
            "AND list_contains($user_ids::VARCHAR[], user_id)",
            given,
        )
        problems = [one.problem for one in told]
        cursor.execute(_sql("keep_told"), given | {"problems": problems, "now": now})


@cache
def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
