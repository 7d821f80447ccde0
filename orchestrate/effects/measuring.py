"""The effect of a proposal on the snapshot of a moment; nothing is kept."""

from __future__ import annotations

from datetime import datetime

import duckdb

from control import canaries, versions
from control.store import Store
from core.effects import Against, Effect
from core.proposal import actions_of
from orchestrate import stages
from orchestrate.cycle import plan_tick
from orchestrate.effects.asking import AFTER, Asked, asked_of
from orchestrate.effects.counting import Counts
from orchestrate.effects.naming import named_by
from orchestrate.effects.sides import Artifact, side_of
from orchestrate.effects.traffic import cost_of, entering, week_of
from orchestrate.effects.twice import CHUNK, Worlds, lay_out, parts
from orchestrate.plan import planned
from orchestrate.rehearsal.dry_run import as_version
from warehouse.batch import flags
from warehouse.catalog import Catalog
from warehouse.clocks.past import stand_at
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.transactions import undone


def measure(
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    artifact: Artifact,
    *,
    as_of: datetime,
) -> Effect:
    """What would change at ``as_of`` (naive UTC), were the artifact live instead of its key's
    version. Raises the first refusal of a condition that the catalog cannot decide."""
    live = canaries.in_force(store)
    own = [one.artifact for one in live if one.key == artifact.key]
    tick = plan_tick(store, catalog, as_of=as_of)
    tick = tick._replace(policies=planned([*live, as_version(artifact, as_of)]))
    named = named_by(artifact, versions.live(store), catalog, tick.audiences)
    asked = asked_of(side_of(own), side_of([artifact]), artifact.holdout, catalog, named)
    sends = bool(actions_of(artifact)) or any(actions_of(one) for one in own)
    with warehouse.cursor() as cursor:
        stages.create_tables(cursor)
        with undone(cursor):
            stand_at(cursor, catalog, as_of)
            counts = count_all(cursor, tick, artifact.key if sends else None, asked)
            enter = (
                entering(
                    cursor,
                    asked.flags[AFTER],
                    catalog,
                    as_of=as_of,
                    audiences=versions.audiences(store),
                )
                if sends
                else 0.0
            )
    version = next((one.version for one in versions.live(store) if one.key == artifact.key), None)
    others = {one.key for one in tick.policies} - {artifact.key}
    return effect_of(counts, artifact, catalog, as_of, version, len(others), enter, sends=sends)


def count_all(
    cursor: duckdb.DuckDBPyConnection, tick: stages.Tick, key: str | None, asked: Asked
) -> Counts:
    """Count everybody of a tick that holds the proposal beside all live rules; without a key
    nothing is sent, and only conditions are asked."""
    if key is None:
        counts = Counts(asked, None)
        for told in flags(
            cursor,
            asked.flags,
            tick.catalog,
            as_of=tick.as_of,
            audiences=tick.audiences,
            chunk=CHUNK,
        ):
            counts.add(told, None)
        return counts
    worlds: Worlds = lay_out(cursor, tick, key)
    counts = Counts(asked, worlds)
    for part in parts(cursor, worlds, asked.flags):
        counts.add(part.told, part)
    return counts


def effect_of(
    counts: Counts,
    artifact: Artifact,
    catalog: Catalog,
    as_of: datetime,
    version: int | None,
    others: int,
    enter: float,
    *,
    sends: bool,
) -> Effect:
    """What was counted, as it is stored."""
    against = Against(
        version=version,
        **{name: counts.members[name] for name in ("before", "after", "entered", "left")},
    )
    told = Effect(
        as_of=as_of.isoformat(),
        against=against,
        by=counts.breakdowns(),
        sample=counts.sample.told(catalog),
        named_by=counts.named_by(),
    )
    if not sends:
        return told
    traffic = week_of(artifact, counts.sent, against.after, enter, as_of)
    channels = [name for action in actions_of(artifact) for name in action.channels]
    return told.model_copy(
        update={
            "everything": counts.everything(others),
            "pressure": counts.pressure(artifact.key),
            "contamination": counts.contamination(),
            "traffic": traffic,
            "cost": cost_of(traffic, counts.sent, channels, catalog),
        }
    )
