"""Renamed events are found by themselves, and events that only resemble others are left alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from collect.plan import TrackingPlan
from collect.radar import EVENTS, Candidate, scan, with_aliases
from collect.radar_evidence import Views
from collect.radar_shapes import name_likeness, words
from collect.reprocess import reprocess
from tests.collect.radar_worlds import DOMAINS, START, Story, story
from tests.collect.world import World, track

LONG_AGO = datetime(2026, 1, 1)


class Found(NamedTuple):
    """What the radar said about a log, beside the truth."""

    right: list[Candidate]
    wrong: list[Candidate]
    missed: list[str]
    renames: list[bool]
    """For every right one: whether its property names are right as well."""


def told(folder: Path, log: Story) -> World:
    world = World(folder, TrackingPlan.model_validate(log.plan))
    for at, events in log.requests:
        world.send(*events, received_at=at)
    world.load()
    return world


def looked_at(folder: Path, domain: str, seed: int) -> Found:
    log = story(DOMAINS[domain], seed)
    world = told(folder / f"{domain}{seed}", log)
    found = scan(world.warehouse, world.plan, LONG_AGO)
    counts = dict(world.warehouse.fetch(UNPLANNED).rows)
    world.close()
    right = [one for one in found if log.truth.get(one.sent_name) == one.event_name]
    named = {one.sent_name for one in found}
    keys = {
        rename.name: {theirs: ours for ours, theirs in rename.properties.items()}
        for rename in DOMAINS[domain].renames
    }
    return Found(
        right,
        [one for one in found if one not in right],
        [name for name in log.truth if counts.get(name, 0) >= EVENTS and name not in named],
        [one.renames == keys[one.sent_name] for one in right],
    )


UNPLANNED = "SELECT body ->> '$.event', COUNT(*) FROM dead_letters GROUP BY 1"


@pytest.mark.parametrize(("domain", "seed"), [("fitness", 5), ("shop", 6)])
def test_renamed_events_are_found_and_those_that_resemble_them_are_not(
    tmp_path: Path, domain: str, seed: int
) -> None:
    found = looked_at(tmp_path, domain, seed)

    assert len(found.right) == 4
    assert found.wrong == []
    assert found.missed == []
    assert all(found.renames)


@pytest.mark.slow
def test_over_many_logs_of_three_domains_nine_of_ten_proposals_are_right(tmp_path: Path) -> None:
    founds = [looked_at(tmp_path, domain, seed) for domain in DOMAINS for seed in range(100, 106)]

    right = sum(len(one.right) for one in founds)
    wrong = sum(len(one.wrong) for one in founds)
    missed = sum(len(one.missed) for one in founds)
    renames = [good for one in founds for good in one.renames]
    assert right > 40
    assert right / (right + wrong) >= 0.9
    assert right / (right + missed) >= 0.9
    assert sum(renames) / len(renames) >= 0.9


def test_a_candidate_brings_its_counts(tmp_path: Path) -> None:
    log = story(DOMAINS["fitness"], 5)
    world = told(tmp_path, log)

    one = scan(world.warehouse, world.plan, LONG_AGO)[0]

    where = f"body ->> '$.event' = '{one.sent_name}'"
    counted = (
        f"SELECT COUNT(*), COUNT(DISTINCT body ->> '$.userId') FROM dead_letters WHERE {where}"
    )
    assert world.warehouse.fetch(counted).rows == [(one.events, one.people)]
    assert sum(one.platforms.values()) == one.events
    assert START < one.first_at < one.last_at
    world.close()


def test_only_what_was_received_since_a_moment_is_looked_at(tmp_path: Path) -> None:
    log = story(DOMAINS["fitness"], 5)
    world = told(tmp_path, log)

    assert scan(world.warehouse, world.plan, START + timedelta(days=41)) == []
    world.close()


def test_one_approval_and_a_reprocess_rewrite_the_history(tmp_path: Path) -> None:
    log = story(DOMAINS["shop"], 6)
    world = told(tmp_path, log)
    found = scan(world.warehouse, world.plan, LONG_AGO)
    plan = with_aliases(world.plan, found)

    reprocess(world.warehouse, world.log, plan, world.sources)

    names = {name for (name,) in world.rows("fct_events", "DISTINCT event_name")}
    assert names <= {*plan.events}
    assert not names & {*log.truth}
    stored = dict(world.warehouse.fetch(STORED).rows)
    assert {one.sent_name: one.events for one in found} == stored
    assert scan(world.warehouse, plan, LONG_AGO) == []
    world.close()


STORED = """
    SELECT sent_name, COUNT(*) FROM raw_events WHERE sent_name <> event_name GROUP BY sent_name
"""


def test_one_who_looks_at_nothing_finds_nothing(world: World) -> None:
    assert scan(world.warehouse, world.plan, LONG_AGO) == []
    world.send(track("nobody planned this"), track())
    world.load()
    assert scan(world.warehouse, world.plan, LONG_AGO) == []


def test_of_very_many_events_some_people_are_looked_at_and_everything_is_counted(
    tmp_path: Path,
) -> None:
    world = told(tmp_path, story(DOMAINS["fitness"], 5, people=900))

    some = scan(world.warehouse, world.plan, LONG_AGO, most=5_000)

    every = scan(world.warehouse, world.plan, LONG_AGO)
    assert {one.sent_name: one.events for one in some} == {
        one.sent_name: one.events for one in every
    }
    world.close()


def test_a_planned_event_that_is_another_one_under_a_seldom_name_is_found_as_well(
    tmp_path: Path,
) -> None:
    log = story(DOMAINS["travel"], 43)
    name, event = next(iter(log.truth.items()))
    log.plan["events"][name] = {"aliases": {"older name": {}}}
    world = told(tmp_path, log)

    found = scan(world.warehouse, world.plan, LONG_AGO)
    plan = with_aliases(world.plan, found)

    (one,) = [one for one in found if name in (one.sent_name, one.event_name)]
    assert {one.sent_name, one.event_name} == {name, event}
    assert one.sent_name not in plan.events
    means = {row.sent_name: row.event_name for row in plan.names()}
    assert means["older name"] == means[name] == means[event] == one.event_name
    world.close()


def test_an_alias_that_cannot_be_said_with_all_its_properties_is_said_without_them() -> None:
    plan = TrackingPlan.model_validate({"events": {"a b": {"properties": {"x": {}}}}})
    one = Candidate(
        'odd "name".', "a b", {"x": "y", "p.q": "x", 'r"': "x", "z": "x"}, 1.0, 1, 1,
        START, START, {}, {}, 0, Views(1.0, None, 1.0, 1.0, 1.0, 1.0),
    )  # fmt: skip

    event = with_aliases(plan, [one]).events["a b"]

    assert event.aliases == {'odd "name".': {"z": "x"}}
    assert {*event.properties} == {"x"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("checkout_started", "Checkout Started"),
        ("checkoutStarted", "checkout-started"),
        ("HTTPServerUp", "http server up"),
        ("step2Done", "step 2 done"),
    ],
)
def test_names_are_the_same_words_however_they_are_written(one: str, other: str) -> None:
    assert words(one) == words(other)
    assert name_likeness(one, other) == 1.0
