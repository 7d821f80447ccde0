"""What each kind of cause looks like: whom it concerns, which step, how strong, from when on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from evals.causes.worlds.app import ANDROID, CHANNELS, COUNTRIES, DAY, IOS, SOURCES, TRANSITIONS
from evals.causes.worlds.planted import Kind, Planted

LATER_START = 0.35
"""Share of causes that begin within the week instead of with it."""
NEW_VERSION = "5.4.0"
BY_VERSION: frozenset[Kind] = frozenset(
    {"tracking_break", "null_property", "timezone_shift", "release_regression"}
)

Draw = np.random.Generator
Make = Callable[[Kind, Draw], Planted]


def planted(kind: Kind, draw: Draw, end: float) -> Planted:
    """A cause of a kind, which begins before the last day asked about."""
    latest = min(end - DAY, 4 * DAY)
    since = float(draw.uniform(0.5 * DAY, latest)) if draw.random() < LATER_START else 0.0
    made = MENU[kind](kind, draw)
    return replace(made, since=since, version=NEW_VERSION if kind in BY_VERSION else None)


def _strength(low: float, high: float) -> Make:
    return lambda kind, draw: Planted(kind, float(draw.uniform(low, high)))


def _step(low: float, high: float, *platforms: int) -> Make:
    return lambda kind, draw: Planted(
        kind, float(draw.uniform(low, high)), step=_transition(draw), platforms=platforms
    )


def _event(kind: Kind, draw: Draw) -> Planted:
    """An event that is not the first, or nobody would be asked about."""
    return Planted(
        kind, float(draw.uniform(0.35, 0.95)), step=int(draw.integers(1, TRANSITIONS + 1))
    )


def _segment(kind: Kind, draw: Draw) -> Planted:
    by_source = draw.random() < 0.5
    where = _source(draw, 4) if by_source else _country(draw, 5)
    return Planted(kind, float(draw.uniform(0.7, 1.6)), step=_transition(draw), where=(where,))


def _cell(kind: Kind, draw: Draw) -> Planted:
    where = (_country(draw, 3), _source(draw, 2))
    return Planted(kind, float(draw.uniform(1.3, 2.4)), step=_transition(draw), where=where)


def _mix(kind: Kind, draw: Draw) -> Planted:
    """Many more of those who buy least."""
    low = (("utm_source", "tiktok"), ("country", "IN"), ("utm_source", "facebook"))
    where = low[int(draw.integers(len(low)))]
    most = 3.5 if where[1] == "facebook" else 6.0
    return Planted(kind, float(draw.uniform(2.5, most)), where=(where,))


def _robots(kind: Kind, draw: Draw) -> Planted:
    return Planted(kind, float(draw.uniform(0.12, 0.6)), where=(_source(draw, 5),))


def _channel(kind: Kind, draw: Draw) -> Planted:
    channel = CHANNELS[0] if draw.random() < 0.8 else CHANNELS[1]
    return Planted(kind, float(draw.uniform(0.45, 0.95)), where=(("channel", channel),))


def _price(kind: Kind, draw: Draw) -> Planted:
    platforms = (IOS, ANDROID) if draw.random() < 0.5 else (IOS,)
    size = float(draw.uniform(1.12, 1.5))
    return Planted(kind, size, step=TRANSITIONS - 1, platforms=platforms)


def _currency(kind: Kind, draw: Draw) -> Planted:
    size = float(draw.uniform(1.3, 2.0))
    return Planted(kind, size, step=TRANSITIONS - 1, where=(_country(draw, 5),))


def _transition(draw: Draw) -> int:
    return int(draw.integers(TRANSITIONS))


def _source(draw: Draw, most: int) -> tuple[str, str]:
    return "utm_source", SOURCES[int(draw.integers(most))]


def _country(draw: Draw, most: int) -> tuple[str, str]:
    return "country", COUNTRIES[int(draw.integers(most))]


MENU: dict[Kind, Make] = {
    "late_data": _strength(12, 36),
    "tracking_break": _event,
    "null_property": _event,
    "identity_change": _strength(0.15, 0.5),
    "timezone_shift": _strength(2, 9),
    "entrant_inflation": _robots,
    "mix_shift": _mix,
    "delivery_failure": _channel,
    "suppression_cap": _strength(0.35, 0.8),
    "holdout_misconfiguration": _strength(0.25, 0.6),
    "consent_drop": _strength(0.35, 0.8),
    "release_regression": _step(0.5, 1.3, IOS),
    "segment_regression": _segment,
    "two_way_cell": _cell,
    "returning_only": _step(0.35, 0.8, IOS),
    "platform_fall": _step(0.2, 0.6, IOS),
    "global_dip": _step(0.2, 0.5, IOS, ANDROID),
    "price_change": _price,
    "currency_change": _currency,
    "duplicate_events": _strength(0.1, 0.5),
}
"""Sizes: hours of outage or of shift; shares of events, users, messages or entrants; factors of a
price or of a number of users; log odds of a step."""
