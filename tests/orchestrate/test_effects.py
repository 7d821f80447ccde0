"""The effect of a proposal, held against plain Python that decides one user after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.conditions import And, clauses
from orchestrate import stages
from orchestrate.effects.asking import AFTER, BEFORE, Asked, asked_of
from orchestrate.effects.counting import Counts
from orchestrate.effects.measuring import count_all
from orchestrate.effects.sides import Route, Side
from orchestrate.engine.candidates import Tick
from orchestrate.plan import PlannedPolicy
from tests.orchestrate import oracle, small_worlds
from tests.orchestrate.plain_worlds import OPolicy, OUser, OWorld
from tests.orchestrate.world import SCHEMA
from warehouse.catalog import Catalog, load_catalog
from warehouse.engines.duckdb import DuckDBWarehouse

Sent = dict[str, set[tuple[str, str]]]
"""User → (rule, action) of every message that would go out."""


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouse]:
    folder = tmp_path_factory.mktemp("effects")
    made = DuckDBWarehouse(folder / "w.duckdb", must_exist=False, threads=1)
    made.execute(SCHEMA)
    yield made
    made.close()


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


class Case(NamedTuple):
    """A world, and a proposal for one of its keys or for a new one."""

    world: OWorld
    proposed: OPolicy

    @property
    def key(self) -> str:
        return self.proposed.key

    @property
    def replaced(self) -> list[OPolicy]:
        return [one for one in self.world.policies if one.key == self.key]

    @property
    def after(self) -> OWorld:
        others = [one for one in self.world.policies if one.key != self.key]
        return self.world._replace(policies=(*others, self.proposed))

    @property
    def both(self) -> OWorld:
        return self.world._replace(policies=(*self.world.policies, self.proposed))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    r = draw(st.randoms(use_true_random=False))
    (world,) = small_worlds.drawn(r, "e", 1)
    keys = [one.key for one in world.policies]
    key = r.choice([*keys, "a_new_one"])
    mine = r.sample([*world.actions.values()], r.randint(1, len(world.actions)))
    proposed = small_worlds.policy_of(r, key, mine, is_rule=len(mine) == 1 and r.random() < 0.5)
    return Case(world, proposed._replace(version=0, stale=False))


def counted(
    case: Case, warehouse: DuckDBWarehouse, catalog: Catalog
) -> tuple[Counts, Asked, Catalog]:
    tick = small_worlds.tick_of([case.both], catalog)
    asked = _asked(tick, case.key)
    with warehouse.cursor() as cursor:
        stages.create_tables(cursor)
        small_worlds.write(cursor, [case.world])
        return count_all(cursor, tick, case.key, asked), asked, tick.catalog


def _asked(tick: Tick, key: str) -> Asked:
    own = [one for one in tick.policies if one.key == key]
    proposed = next(one for one in own if one.version == 0)
    before = tuple(route for one in own if one.version for route in _routes(one))
    sides = Side(before), Side(tuple(_routes(proposed)))
    return asked_of(*sides, proposed.holdout, tick.catalog)


def _routes(policy: PlannedPolicy) -> Iterator[Route]:
    for entry in policy.entries:
        applies = (entry.applicability,) if entry.applicability else ()
        parts = And(of=(policy.population, entry.eligibility, *applies))
        yield Route(entry.action.key, entry.action.name, clauses(parts))


def is_for(policy: OPolicy, user: OUser) -> bool:
    """Whether any entry of a policy is for a user, by conditions alone."""
    if oracle.truth(policy.population, user) is not True:
        return False
    return any(
        oracle.truth(entry.eligibility, user) is True
        and (entry.applicability is None or oracle.truth(entry.applicability, user) is True)
        for entry in policy.entries
    )


def sent(world: OWorld) -> Sent:
    found: Sent = {user.key: set() for user in world.users}
    for (user, policy, action), told in oracle.decide(world).items():
        if told.reason == "SELECTED":
            found[user].add((policy, action))
    return found


@settings(max_examples=25)
@given(case=cases())
def test_everything_that_is_counted_is_what_plain_python_counts(
    warehouse: DuckDBWarehouse, catalog: Catalog, case: Case
) -> None:
    counts, _, _ = counted(case, warehouse, catalog)

    was = {user.key for user in case.world.users if any(is_for(p, user) for p in case.replaced)}
    will = {user.key for user in case.world.users if is_for(case.proposed, user)}
    assert counts.members["before"] == len(was)
    assert counts.members["after"] == len(will)
    assert counts.members["entered"] == len(will - was)
    assert counts.members["left"] == len(was - will)

    had, has = sent(case.world), sent(case.after)
    told = counts.everything(0)
    assert told.before == sum(bool(one) for one in had.values())
    assert told.after == sum(bool(one) for one in has.values())
    assert told.gained == sum(not had[user] and bool(has[user]) for user in had)
    assert told.lost == sum(bool(had[user]) and not has[user] for user in had)
    changed = {user for user in had if had[user] and has[user] and had[user] != has[user]}
    assert told.changed == len(changed)

    gone = Counter(rule for user in had for rule, _ in had[user] - has[user] if rule != case.key)
    pressure = counts.pressure(case.key)
    assert {one.rule: one.messages for one in pressure.by_rule} == gone
    reasons = Counter(
        told.reason for (_, key, _), told in oracle.decide(case.after).items() if key == case.key
    )
    assert pressure.no_room == reasons["CAP_REACHED"] + reasons["MIN_GAP"]
    assert pressure.wanted == pressure.no_room + reasons["SELECTED"]
    assert sum(counts.sent.values()) == reasons["SELECTED"]

    contamination = counts.contamination()
    kept_out = {user.key for user in case.world.users if _is_kept_out(case, user)}
    keys = {entry.action.key for entry in case.proposed.entries}
    got_it = {
        user.key
        for user in case.world.users
        if any(one.action in keys and one.sent < case.world.at for one in user.messages)
    }
    assert contamination.held_out == len(will & kept_out)
    assert contamination.got_it == len(will & kept_out & got_it)


def _is_kept_out(case: Case, user: OUser) -> bool:
    holdouts = (case.proposed.holdout, case.world.contact.holdout)
    return any(oracle.below(user.key, *one) for one in holdouts if one is not None)


@settings(max_examples=10)
@given(case=cases())
def test_whoever_is_shown_does_enter_leave_or_get_something_else(
    warehouse: DuckDBWarehouse, catalog: Catalog, case: Case
) -> None:
    counts, asked, known = counted(case, warehouse, catalog)
    had, has = sent(case.world), sent(case.after)
    users = {user.key: user for user in case.world.users}

    for one in counts.sample.told(known):
        user = users[one.user_id]
        was, will = any(is_for(p, user) for p in case.replaced), is_for(case.proposed, user)
        if one.change == "changes":
            assert had[user.key] != has[user.key]
        else:
            assert (was, will) == ((False, True) if one.change == "enters" else (True, False))
        assert one.why.endswith(".")
    assert asked.flags.keys() >= {BEFORE, AFTER}
