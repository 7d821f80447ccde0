"""Who opens the app, and every random number that will be needed of them.

A row is a user in a week. The numbers are drawn before anything is planted, so that the same world
without a cause differs by nothing but the cause; users whom a cause brings are rows of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from evals.causes.worlds.app import (
    ANDROID,
    COUNTRIES,
    COUNTRY_CLOCKS,
    COUNTRY_SHARES,
    DAY,
    DAY_SHARES,
    HOUR,
    HOUR_WEIGHTS,
    IOS,
    NEW_SHARE,
    SOURCE_SHARES,
    SOURCES,
    STEPS,
    TRANSITIONS,
    WEEK,
)
from evals.causes.worlds.planted import Planted, Scenario

Floats = npt.NDArray[np.float32]
Moments = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

COUNT_NOISE = 0.04
"""Week-to-week standard deviation of the logarithm of how many come."""
FIRST_SPARE = 50_000_000
"""Codes of users whom a cause brings; those of users split in two come after them."""


@dataclass(frozen=True)
class Crowd:
    """Rows of users in weeks; every field has one entry a row, chances lie in [0, 1)."""

    week: Codes
    """0 is the current one, -1 the one before; 1 what has begun of the next."""
    platform: Codes
    user: Codes
    new: Flags
    source: Codes
    country: Codes
    entry: Moments
    """When they first open the app that week, in seconds from the start of the current one."""
    brought_by: Codes
    """The place of the cause that brought them among the planted ones; -1 for everybody else."""
    zeal: Floats
    goes_on: Floats
    pace: Floats
    arrives: Floats
    lost: Floats
    late: Floats
    chance: Floats
    """Chances of one use each: see ``CHANCES``."""

    def only(self, rows: Flags) -> Crowd:
        """Some of the rows."""
        return Crowd(*(getattr(self, f.name)[rows] for f in fields(self)))

    def of(self, name: str) -> Floats:
        """The chance of one use."""
        column: Floats = self.chance[:, CHANCES.index(name)]
        return column

    def __len__(self) -> int:
        return len(self.week)


CHANCES = (
    "updates", "slow", "slow_by", "eligible", "channel", "consents", "held", "capped", "fails",
    "split", "repeats", "reopens", "reopens_at", "plan", "checkout_fails", "blamed",
)  # fmt: skip


def crowd(scenario: Scenario) -> Crowd:
    """Everybody who comes until the moment of asking."""
    draw = np.random.default_rng([scenario.seed, 2])
    parts, first = [], 0
    for platform, entrants in ((IOS, scenario.entrants), (ANDROID, scenario.control_entrants)):
        parts.append(_platform(draw, scenario, platform, entrants, first))
        first += 20_000_000
    for place, cause in enumerate(scenario.planted):
        if cause.kind in ("mix_shift", "entrant_inflation"):
            extra = np.random.default_rng([scenario.seed, 3, place])
            parts.append(_brought(extra, scenario, cause, place))
    everybody = Crowd(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Crowd)))
    return everybody.only(everybody.entry < scenario.as_of)


def _platform(
    draw: np.random.Generator, scenario: Scenario, platform: int, entrants: int, first: int
) -> Crowd:
    weeks = np.arange(-scenario.weeks, 2 if scenario.as_of > WEEK else 1)
    sizes = (entrants * np.exp(draw.normal(0, COUNT_NOISE, len(weeks)))).astype(np.int64)
    week = np.repeat(weeks, sizes)
    new = draw.random(len(week)) < NEW_SHARE
    # Who returns is one of a stable pool, at most once a week; who signs up is nobody seen before.
    pool = 6 * entrants
    returning = np.concatenate([draw.permutation(pool)[:size] for size in sizes])
    user = first + np.where(new, pool + np.arange(len(week)), returning)
    people = pool + len(week)
    source = draw.choice(len(SOURCES), people, p=SOURCE_SHARES)[user - first]
    country = draw.choice(len(COUNTRIES), people, p=COUNTRY_SHARES)[user - first]
    zeal = draw.standard_normal(people, dtype=np.float32)[user - first]
    return _rows(draw, week, platform, People(user, new, source, country, zeal), -1)


def _brought(draw: np.random.Generator, scenario: Scenario, cause: Planted, place: int) -> Crowd:
    """Users whom a surge of a source, or a robot, brings from the cause's beginning on."""
    ((column, value),) = cause.where
    by_source = column == "utm_source"
    values, shares = (SOURCES, SOURCE_SHARES) if by_source else (COUNTRIES, COUNTRY_SHARES)
    share = shares[values.index(value)]
    more = share * (cause.size - 1) if cause.kind == "mix_shift" else cause.size
    number = int(scenario.entrants * more)
    week = np.repeat([0, 1] if scenario.as_of > WEEK else [0], number)
    n = len(week)
    new = np.full(n, True) if cause.kind == "entrant_inflation" else draw.random(n) < NEW_SHARE
    source = draw.choice(len(SOURCES), n, p=SOURCE_SHARES)
    country = draw.choice(len(COUNTRIES), n, p=COUNTRY_SHARES)
    (source if by_source else country)[:] = values.index(value)
    user = FIRST_SPARE * (place + 1) + np.arange(n)
    zeal = draw.standard_normal(n, dtype=np.float32)
    rows = _rows(draw, week, IOS, People(user, new, source, country, zeal), place)
    return rows.only(rows.entry >= cause.since)


class People(NamedTuple):
    """What is so of a row's user whenever they come."""

    user: Codes
    new: Flags
    source: Codes
    country: Codes
    zeal: Floats


def _rows(
    draw: np.random.Generator, week: Codes, platform: int, people: People, brought_by: int
) -> Crowd:
    n = len(week)
    clock = np.array(COUNTRY_CLOCKS)[people.country]
    day = draw.choice(7, n, p=DAY_SHARES)
    weights = np.array(HOUR_WEIGHTS) / sum(HOUR_WEIGHTS)
    hour = (draw.choice(24, n, p=weights) - clock) % 24
    entry = week * WEEK + day * DAY + (hour + draw.random(n)) * HOUR
    return Crowd(
        week=week,
        platform=np.full(n, platform),
        user=people.user,
        new=people.new,
        source=people.source,
        country=people.country,
        entry=entry,
        brought_by=np.full(n, brought_by),
        zeal=people.zeal,
        goes_on=draw.random((n, TRANSITIONS), dtype=np.float32),
        pace=draw.standard_normal((n, TRANSITIONS), dtype=np.float32),
        arrives=draw.random((n, len(STEPS)), dtype=np.float32),
        lost=draw.random((n, len(STEPS)), dtype=np.float32),
        late=draw.random((n, len(STEPS)), dtype=np.float32),
        chance=draw.random((n, len(CHANCES)), dtype=np.float32),
    )
