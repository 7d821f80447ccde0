"""In which order people do things: the steps before a goal, from who did what first."""

from __future__ import annotations

from typing import NamedTuple

from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.introspect.choices import Choice

_GOALS = ("order", "purchase", "sale", "subscri", "booking", "booked", "payment", "paid", "deal")
MOST_STEPS = 5
MOST_EVENTS = 20
WINDOW_SECONDS = 3 * 86_400
LEAST_BEFORE = 0.7


class Steps(NamedTuple):
    """A drafted funnel; no steps when nothing reads like a goal."""

    events: tuple[str, ...]
    choice: Choice | None
    goal: str | None = None
    """What reads like the goal, also where nothing leads up to it."""


def find_steps(engine: DuckDBWarehouse) -> Steps:
    """The way to the goal, from the events view: what most of its users had done before."""
    users = _users(engine)
    goal = _goal(users)
    if goal is None:
        return Steps((), None)
    before = _before(engine, [*users])
    steps = [goal]
    # From the goal backwards to ever more users, each step mostly taken before the next.
    for name in sorted(users, key=lambda one: (users[one], one)):
        after = steps[0]
        enough = users[name] >= users[after] and name not in steps
        if enough and before.get((name, after), 0.0) >= LEAST_BEFORE and len(steps) < MOST_STEPS:
            steps.insert(0, name)
    if len(steps) < 2:
        return Steps((), None, goal)
    told = f"most people who did one had done the one before it, and fewer people do each: {goal}"
    others = tuple(name for name in users if name != goal and _is_goal(name))
    choice = Choice("funnel", " → ".join(steps), "low", (f"{told} reads like the goal",), others)
    return Steps(tuple(steps), choice, goal)


def _users(engine: DuckDBWarehouse) -> dict[str, int]:
    found = engine.fetch(
        """
        SELECT event_name, COUNT(DISTINCT user_id) AS users
        FROM events WHERE event_name IS NOT NULL GROUP BY event_name
        ORDER BY users DESC, event_name LIMIT $most
        """,
        {"most": MOST_EVENTS},
    ).rows
    return dict(found)


def _goal(users: dict[str, int]) -> str | None:
    goals = [name for name in users if _is_goal(name)]
    return min(goals, key=lambda name: (users[name], name)) if goals else None


def _is_goal(name: str) -> bool:
    low = name.lower()
    unmade = any(word in low for word in ("cancel", "fail", "refund", "return", "view"))
    return any(word in low for word in _GOALS) and not unmade


def _before(engine: DuckDBWarehouse, names: list[str]) -> dict[tuple[str, str], float]:
    """(a, b) → share of those who did b who had done a before their last b."""
    found = engine.fetch(
        """
        WITH ends AS (
            SELECT user_id, event_name, MIN(event_time) AS first_at, MAX(event_time) AS last_at
            FROM events WHERE LIST_CONTAINS($names, event_name) GROUP BY user_id, event_name
        ),
        doers AS (SELECT event_name, COUNT(*) AS users FROM ends GROUP BY event_name)
        SELECT a.event_name, b.event_name, COUNT(*) / ANY_VALUE(d.users)
        FROM ends AS a
        JOIN ends AS b ON b.user_id = a.user_id AND a.first_at < b.last_at
        JOIN doers AS d ON d.event_name = b.event_name
        WHERE a.event_name <> b.event_name
        GROUP BY a.event_name, b.event_name
        """,
        {"names": names},
    ).rows
    return {(a, b): float(share) for a, b, share in found}
