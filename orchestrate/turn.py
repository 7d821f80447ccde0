"""One cycle at a time: what two cycles grant at once, neither would count for the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from weakref import WeakKeyDictionary, WeakMethod

import duckdb

from core.errors import Code, PilothouseError, refuse
from orchestrate.stages import create_tables
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.transactions import all_or_nothing

PAUSE_SECONDS = 0.05
PATIENCE_SECONDS = 600.0


class Aside:
    """What decides for single users beside the cycles of a process: it stands aside for them."""

    def __init__(self) -> None:
        self.deciding = threading.RLock()
        """Held for each decision, and for a whole cycle."""
        self._write_out: WeakMethod[Callable[[], object]] | None = None

    def attach(self, write_out: Callable[[], object]) -> None:
        """A method that writes to the warehouse what was decided and is not there yet; its object
        is not kept alive."""
        self._write_out = WeakMethod(write_out)

    def write_out(self) -> None:
        """Write what waits."""
        found = self._write_out() if self._write_out else None
        if found is not None:
            found()


_ASIDE: WeakKeyDictionary[DuckDBWarehouse, Aside] = WeakKeyDictionary()
_MAKING = threading.Lock()


def aside(warehouse: DuckDBWarehouse) -> Aside:
    """The one place of this process where decisions beside the cycles of a warehouse are made."""
    with _MAKING:
        return _ASIDE.setdefault(warehouse, Aside())


@contextmanager
def own_turn(
    warehouse: DuckDBWarehouse, cycle_id: str, *, patience_seconds: float = PATIENCE_SECONDS
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A transaction that sees everything that was decided before it: all of it, or nothing.

    Waits while another cycle has the turn; refuses with WAREHOUSE_LOCKED when that takes too long.
    Nobody is decided on beside it meanwhile.
    """
    beside = aside(warehouse)
    if not beside.deciding.acquire(timeout=patience_seconds):
        raise _taken(patience_seconds)
    try:
        beside.write_out()
        with turn_in(warehouse, cycle_id, patience_seconds=patience_seconds) as cursor:
            yield cursor
    finally:
        beside.deciding.release()


@contextmanager
def turn_in(
    warehouse: DuckDBWarehouse,
    cycle_id: str,
    *,
    patience_seconds: float = PATIENCE_SECONDS,
    told: bool = True,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same for decisions that were made already; ``told=False``: by somebody who keeps them."""
    with warehouse.cursor(told=told) as cursor:
        waited = 0.0
        with ExitStack() as turn:
            while not _has_turn(cursor, cycle_id, turn):
                if waited >= patience_seconds:
                    raise _taken(patience_seconds)
                threading.Event().wait(PAUSE_SECONDS)
                waited += PAUSE_SECONDS
            yield cursor


def _taken(patience_seconds: float) -> PilothouseError:
    return refuse(
        Code.WAREHOUSE_LOCKED,
        f"Another cycle has been deciding for more than {patience_seconds:,.0f} s.",
        fix="Run this one again when it has ended.",
    )


def _has_turn(cursor: duckdb.DuckDBPyConnection, cycle_id: str, turn: ExitStack) -> bool:
    """Whether the row was ours to write; the engine lets one open transaction write it.

    Its transaction is the turn's from then on.
    """
    try:
        create_tables(cursor)
        if cursor.execute("SELECT 1 FROM cycle_turn LIMIT 1").fetchone() is None:
            cursor.execute("INSERT INTO cycle_turn VALUES (NULL)")
    except duckdb.TransactionException:
        return False  # somebody else makes the tables at this moment
    with suppress(duckdb.TransactionException), ExitStack() as trying:
        trying.enter_context(all_or_nothing(cursor))
        cursor.execute("UPDATE cycle_turn SET taken_by = ?", (cycle_id,))
        turn.push(trying.pop_all())
        return True
    return False
