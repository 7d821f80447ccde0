"""What happens in the world of a seed: how large it is, what was asked when, what was planted."""

from __future__ import annotations

from typing import get_args

import numpy as np

from evals.causes.worlds.app import ANDROID, DAY, HOUR, IOS, TRANSITIONS, WEEK
from evals.causes.worlds.menu import NEW_VERSION, planted
from evals.causes.worlds.planted import Kind, Planted, Release, Scenario, Trap

NONE_SHARE = 0.22
TWO_SHARE = 0.25
SMALL_SHARE = 0.15
WEAK_SHARE = 0.12
WEAK = 0.4

HARMLESS: frozenset[Kind] = frozenset({"duplicate_events"})
CAUSES: tuple[Kind, ...] = tuple(k for k in get_args(Kind) if k not in HARMLESS)
ONE_OF: tuple[frozenset[Kind], ...] = (
    frozenset({"platform_fall", "global_dip", "price_change", "returning_only"}),
    frozenset({"late_data", "timezone_shift"}),
    frozenset({"tracking_break", "null_property", "timezone_shift", "identity_change"}),
)
"""Of these no two happen in one world: nobody could tell one from the other by the data."""

Draw = np.random.Generator


def scenario(seed: int) -> Scenario:
    """The scenario of a seed."""
    draw = np.random.default_rng([seed, 1])
    small = draw.random() < SMALL_SHARE
    entrants = int(draw.uniform(2_500, 4_000) if small else draw.uniform(5_000, 8_000))
    end, as_of = _asked(draw)
    weak = bool(draw.random() < WEAK_SHARE)
    causes = _causes(draw, seed, end)
    if weak:
        causes = tuple(c.weaker(WEAK) for c in causes)
    traps = _traps(draw, causes)
    if not causes and draw.random() < 0.15:
        causes = (planted("duplicate_events", draw, end),)
    return Scenario(
        seed=seed,
        entrants=entrants,
        control_entrants=int(entrants * draw.uniform(0.6, 1.0)),
        weeks=int(draw.choice([6, 7, 8], p=[0.4, 0.4, 0.2])),
        end=end,
        as_of=as_of,
        planted=causes,
        traps=traps,
        releases=_releases(draw, causes, traps),
        weak=weak,
        nuisance={
            "trend": float(draw.uniform(0.02, 0.045)),
            "rising_control": float(draw.uniform(0.12, 0.3)),
            "rise": float(draw.uniform(0.12, 0.35)),
            "step": float(draw.integers(TRANSITIONS)),
        },
    )


def _asked(draw: Draw) -> tuple[float, float]:
    """The end of the period and the moment of asking; half the questions come mid-week.

    As in a prompt about this week: the period ends with the last whole day.
    """
    if draw.random() < 0.5:
        days = int(draw.integers(3, 7))
        return days * DAY, days * DAY + float(draw.integers(0, 20)) * HOUR
    return WEEK, WEEK + float(draw.choice([0, 6, 30])) * HOUR


def _causes(draw: Draw, seed: int, end: float) -> tuple[Planted, ...]:
    """None, one or two; the first goes round the kinds, so that every range of seeds has each."""
    lot = draw.random()
    number = 0 if lot < NONE_SHARE else 2 if lot < NONE_SHARE + TWO_SHARE else 1
    chosen: list[Kind] = [CAUSES[seed % len(CAUSES)]][:number]
    while len(chosen) < number:
        kind = CAUSES[int(draw.integers(len(CAUSES)))]
        if not any(kind == other or _alike(kind, other) for other in chosen):
            chosen.append(kind)
    return tuple(planted(kind, draw, end) for kind in chosen)


def _alike(a: Kind, b: Kind) -> bool:
    return any(a in one and b in one for one in ONE_OF)


def _traps(draw: Draw, causes: tuple[Planted, ...]) -> tuple[Trap, ...]:
    traps: list[Trap] = []
    misleading: tuple[Trap, ...] = ("trend", "rising_control", "rise")
    if draw.random() < (0.12 if causes else 0.5):
        traps.append(misleading[int(draw.integers(len(misleading)))])
    if draw.random() < 0.5 and not any(c.version for c in causes):
        traps.append("innocent_release")
    if draw.random() < 0.3:
        traps.append("capped_by_zeal")
    return tuple(traps)


def _releases(
    draw: Draw, causes: tuple[Planted, ...], traps: tuple[Trap, ...]
) -> tuple[Release, ...]:
    old = [
        Release(platform, version, (weeks + draw.uniform(-0.4, 0.4)) * WEEK)
        for platform in (IOS, ANDROID)
        for version, weeks in (("5.1.0", -30), ("5.2.0", -6), ("5.3.0", -3))
    ]
    by_version = [c for c in causes if c.version]
    if by_version:
        since = min(c.since for c in by_version)
        at = since if since > 0 else -float(draw.uniform(0.2, 2.5)) * DAY
        old.append(Release(IOS, NEW_VERSION, at))
    elif "innocent_release" in traps:
        old.append(Release(IOS, NEW_VERSION, float(draw.uniform(-2.5, 1.5)) * DAY))
    if draw.random() < 0.4:
        old.append(Release(ANDROID, NEW_VERSION, float(draw.uniform(-4, 1.5)) * DAY))
    return tuple(sorted(old, key=lambda r: (r.platform, r.at)))
