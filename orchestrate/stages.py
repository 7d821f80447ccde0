"""The stages of a decision, as set-based SQL over one connection's temporary tables.

``sql/*.sql`` holds the stages; this module fills their inputs and runs them in
order. The only loops are over policies, entries and turns, never over users.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from sqlglot import exp

from control.kill_switches import Killed
from core.assignment import share_end
from core.conditions import Condition
from core.rules import Holdout
from orchestrate.plan import PlannedEntry, PlannedPolicy
from orchestrate.quiet_hours import ready_at
from warehouse.catalog import Catalog
from warehouse.compile import Audiences, compile_flags
from warehouse.layout import consents, zones

_SQL = Path(__file__).parent / "sql"
DIALECT = "duckdb"


class Tick(NamedTuple):
    """Everything one cycle decides with, besides the warehouse itself."""

    cycle_id: str
    trace_id: str
    as_of: datetime
    policies: tuple[PlannedPolicy, ...]
    catalog: Catalog
    killed: Killed
    audiences: Audiences
    released: frozenset[str] = frozenset()
    """Decisions of the past whose message will never be sent: they gave their slot back."""


def decide(
    cursor: duckdb.DuckDBPyConnection, tick: Tick, users: tuple[str, ...] | None = None
) -> None:
    """Fill the ``outcome`` table: one row per user of a population and candidate.

    With ``users`` only those are decided on. Nothing but temporary tables is written.
    """
    create_tables(cursor)
    cursor.execute(_sql("inputs"))
    _name_sources(cursor, tick.catalog)
    _fill_cycle(cursor, tick)
    _fill_plan(cursor, tick)
    _fill_contact(cursor, tick)
    for policy in tick.policies:
        _fill_flags(cursor, policy, tick, users)
    decide_again(cursor)


def decide_again(cursor: duckdb.DuckDBPyConnection) -> None:
    """Work out ``outcome`` anew from the inputs as they are: for asking what would happen if."""
    for stage in ("route", "history", "arbitrate"):
        cursor.execute(_sql(stage))
    for turn in range(1, _turns(cursor) + 1):
        cursor.execute(_sql("contact"), {"turn": turn})
        cursor.execute(_sql("reserve"), {"turn": turn})
    cursor.execute(_sql("outcome"))


def create_tables(cursor: duckdb.DuckDBPyConnection) -> None:
    """Create what cycles write to, unless it is there."""
    cursor.execute(_sql("schema"))


def write(cursor: duckdb.DuckDBPyConnection) -> None:
    """Keep what ``decide`` worked out: decisions, records and intents."""
    cursor.execute(_sql("write"))


def _name_sources(cursor: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """The team's own tables under the names that the stages read."""
    sources = {
        "zones_of_users": zones(catalog.layout),
        "consents_of_users": consents(catalog.layout),
    }
    for name, rows in sources.items():
        view = exp.Create(this=exp.table_(name), kind="VIEW", expression=rows, replace=True)
        view.set("properties", exp.Properties(expressions=[exp.TemporaryProperty()]))
        cursor.execute(view.sql(DIALECT))


def _fill_cycle(cursor: duckdb.DuckDBPyConnection, tick: Tick) -> None:
    contact = tick.catalog.defaults.contact_policy
    held_out = contact.global_holdout
    row = (tick.cycle_id, tick.trace_id, tick.as_of, contact.min_gap_seconds)
    _insert(cursor, "cycle", [(*row, *_range(held_out), held_out is not None)])
    _insert(cursor, "released", [(decision,) for decision in tick.released])
    actions = {**tick.catalog.actions}
    actions |= {e.action.key: e.action for policy in tick.policies for e in policy.entries}
    classes = [(a.key, a.message_class, a.exclusion_group) for a in actions.values()]
    _insert(cursor, "action_classes", classes)


def _fill_plan(cursor: duckdb.DuckDBPyConnection, tick: Tick) -> None:
    pairs = [(policy, entry) for policy in tick.policies for entry in policy.entries]
    stale = {policy.key: _is_stale(cursor, policy, tick) for policy in tick.policies}
    rows = [_plan_row(policy, entry, stale[policy.key], tick.killed) for policy, entry in pairs]
    _insert(cursor, "plan", rows)
    channels = [row for policy, entry in pairs for row in _channel_rows(policy, entry, tick)]
    _insert(cursor, "plan_channels", channels)
    outcomes = [
        (policy.key, entry.action.key, s.scope, o.outcome, o.n, o.window_seconds, o.pause_seconds)
        for policy, entry in pairs
        for s, o in entry.outcomes
    ]
    _insert(cursor, "plan_outcomes", outcomes)


def _plan_row(
    policy: PlannedPolicy, entry: PlannedEntry, stale: bool, killed: Killed
) -> tuple[Any, ...]:
    action = entry.action
    return (
        policy.key,
        policy.version,
        policy.is_rule,
        policy.k,
        policy.cooldown_seconds,
        policy.holdout is not None,
        *_range(policy.holdout),
        stale,
        action.key,
        entry.tier,
        entry.position,
        action.message_class,
        action.exclusion_group,
        action.expires_after_seconds,
        policy.repeats,
        killed.stops(policy=policy.key, action=action.key) is not None,
    )


def _channel_rows(
    policy: PlannedPolicy, entry: PlannedEntry, tick: Tick
) -> Iterable[tuple[Any, ...]]:
    # Only marketing needs the user's opt-in; what serves the user does not.
    needs_consent = entry.action.message_class == "marketing"
    for place, name in enumerate(entry.action.channels, start=1):
        channel = tick.catalog.channels[name]
        purpose = channel.consent_purpose if needs_consent else None
        killed = name in tick.killed.keys("channel")
        has_address = channel.address is not None
        yield policy.key, entry.action.key, place, name, purpose, has_address, killed


def _fill_contact(cursor: duckdb.DuckDBPyConnection, tick: Tick) -> None:
    contact = tick.catalog.defaults.contact_policy
    caps = [(c.key, c.n, c.window_seconds, c.message_class, c.channel) for c in contact.caps]
    _insert(cursor, "plan_caps", caps)
    found = cursor.execute("SELECT DISTINCT COALESCE(timezone, '') FROM zones_of_users").fetchall()
    ready = [(zone, ready_at(tick.as_of, zone, contact.quiet_hours)) for (zone,) in found]
    _insert(cursor, "zones", ready)
    users = tick.catalog.layout.users
    for name, channel in tick.catalog.channels.items():
        if channel.address is not None:
            has_one = exp.column(channel.address).is_(exp.null()).not_()
            known = exp.select(exp.Literal.string(name), exp.column(users.key)).from_(users.table)
            cursor.execute(exp.insert(known.where(has_one), "addresses").sql(DIALECT))


def _fill_flags(
    cursor: duckdb.DuckDBPyConnection,
    policy: PlannedPolicy,
    tick: Tick,
    users: tuple[str, ...] | None,
) -> None:
    asked = {name: part for entry in policy.entries for name, part in conditions_of(entry).items()}
    flags = compile_flags(
        asked,
        tick.catalog,
        as_of=tick.as_of,
        population=policy.population,
        audiences=tick.audiences,
        users=users,
    )
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE told AS {flags}")
    for entry in policy.entries:
        cursor.execute(_flags_of(policy, entry, tick.catalog).sql(DIALECT))


def conditions_of(entry: PlannedEntry) -> dict[str, Condition]:
    """What is asked of every user for one entry: ``eligible_1``, ``suppressed_1`` and so on."""
    parts = {
        f"eligible_{entry.position}": entry.eligibility,
        f"applicable_{entry.position}": entry.applicability,
        f"suppressed_{entry.position}": entry.suppressed,
        f"stopped_{entry.position}": entry.stopped,
    }
    return {name: part for name, part in parts.items() if part is not None}


def _flags_of(policy: PlannedPolicy, entry: PlannedEntry, catalog: Catalog) -> exp.Insert:
    asked = conditions_of(entry)
    # What is not asked: everything applies, and nothing suppresses or stops.
    silent = {"eligible": exp.true(), "applicable": exp.true()}
    flags = [
        exp.column(name) if name in asked else silent.get(kind, exp.false())
        for kind in ("eligible", "applicable", "suppressed", "stopped")
        for name in (f"{kind}_{entry.position}",)
    ]
    keys = exp.Literal.string(policy.key), exp.Literal.string(entry.action.key)
    user = exp.column("user_id", "told")
    query = exp.select(*keys, user, _score(entry), *flags).from_("told")
    if entry.score is not None:
        table, key = catalog.layout.traits.table, catalog.layout.traits.user
        traits = exp.to_table(table).as_("scored")
        query = query.join(traits, on=exp.column(key, "scored").eq(user), join_type="left")
    return exp.insert(query, "flags")


def _score(entry: PlannedEntry) -> exp.Expr:
    if entry.score is None:
        return exp.null()
    score = exp.cast(exp.column(entry.score, "scored"), "double")
    not_a_number = exp.cast(exp.Literal.string("NaN"), "double")
    return exp.Nullif(this=score, expression=not_a_number)


def _is_stale(cursor: duckdb.DuckDBPyConnection, policy: PlannedPolicy, tick: Tick) -> bool:
    return any(
        _newest(cursor, table, tick.catalog) < tick.as_of - timedelta(seconds=limit)
        for table, limit in policy.max_staleness_seconds.items()
    )


def _newest(cursor: duckdb.DuckDBPyConnection, table: str, catalog: Catalog) -> datetime:
    column = catalog.tables[table].time_column
    if column is None:
        return datetime.max
    query = exp.select(exp.Max(this=exp.column(column))).from_(table).sql(DIALECT)
    ((newest,),) = cursor.execute(query).fetchall()
    return newest if isinstance(newest, datetime) else datetime.min


def _turns(cursor: duckdb.DuckDBPyConnection) -> int:
    ((turns,),) = cursor.execute("SELECT COALESCE(MAX(turn), 0) FROM contenders").fetchall()
    return int(turns)


def _range(holdout: Holdout | None) -> tuple[str | None, str | None]:
    return (holdout.salt, share_end(holdout.share)) if holdout else (None, None)


def _insert(cursor: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert a few rows of our own making."""
    if rows:
        marks = exp.Tuple(expressions=[exp.Placeholder() for _ in rows[0]])
        statement = exp.insert(exp.values([marks]), table).sql(DIALECT)
        cursor.executemany(statement, rows)


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
