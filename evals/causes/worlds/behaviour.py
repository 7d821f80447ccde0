"""What people do: which version they run, which message they get, how far they go and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evals.causes.worlds import app
from evals.causes.worlds.app import ANDROID, DAY, HOUR, IOS, TRANSITIONS
from evals.causes.worlds.crowd import Codes, Crowd, Flags, Floats, Moments
from evals.causes.worlds.planted import Planted, Scenario

STEP_NOISE, PLATFORM_NOISE, CELL_NOISE = 0.02, 0.008, 0.02
"""Week-to-week standard deviations of log odds: of a step for all, for a platform, for a cell."""
PRICE_ODDS = -1.7
"""What doubling a price does to the log odds of buying."""
ROBOT_GOES_ON = 0.03

NOT_ELIGIBLE, UNCONSENTED, HELD_OUT, CAPPED, FAILED, DELIVERED = range(6)
"""The fates of a message, in the order in which they strike."""


@dataclass(frozen=True)
class Doings:
    """What each row of a crowd does; times in seconds from the start of the current week."""

    version: Codes
    """The place of the version in the scenario's releases."""
    fate: Codes
    channel: Codes
    reached: Flags
    """Row × step."""
    at: Moments
    """Row × step: when it would happen, whether or not it is reached."""
    price: Moments


def doings(scenario: Scenario, crowd: Crowd) -> Doings:
    """What a crowd does in a world with its causes."""
    version = versions(scenario, crowd)
    fate, channel = _messages(scenario, crowd)
    going = _odds(scenario, crowd, version)
    going += np.where(
        (fate == DELIVERED)[:, None], np.array(app.MESSAGE_ODDS, dtype=np.float32), np.float32(0)
    )
    chance = 1 / (1 + np.exp(-going))
    for place, cause in enumerate(scenario.planted):
        if cause.kind == "entrant_inflation":
            chance[crowd.brought_by == place] = ROBOT_GOES_ON
    reached = np.ones((len(crowd), len(app.STEPS)), dtype=bool)
    reached[:, 1:] = np.logical_and.accumulate(crowd.goes_on < chance, axis=1)
    return Doings(version, fate, channel, reached, _times(crowd), _prices(scenario, crowd))


def versions(scenario: Scenario, crowd: Crowd) -> Codes:
    """Users update some days after a release; who signs up has the newest."""
    waits = np.where(crowd.new, 0, -app.UPDATE_DAYS * DAY * np.log1p(-crowd.of("updates")))
    version = np.zeros(len(crowd), dtype=np.int64)
    for place, release in enumerate(scenario.releases):
        has = (crowd.platform == release.platform) & (crowd.entry >= release.at + waits)
        version[has] = place
    return version


def concerned(scenario: Scenario, cause: Planted, crowd: Crowd, version: Codes | None) -> Flags:
    """The rows that a cause touches."""
    rows = np.isin(crowd.platform, cause.platforms)
    if cause.version is None or version is None:
        rows &= crowd.entry >= cause.since
    else:
        places = [n for n, r in enumerate(scenario.releases) if r.version == cause.version]
        rows &= np.isin(version, places)
    for column, value in cause.where:
        if column == "utm_source":
            rows &= crowd.source == app.SOURCES.index(value)
        if column == "country":
            rows &= crowd.country == app.COUNTRIES.index(value)
    return rows


def _odds(scenario: Scenario, crowd: Crowd, version: Codes) -> Floats:
    """Row × transition: log odds of going on, without messages."""
    person = (
        app.SOURCE_ODDS[crowd.source]
        + app.COUNTRY_ODDS[crowd.country]
        + np.where(crowd.new, app.NEW_ODDS, 0)
        + app.ZEAL_ODDS * crowd.zeal
    )
    odds = (app.STEP_ODDS[None, :] + person[:, None] + _weather(scenario, crowd)).astype(np.float32)
    _trap(scenario, crowd, odds)
    for cause in scenario.planted:
        rows = concerned(scenario, cause, crowd, version)
        if cause.kind in ("price_change", "currency_change"):
            odds[rows, TRANSITIONS - 1] += PRICE_ODDS * np.log2(cause.size)
        elif cause.kind == "returning_only":
            odds[rows & ~crowd.new, cause.step] -= cause.size
        elif cause.kind in FALLS:
            odds[rows, cause.step] -= cause.size
    return odds


FALLS = ("release_regression", "segment_regression", "two_way_cell", "platform_fall", "global_dip")


def _weather(scenario: Scenario, crowd: Crowd) -> Moments:
    """What moves from week to week by itself: everybody, a platform, a source in a country."""
    draw = np.random.default_rng([scenario.seed, 4])
    weeks = scenario.weeks + 2
    place = crowd.week + scenario.weeks
    everybody = draw.normal(0, STEP_NOISE, (weeks, TRANSITIONS))
    platform = draw.normal(0, PLATFORM_NOISE, (2, weeks, TRANSITIONS))
    cells = draw.normal(0, CELL_NOISE, (weeks, len(app.SOURCES), len(app.COUNTRIES), TRANSITIONS))
    moved: Moments = (
        everybody[place]
        + platform[crowd.platform, place]
        + cells[place, crowd.source, crowd.country]
    )
    return moved


def _trap(scenario: Scenario, crowd: Crowd, odds: Floats) -> None:
    strength = scenario.nuisance or {}
    step = int(strength.get("step", 0))
    now = crowd.week >= 0
    if "trend" in scenario.traps:
        weeks = np.float32(strength["trend"]) * (crowd.week + scenario.weeks)
        odds[:, step] -= np.where(crowd.platform == IOS, weeks, 0)
    if "rising_control" in scenario.traps:
        odds[now & (crowd.platform == ANDROID), step] += strength["rising_control"]
    if "rise" in scenario.traps:
        odds[now & (crowd.platform == IOS), step] += strength["rise"]


def _messages(scenario: Scenario, crowd: Crowd) -> tuple[Codes, Codes]:
    """Fate and channel of the one message that a week may bring."""
    n = len(crowd)
    channel = (crowd.of("channel") >= app.PUSH_SHARE).astype(np.int64)
    unconsented, held = np.full(n, app.NO_CONSENT), np.full(n, app.HELD_OUT)
    capped, fails = np.full(n, app.CAPPED), np.full(n, app.FAILS)
    for cause in scenario.planted:
        rows = concerned(scenario, cause, crowd, None)
        if cause.kind == "consent_drop":
            unconsented[rows] += cause.size * (1 - app.NO_CONSENT)
        elif cause.kind == "holdout_misconfiguration":
            held[rows] += cause.size * (1 - app.HELD_OUT)
        elif cause.kind == "suppression_cap":
            capped[rows] += cause.size * (1 - app.CAPPED)
        elif cause.kind == "delivery_failure":
            rows &= channel == app.CHANNELS.index(cause.where[0][1])
            fails[rows] += cause.size * (1 - app.FAILS)
    if "capped_by_zeal" in scenario.traps:
        # Who is more eager was messaged more already.
        odds = np.log(capped / (1 - capped)) + 0.8 * crowd.zeal
        capped = 1 / (1 + np.exp(-odds))
    fate = np.select(
        [
            crowd.of("eligible") >= app.ELIGIBLE,
            crowd.of("consents") < unconsented,
            crowd.of("held") < held,
            crowd.of("capped") < capped,
            crowd.of("fails") < fails,
        ],
        [NOT_ELIGIBLE, UNCONSENTED, HELD_OUT, CAPPED, FAILED],
        DELIVERED,
    )
    for place, cause in enumerate(scenario.planted):
        if cause.kind == "entrant_inflation":
            fate[crowd.brought_by == place] = NOT_ELIGIBLE
    return fate, channel


def _times(crowd: Crowd) -> Moments:
    """Row × step: opening, then log-normal waits; some buyers sleep on it."""
    waits = 30 + 60 * np.array(app.STEP_MINUTES) * np.exp(np.array(app.STEP_SPREAD) * crowd.pace)
    slow = crowd.of("slow") < app.SLOW_SHARE
    waits[:, -1] += np.where(slow, 48 * HOUR * crowd.of("slow_by"), 0)
    at = np.empty((len(crowd), len(app.STEPS)))
    at[:, 0] = crowd.entry
    at[:, 1:] = crowd.entry[:, None] + np.cumsum(waits, axis=1)
    return at


def _prices(scenario: Scenario, crowd: Crowd) -> Moments:
    price: Moments = np.where(crowd.of("plan") < app.MONTHLY_SHARE, *app.PRICES)
    for cause in scenario.planted:
        if cause.kind in ("price_change", "currency_change"):
            price[concerned(scenario, cause, crowd, None)] *= cause.size
    return price
