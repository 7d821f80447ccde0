"""A rule replayed over days that are past: each day with what was known then, nothing else.

One connection steps from day to day. Each day only those whom the rule is for are
looked at in full; what it would have sent counts under caps and cooldowns of the days after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import duckdb
import numpy as np
from sqlglot import exp

from control.kill_switches import Killed
from control.store import Store
from control.versions import Rule
from core.conditions import Frozen
from core.errors import Code, refuse
from core.proposal import actions_of, conditions_of
from core.rules import DecisionPolicy
from orchestrate import stages
from orchestrate.cycle import plan_tick
from orchestrate.engine.candidates import Tick
from orchestrate.engine.staging import CODE
from orchestrate.plan import planned
from orchestrate.rehearsal.dry_run import as_version, with_proposed
from orchestrate.rehearsal.memory import Memory, as_stored
from orchestrate.rehearsal.parts import Part, parts
from warehouse.catalog import Catalog
from warehouse.clocks.history import temporary
from warehouse.clocks.past import see_tables, step_back
from warehouse.clocks.tables import Moment, then
from warehouse.compile import required
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.transactions import undone

MOST_DAYS = 400
Tell = Callable[[int, int], None]
"""Told before each day which one it is, from 0 on, and of how many; may raise, which ends it."""
MESSAGES = "fct_messages"
NOTES = (
    "Each day is decided with what was known on that day; rules, models and caps are those of "
    "today, and no kill switch is on.",
    "Messages that other rules really sent count under the caps; those that this rule itself "
    "sent are left out, and those it would have sent count instead.",
    "Nobody knows how people would have answered: what they did then is what they did.",
)


class Basis(Frozen):
    """What an earlier read-out against a holdout says about an action."""

    action: str
    source: str
    """Which read-out, as a sentence."""
    difference: float
    """More users who reach the goal, as a fraction of those who got the message."""
    ci_low: float
    """95 %."""
    ci_high: float


class ExpectedLift(Frozen):
    """How many more users would have reached the goal of an action, and how that is known."""

    action: str
    users: int
    """Who would have got it."""
    expected: float | None
    """None: there is no basis for a number."""
    low: float | None
    high: float | None
    basis: str
    """Where the number comes from, or why there is none."""


class BacktestDay(Frozen):
    """One replayed day."""

    day: str
    eligible: int
    """Users for whom any of its actions was."""
    messages: int
    held_out: int
    capped: int
    """Messages that a cap or the minimum gap would have stopped."""


class Backtest(Frozen):
    """What a rule would have done over some days, had it been in force."""

    key: str
    version: int | None
    """None: proposed."""
    since: str
    until: str
    days: tuple[BacktestDay, ...]
    users: int
    """Users there were on the last day."""
    reached: int
    """Users who would have got at least one message."""
    messages: int
    held_out: int
    cap_breaches_avoided: int
    expected: tuple[ExpectedLift, ...]
    notes: tuple[str, ...]


class Replayed(NamedTuple):
    """What the days came to, before anything is said about lift."""

    days: tuple[BacktestDay, ...]
    users: int
    reached: int
    reached_by: Mapping[str, int]
    """Action → users."""


def backtest(  # noqa: PLR0913 - each is a part of what is asked
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    artifact: Rule,
    *,
    since: datetime,
    until: datetime,
    version: int | None = None,
    bases: Sequence[Basis] = (),
    tell: Tell | None = None,
) -> Backtest:
    """Replay a rule once a day from ``since`` to ``until`` (naive UTC, both included).

    Refuses with INVALID_ARGUMENT when there is no such stretch or the rule sends nothing.
    """
    moments = _moments(since, until)
    tick = with_proposed(plan_tick(store, catalog, as_of=since), [], artifact)
    tick = tick._replace(policies=planned([as_version(artifact, since)]), killed=Killed(()))
    with warehouse.cursor() as cursor:
        stages.create_tables(cursor)
        with undone(cursor):
            found = _replay(cursor, tick, moments, _reads_traits(artifact, tick), tell)
    return Backtest(
        key=artifact.key,
        version=version,
        since=since.isoformat(),
        until=until.isoformat(),
        days=found.days,
        users=found.users,
        reached=found.reached,
        messages=sum(day.messages for day in found.days),
        held_out=sum(day.held_out for day in found.days),
        cap_breaches_avoided=sum(day.capped for day in found.days),
        expected=tuple(
            _expected(action.key, found.reached_by.get(action.key, 0), bases)
            for action in actions_of(artifact)
        ),
        notes=NOTES,
    )


def _moments(since: datetime, until: datetime) -> list[datetime]:
    days = (until - since).days + 1
    if until < since or days > MOST_DAYS:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"From {since} to {until} cannot be replayed: "
            + ("it ends before it begins." if until < since else f"{days} days are too many."),
            fix=f"Name a stretch of at most {MOST_DAYS} days, the earlier moment first.",
        )
    return [since + timedelta(days=day) for day in range(days)]


def _reads_traits(artifact: Rule, tick: Tick) -> bool:
    if isinstance(artifact, DecisionPolicy) and any(one.score for one in artifact.entries):
        return True
    parts_read = (required(one, tick.catalog, tick.audiences) for one in conditions_of(artifact))
    return any(part.traits for part in parts_read)


def _replay(
    cursor: duckdb.DuckDBPyConnection,
    tick: Tick,
    moments: Sequence[datetime],
    reads_traits: bool,
    tell: Tell | None,
) -> Replayed:
    own = tick.policies[0].key
    memory = Memory(
        cursor,
        {
            "decisions": _of_others(as_stored(cursor, "decisions"), own),
            "slots": as_stored(cursor, "slots"),
        },
    )
    days, users = [], 0
    for number, at in enumerate(moments):
        if tell:
            tell(number, len(moments))
        _stand_at(cursor, tick.catalog, at, own, reads_traits=reads_traits)
        stand = stages.lay_out(cursor, tick._replace(as_of=at, cycle_id=f"backtest/{number}"))
        made = list(parts(cursor, stand))
        memory.remember(stand, [one.decided for one in made])
        days.append(_day(at, made))
        users = sum(len(one.told.users) for one in made)
    reached = memory.reached().get("", 0)
    return Replayed(tuple(days), users, reached, memory.reached(by_action=True))


def _stand_at(
    cursor: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    at: datetime,
    own: str,
    *,
    reads_traits: bool,
) -> None:
    """See what was known at a moment, without the messages that the rule itself sent."""
    when = Moment(at, at)
    # What the day before saw stands in the way of what is stored.
    cursor.execute(f"DROP TABLE IF EXISTS temp.{exp.to_identifier(catalog.layout.traits.table)}")
    if reads_traits:
        step_back(cursor, catalog, when)
    else:
        see_tables(cursor, catalog, when)
    seen = dict(then(cursor, catalog, when)).get(MESSAGES) or as_stored(cursor, MESSAGES)
    cursor.execute(temporary(MESSAGES, "VIEW", _of_others(seen, own)))


def _of_others(rows: exp.Select, policy: str) -> exp.Select:
    theirs = exp.NullSafeNEQ(this=exp.column("policy_key"), expression=exp.Literal.string(policy))
    return exp.select("*").from_(rows.subquery("seen")).where(theirs)


def _day(at: datetime, made: Sequence[Part]) -> BacktestDay:
    stops = (CODE["CAP_REACHED"], CODE["MIN_GAP"])
    messages = held_out = capped = eligible = 0
    for one in made:
        rows = one.decided.rows
        eligible += one.decided.chunk.state.size
        messages += int((rows.reasons == CODE["SELECTED"]).sum())
        held_out += int(rows.ghosts.sum())
        capped += int((np.isin(rows.reasons, stops) & ~rows.ghosts).sum())
    return BacktestDay(
        day=at.isoformat(),
        eligible=eligible,
        messages=messages,
        held_out=held_out,
        capped=capped,
    )


def _expected(action: str, users: int, bases: Sequence[Basis]) -> ExpectedLift:
    basis = next((one for one in bases if one.action == action), None)
    if basis is None:
        return ExpectedLift(
            action=action,
            users=users,
            expected=None,
            low=None,
            high=None,
            basis="No basis: this action was never measured against a holdout.",
        )
    return ExpectedLift(
        action=action,
        users=users,
        expected=users * basis.difference,
        low=users * basis.ci_low,
        high=users * basis.ci_high,
        basis=basis.source,
    )
