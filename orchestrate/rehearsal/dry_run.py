"""A dry run over the whole population: what the rules in force would do, with a proposal among
them or without. Nothing is kept."""

from __future__ import annotations

from datetime import datetime

from control.canaries import in_force
from control.store import Store
from control.versions import Rule, Version, Versioned
from core.errors import Code, refuse
from core.rules import EligibilityRule
from orchestrate import stages
from orchestrate.cycle import plan_tick
from orchestrate.engine.candidates import Tick
from orchestrate.plan import planned
from orchestrate.rehearsal.counting import Counts, clause_flags
from orchestrate.rehearsal.outcome import Rehearsal
from orchestrate.rehearsal.parts import parts
from orchestrate.rehearsal.week import DAYS, SAMPLE, week_ahead
from warehouse.catalog import Catalog
from warehouse.clocks.past import stand_at
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.transactions import undone

ASSUMPTIONS = (
    "The cycle runs once a day at this hour, with these rules.",
    "Nobody does anything new: no events, no answers, no new users; only time passes.",
    f"Where there are more than {SAMPLE:,} users, the days after today are counted on a sample "
    f"of {SAMPLE:,} and scaled up.",
)


def rehearse(
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    *,
    as_of: datetime,
    proposed: Rule | None = None,
    week: bool = True,
) -> Rehearsal:
    """What a cycle at ``as_of`` (naive UTC) would do: waterfalls, overlap, cap pressure, volume.

    ``proposed`` takes the place of the live rule with its key, or comes beside the others.
    Refuses with INVALID_ARGUMENT when it sends nothing.
    """
    tick = with_proposed(plan_tick(store, catalog, as_of=as_of), in_force(store), proposed)
    with warehouse.cursor() as cursor:
        stages.create_tables(cursor)
        with undone(cursor):
            stand_at(cursor, catalog, as_of)
            stand = stages.lay_out(cursor, tick)
            counts = Counts(stand)
            for part in parts(cursor, stand, clause_flags(stand)):
                counts.add(part)
            calendar = week_ahead(cursor, tick, counts.by_day, counts.users) if week else ()
    changed = proposed.key if proposed else None
    return Rehearsal(
        as_of=as_of.isoformat(),
        users=counts.users,
        rules={one.key: None if one.key == changed else one.version for one in tick.policies},
        selected=counts.total("selected"),
        held_out=counts.total("held_out"),
        actions=counts.actions(catalog, changed),
        overlap=counts.overlap(),
        caps=counts.caps(),
        deferred=counts.deferred,
        calendar=calendar,
        assumptions=ASSUMPTIONS[: 2 + any(day.estimated for day in calendar)] if week else (),
    )


def with_proposed(tick: Tick, rules: list[Version], proposed: Rule | None) -> Tick:
    """The tick as if a proposal were live."""
    if proposed is None:
        return tick
    if isinstance(proposed, EligibilityRule) and proposed.action is None:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"'{proposed.key}' sends nothing: it is an audience for other rules.",
            span=proposed.key,
            fix=f"Count its users with 'pilothouse rules audience {proposed.key}'.",
        )
    others = [one for one in rules if one.key != proposed.key]
    return tick._replace(policies=planned([*others, as_version(proposed, tick.as_of)]))


def as_version(artifact: Rule, at: datetime) -> Version:
    """A proposal in the place of a version: number 0, by nobody."""
    return Versioned(
        key=artifact.key,
        version=0,
        kind=artifact.kind,
        artifact=artifact,
        content_hash="",
        change_request_id=None,
        state="proposed",
        published_at=at,
        published_by="",
    )


__all__ = ["DAYS", "as_version", "rehearse", "with_proposed"]
