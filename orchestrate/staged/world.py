"""What staging decides with: the rulebook as it would be, were everything in it live."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from control import canaries, journeys, staging
from control.hashing import canonical
from control.staging import Staged
from control.store import Store
from control.versions import JourneyVersion, Version
from core.conditions import Condition
from core.rules import EligibilityRule
from orchestrate.cycle import plan_tick, with_due
from orchestrate.engine.candidates import Tick
from orchestrate.journeys.offers import Due
from orchestrate.plan import planned
from warehouse.catalog import Catalog
from warehouse.compile import Audiences


class World(NamedTuple):
    """A tick of staging, and what of the real past it does not see."""

    tick: Tick
    versions: dict[tuple[str, int], Version]
    """Every rule that it decides with, by key and version."""
    journeys: dict[str, JourneyVersion]
    """The journeys that are tried, as ``key@version``."""
    staged: dict[str, datetime]
    """The keys that staging stands for → since which moment of the data."""
    live_cycle: str
    """The cycle of the live rules at the same moment; empty when those are not decided on."""
    replaced: tuple[str, ...] = ()
    """Live runs of journeys that would be of the version that is tried."""
    waiting: Due = Due((), (), {})
    """The messages that runs of staging have due."""


def world_of(
    store: Store,
    catalog: Catalog,
    *,
    as_of: datetime,
    trace_id: str | None = None,
    released: frozenset[str] = frozenset(),
) -> World | None:
    """The rulebook with everything that is tried in its place; None when nothing is tried.

    Nothing that a journey has due is in it: that is known where the runs of staging are.

    ``released``: decisions of staging whose message was stopped.
    """
    there = staging.tried(store)
    if not there:
        return None
    live = plan_tick(store, catalog, as_of=as_of)
    rules = _together(canaries.in_force(store), there)
    cycle_id = _cycle_id(as_of, rules, there)
    tick = live._replace(
        cycle_id=cycle_id,
        trace_id=f"{staging.CYCLE}{trace_id}" if trace_id else cycle_id,
        policies=planned(rules),
        audiences=_audiences(live.audiences, there),
        released=live.released | released,
        counts_later=True,
    )
    since = {one.key: one.since for one in there}
    return World(
        tick=tick,
        versions={(one.key, one.version): one for one in rules},
        journeys=staging.journeys_of(there),
        staged=since,
        live_cycle=live.cycle_id,
        replaced=_replaced(store, there),
    )


def with_waiting(world: World, waiting: Due, *, only_journeys: bool = False) -> World:
    """The world with what its runs have due as further candidates, or as the only ones: then it
    decides on no rule, and is a cycle of its own, by which messages these are."""
    tick = with_due(world.tick, waiting, only_journeys=only_journeys)
    if not only_journeys:
        return world._replace(tick=tick, waiting=waiting)
    named = f"{world.tick.cycle_id}/journeys/{waiting.fingerprint}"
    cycle_id = f"{staging.CYCLE}{uuid.uuid5(uuid.NAMESPACE_URL, named)}"
    return world._replace(tick=tick._replace(cycle_id=cycle_id), waiting=waiting, live_cycle="")


def _cycle_id(as_of: datetime, rules: Sequence[Version], there: Sequence[Staged]) -> str:
    versions = [*rules, *staging.journeys_of(there).values()]
    rulebook = [[one.key, one.version, one.content_hash] for one in versions]
    since = [[one.key, one.since.isoformat()] for one in there]
    named = canonical([as_of.isoformat(), rulebook, since]).decode()
    return f"{staging.CYCLE}{uuid.uuid5(uuid.NAMESPACE_URL, named)}"


def _replaced(store: Store, there: Sequence[Staged]) -> tuple[str, ...]:
    found: list[journeys.Row] = []
    for one in staging.journeys_of(there).values():
        for rows in journeys.entered_since(store, one.key, one.published_at):
            found += rows
    return tuple(str(run) for run, _ in found)


def _together(live: Sequence[Version], there: Sequence[Staged]) -> list[Version]:
    tried = staging.rules_of(there)
    # A key with a canary is live twice; what is tried takes the place of both.
    kept = [one for one in live if one.key not in tried]
    return sorted((*kept, *tried.values()), key=lambda one: (one.key, -one.version))


def _audiences(published: Audiences, there: Sequence[Staged]) -> Audiences:
    """Named audiences as they would be, were everything in staging live."""
    tried = staging.rules_of(there)

    def resolve(key: str, number: int | None) -> Condition | None:
        one = tried.get(key)
        if one is None or number not in (None, one.version):
            return published(key, number)
        rule = one.artifact
        if not isinstance(rule, EligibilityRule):
            return None
        return rule.members

    return resolve
