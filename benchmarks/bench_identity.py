"""What identity costs over many links: all of it against connected components, and an increment.

    python -m benchmarks.bench_identity [--edges 10000000]

Identifiers have their numbers already, as they get them when events arrive. The
yardstick is scipy's connected_components over the same arrays in the same process.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from benchmarks.measured import Measured
from warehouse.identity.fusion import components
from warehouse.identity.part import Part, read_part
from warehouse.identity.resolve import resolve, solve
from warehouse.identity.settings import IdentitySettings
from warehouse.identity.statements import Cursor, run
from warehouse.identity.update import prepare

EDGES = 1_000_000
NEW_EDGES = 100_000
TURNS = 5
YARDSTICK = "scipy's connected components"

# About 3.4 links and 4.4 identifiers a person: devices, an address, some hardware; one device in
# a hundred is shared with a neighbour, one person in fifty has two user ids.
WORLD = """
    INSERT INTO identity_nodes
    SELECT i * 5 + k, ['user_id', 'anonymous_id', 'anonymous_id', 'email', 'device_id'][k + 1],
        'x' || (i * 5 + k), TIMESTAMP '2026-01-01' + to_seconds(CAST(i AS BIGINT)), 3,
        md5_number_lower(['user_id', 'anonymous_id', 'anonymous_id', 'email', 'device_id'][k + 1]
            || ':x' || (i * 5 + k)), NULL
    FROM range($people) p(i) CROSS JOIN range(5) n(k);
    INSERT INTO identity_edges
    WITH links AS (
        SELECT i * 5 + 1 AS a, i * 5 AS b, 'signed_in' AS kind FROM range($people) p(i)
        UNION ALL
        SELECT CASE WHEN i % 100 = 0 AND i > 0 THEN i * 5 - 3 ELSE i * 5 + 2 END, i * 5, 'signed_in'
        FROM range($people) p(i)
        UNION ALL
        SELECT i * 5, i * 5 + 3, 'email' FROM range($people) p(i)
        UNION ALL
        SELECT i * 5 + 4, i * 5 + 1, 'device' FROM range($people) p(i) WHERE i % 5 < 2
        UNION ALL
        SELECT i * 5, i * 5 - 5, 'alias' FROM range($people) p(i) WHERE i % 50 = 7
    )
    SELECT a, b, kind, TIMESTAMP '2026-01-01' + to_seconds(a), 'm' || a, 1,
        TIMESTAMP '2026-01-02' + to_seconds(a)
    FROM links;
"""

# People who sign in on one more device, which the next events show.
MORE = """
    INSERT INTO raw_events (message_id, type, user_id, anonymous_id, event_time, seq)
    SELECT 'n' || i, 'track', 'x' || (hash(i) % $people * 5), 'fresh' || i,
        TIMESTAMP '2026-06-01' + to_seconds(CAST(i AS BIGINT)), i
    FROM range($new) r(i);
"""


class Costs(NamedTuple):
    """CPU-seconds of each part."""

    edges: int
    scipy: float
    full: float
    read: float
    write: float
    lookup: float
    touched: float
    fetched: float
    observed: float
    named: float

    @property
    def more(self) -> float:
        """An increment: finding what it touches, and who is who among them."""
        return self.lookup + self.touched


def measure(edges: int = EDGES) -> list[Measured]:
    """Full resolution against scipy, and an increment."""
    costs = _costs(edges)
    million = f"{costs.edges / 1e6:.0f} M links"
    return [
        Measured(
            f"identity in full, {million}",
            costs.full / costs.scipy,
            f"x {YARDSTICK}",
            3.0,
            costs.full,
        ),
        Measured(
            f"identity, {NEW_EDGES:,} links more",
            costs.more,
            "CPU-s",
            0.5,
            ratio=costs.more / costs.scipy,
            yardstick=YARDSTICK,
        ),
    ]


def _costs(edges: int) -> Costs:
    people = int(edges / 3.42)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "identity.duckdb"
        cursor = _opened(file)
        prepare(cursor)
        _execute(cursor, WORLD, people=people)
        run(cursor, "scope_all")
        run(cursor, "rulings")
        part, read = _timed(lambda: read_part(cursor))
        scipy, full = _against_scipy(part)
        _, everything = _timed(lambda: _everything(cursor))
        cursor.close()
        # The next load comes to a server that has not just resolved everybody.
        cursor = _opened(file)
        _execute(cursor, MORE, people=people, new=NEW_EDGES)
        _, observed = _timed(lambda: run(cursor, "observe", since=-1, junk_ids=["null"]))
        _, lookup = _timed(lambda: run(cursor, "scope_touched"))
        some, fetched = _timed(lambda: _fetched(cursor))
        _, touched = _timed(lambda: _solved(some))
        _, increment = _timed(lambda: _increment(cursor))
        cursor.close()
    links, write = len(part.links.a), everything - full - read
    named = increment - fetched - touched
    return Costs(links, scipy, full, read, write, lookup, touched, fetched, observed, named)


def _against_scipy(part: Part) -> tuple[float, float]:
    """The yardstick and all of it, in turns; the first, which meets memory cold, is left out."""
    turns = [
        (
            _timed(lambda: components(len(part.places.ids), part.links))[1],
            _timed(lambda: _solved(part))[1],
        )
        for _ in range(TURNS + 1)
    ]
    scipy, full = (statistics.median(spent) for spent in zip(*turns[1:], strict=True))
    return scipy, full


def _opened(file: Path) -> Cursor:
    return duckdb.connect(str(file), config={"memory_limit": "4GB", "threads": 2})


def _solved(part: Part) -> None:
    components(len(part.places.ids), part.links)
    solve(part, IdentitySettings().user_ids_per_person)


def _everything(cursor: Cursor) -> None:
    resolve(cursor, IdentitySettings())
    run(cursor, "write_all")


def _fetched(cursor: Cursor) -> Part:
    run(cursor, "rulings")
    return read_part(cursor)


def _increment(cursor: Cursor) -> None:
    resolve(cursor, IdentitySettings())
    run(cursor, "write_touched")


def _execute(cursor: Cursor, script: str, **params: Any) -> None:
    for statement in duckdb.extract_statements(script):
        cursor.execute(statement, {name: params[name] for name in statement.named_parameters})


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.process_time()
    done = work()
    return done, time.process_time() - started


def main() -> None:
    """Print every part in CPU-seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edges", type=int, default=EDGES)
    costs = _costs(parser.parse_args().edges)
    print(f"links                                {costs.edges:>12,}")
    print(f"connected components, scipy          {costs.scipy:>12.3f} CPU-s")
    print(f"who is who in full                   {costs.full:>12.3f} CPU-s")
    print(f"  as a multiple of scipy             {costs.full / costs.scipy:>12.2f}")
    print(f"  reading the links                  {costs.read:>12.3f} CPU-s")
    print(f"  naming and writing everybody       {costs.write:>12.3f} CPU-s")
    print(f"{NEW_EDGES:,} links more: what they touch  {costs.lookup:>9.3f} CPU-s")
    print(f"  who is who among them              {costs.touched:>12.3f} CPU-s")
    print(f"  both                               {costs.more:>12.3f} CPU-s")
    print(f"  as a multiple of scipy             {costs.more / costs.scipy:>12.2f}")
    print(f"  reading their links                {costs.fetched:>12.3f} CPU-s")
    print(f"  numbering their identifiers        {costs.observed:>12.3f} CPU-s")
    print(f"  naming and writing what changed    {costs.named:>12.3f} CPU-s")


if __name__ == "__main__":
    main()
