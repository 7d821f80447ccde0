"""How long checking a query takes, beside parsing it with sqlglot alone in the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import sqlglot

from warehouse.catalog import load_catalog
from warehouse.sqlcheck import CheckedQuery, check

QUERY = """
WITH workouts AS (
  SELECT user_id,
         COUNT(*) FILTER (WHERE event_time >= TIMESTAMP '2026-05-01') AS recent,
         COUNT(*) AS total
  FROM fct_events
  WHERE event_name = 'workout_completed'
  GROUP BY user_id
),
latest AS (
  SELECT user_id, status, trial_end,
         ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY trial_start DESC) AS position
  FROM fct_subscriptions
),
tickets AS (
  SELECT user_id, COUNT(*) AS open_tickets
  FROM fct_support
  WHERE status = 'open'
  GROUP BY user_id
)
SELECT u.device_os, u.utm_source,
       COUNT(*) AS users,
       AVG(w.total) AS workouts,
       SUM(CASE WHEN t.open_tickets > 0 THEN 1 ELSE 0 END) AS with_ticket
FROM dim_users u
JOIN workouts w ON w.user_id = u.user_id
LEFT JOIN latest l ON l.user_id = u.user_id AND l.position = 1
LEFT JOIN tickets t ON t.user_id = u.user_id
WHERE u.merged_into IS NULL AND l.status = 'trialing' AND w.total >= 3
  AND EXISTS (SELECT 1 FROM fct_events e
              WHERE e.user_id = u.user_id AND e.event_name = 'pricing_viewed')
GROUP BY u.device_os, u.utm_source
ORDER BY users DESC
"""
REPEATS = 50


def measure() -> dict[str, float]:
    """Median milliseconds of a warm check and of a parse, and their ratio."""
    catalog = load_catalog()
    assert isinstance(check(QUERY, catalog, role="analyst"), CheckedQuery)
    checking = _median(lambda: check(QUERY, catalog, role="analyst"))
    parsing = _median(lambda: sqlglot.parse_one(QUERY, dialect="duckdb"))
    return {"check_ms": checking, "parse_ms": parsing, "ratio": checking / parsing}


def _median(work: Callable[[], object]) -> float:
    return statistics.median(_milliseconds(work) for _ in range(REPEATS))


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1_000


def main() -> None:
    """Print the numbers."""
    for name, value in measure().items():
        print(f"{name:>10}  {value:.2f}")


if __name__ == "__main__":
    main()
