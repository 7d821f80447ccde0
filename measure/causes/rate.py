"""A step that works less well for some: a version, source, country or newness against the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import log, sqrt
from typing import NamedTuple

from sqlglot import exp

from measure.causes.errors import errors_of
from measure.causes.inquiry import Check, Confidence, Inquiry, Stage, Suspect, percent
from measure.compared import Slice
from measure.funnel import NOBODY, Cell, Count
from measure.layout import dimension_words, dimensions, platform_is
from measure.queries import query, text
from measure.statistics import inverse_logit, log_odds, normal_p, p_text
from measure.thresholds import ALPHA, LEAST_EFFECT, LEAST_USERS, OWN_NOISE

VERSION = "app_version"
"""How a fall names the version, whatever column a catalog keeps it in."""


class Fall(NamedTuple):
    """A step that fell for one value more than for all others."""

    step: int
    dimension: str
    value: str
    now: Count
    expected: float
    """The rate that its history leads one to expect, had it moved as the others did."""
    z: float
    effect: float
    """What that did to the rate of the whole funnel, on the log scale."""


def rate_fall(inquiry: Inquiry) -> Stage:
    """Names the value whose step fell most against all others, when a fall remains to explain."""
    if not inquiry.still_fell:
        return Stage(inquiry)
    by = (*dimensions(inquiry.catalog), "tenure")
    falls = [*_version_falls(inquiry), *(f for d in by for f in _value_falls(inquiry, d))]
    limit = ALPHA / max(1, len(falls))
    guilty = [f for f in falls if f.z < 0 and normal_p(f.z) / 2 < limit]
    guilty = [f for f in guilty if f.effect < -LEAST_EFFECT]
    if not guilty:
        return Stage(inquiry, ruled_out=(_even(inquiry, falls),))
    worst = min(guilty, key=lambda f: f.z)
    suspect = _version(inquiry, worst) if worst.dimension == VERSION else _value(inquiry, worst)
    return Stage(replace(inquiry, explained=inquiry.explained + worst.effect), (suspect,))


def _version_falls(inquiry: Inquiry) -> Iterator[Fall]:
    """Versions against the others; the same weekdays of all earlier versions are their history."""
    if inquiry.catalog.layout.events.version is None:
        return
    for step in range(1, len(inquiry.cells.steps)):
        usual = _by_weekday(inquiry, "segment", step, inquiry.baselines)
        now = inquiry.cells.by(_version_and_day, step, "segment", [0])
        versions = sorted({key.split("|")[0] for key in now})
        parts = {v: {k: c for k, c in now.items() if k.split("|")[0] == v} for v in versions}
        base = _sum(usual.values())
        for version in versions:
            inside = parts[version]
            outside = {k: c for v in versions if v != version for k, c in parts[v].items()}
            expected_in = _standardised(inquiry, inside, usual)
            expected_out = _standardised(inquiry, outside, usual)
            past = (
                Count(base.entered, round(base.entered * e)) for e in (expected_in, expected_out)
            )
            fall = _fall(
                inquiry,
                step,
                (VERSION, version),
                (_sum(inside.values()), _sum(outside.values())),
                tuple(past),
            )
            if fall:
                yield fall


def _value_falls(inquiry: Inquiry, dimension: str) -> Iterator[Fall]:
    """Values of a user's attribute, each against all others and its own history."""

    def key(cell: Cell) -> str | None:
        return (cell.value or "unknown") if cell.dimension == dimension else None

    for step in range(1, len(inquiry.cells.steps)):
        now = inquiry.cells.by(key, step, "segment", [0])
        usual = inquiry.cells.by(key, step, "segment", inquiry.baselines)
        for value in sorted(now):
            inside, past_inside = now[value], usual.get(value, NOBODY)
            outside = _sum(c for v, c in now.items() if v != value)
            past_outside = _sum(c for v, c in usual.items() if v != value)
            fall = _fall(
                inquiry, step, (dimension, value), (inside, outside), (past_inside, past_outside)
            )
            if fall:
                yield fall


def _fall(
    inquiry: Inquiry,
    step: int,
    name: tuple[str, str],
    now: tuple[Count, Count],
    past: tuple[Count, ...],
) -> Fall | None:
    """The difference in differences of a value; the control stands in if all run one version."""
    inside, outside = now
    past_inside, past_outside = past
    alone = name[0] == VERSION and outside.entered < LEAST_USERS
    if alone and inquiry.has_control:
        outside = inquiry.cells.step(step, "control", 0)
        past_outside = _sum(inquiry.cells.step(step, "control", k) for k in inquiry.baselines)
    if min(c.entered for c in (inside, outside, past_inside, past_outside)) < LEAST_USERS:
        return None
    odds = [log_odds(c.converted, c.entered) for c in (inside, past_inside, outside, past_outside)]
    others = odds[2].value - odds[3].value
    difference = odds[0].value - odds[1].value - others
    error = sqrt(sum(o.variance for o in odds) + 2 * OWN_NOISE**2)
    expected = inverse_logit(odds[1].value + others)
    whole = inquiry.cells.step(step, "segment", 0).converted
    gained = inside.entered * expected - inside.converted
    effect = log((whole + 0.5) / max(0.5, whole + 0.5 + gained))
    return Fall(step, *name, inside, expected, difference / error, effect)


def _version_and_day(cell: Cell) -> str | None:
    if cell.dimension != "day" or cell.value is None:
        return None
    return f"{cell.version or 'unknown'}|{cell.value}"


def _by_weekday(inquiry: Inquiry, part: Slice, step: int, periods: list[int]) -> dict[int, Count]:
    """Days since the period began → counts, over some periods."""
    result: dict[int, Count] = {}
    for stretch in inquiry.span.periods.stretches:
        if stretch.index not in periods:
            continue
        days = inquiry.cells.by(
            lambda c: c.value if c.dimension == "day" else None, step, part, [stretch.index]
        )
        for day, count in days.items():
            offset = _offset(day, stretch.start)
            result[offset] = result.get(offset, NOBODY).plus(count)
    return result


def _standardised(inquiry: Inquiry, now: dict[str, Count], usual: dict[int, Count]) -> float:
    """The rate that these users would have at the usual rates of the days on which they came."""
    start = inquiry.span.periods.current.start
    base = _sum(usual.values()).rate
    total = sum(c.entered for c in now.values())
    if total == 0:
        return base
    weighted = 0.0
    for key, count in now.items():
        day = usual.get(_offset(key.split("|")[1], start), NOBODY)
        weighted += count.entered * (day.rate if day.entered >= LEAST_USERS else base)
    return weighted / total


def _offset(day: str, start: datetime) -> int:
    return (date.fromisoformat(day) - start.date()) // timedelta(days=1)


def _sum(counts: Iterable[Count]) -> Count:
    total = NOBODY
    for count in counts:
        total = total.plus(count)
    return total


def _step_name(inquiry: Inquiry, fall: Fall) -> str:
    return " → ".join(inquiry.cells.steps[fall.step - 1 : fall.step + 1])


def _version(inquiry: Inquiry, fall: Fall) -> Suspect:
    released, told = _released(inquiry, fall.value)
    error = errors_of(inquiry, fall.value, fall.step)
    is_new = released is not None and released >= inquiry.span.periods.stretches[1].start
    steps = inquiry.cells.steps
    confidence: Confidence = "high" if error and is_new else ("medium" if is_new else "low")
    when = f" (released {released:%Y-%m-%d})" if released else ""
    return Suspect(
        kind="release_regression" if is_new else "version_regression",
        sentence=(
            f"{inquiry.segment} version {fall.value}{when} loses users at "
            f"{_step_name(inquiry, fall)}: {percent(fall.now.rate)} of {fall.now.entered:,} go on "
            f"where {percent(fall.expected)} would be expected from other versions "
            f"({p_text(normal_p(fall.z))})." + (f" {error.sentence}" if error else "")
        ),
        dimension=inquiry.catalog.layout.events.version,
        value=fall.value,
        effect=fall.effect,
        confidence=confidence,
        evidence=(inquiry.cells.sql, *told, *((error.sql,) if error else ())),
        check=Check(
            f"{_step_name(inquiry, fall)} by version and day, {inquiry.segment} only",
            "release_regression",
            {
                "step": steps[fall.step - 1],
                "next_step": steps[fall.step],
                "in_platform": _in_platform(inquiry),
                "since": inquiry.span.periods.stretches[min(2, len(inquiry.baselines))].start,
                "until": inquiry.span.periods.current.end,
                "window": inquiry.span.window,
            },
        ),
    )


def _value(inquiry: Inquiry, fall: Fall) -> Suspect:
    steps = inquiry.cells.steps
    return Suspect(
        kind="segment_regression",
        sentence=(
            f"{_step_name(inquiry, fall)} fell for {inquiry.segment} users with {fall.dimension} "
            f"{fall.value}: {percent(fall.now.rate)} where {percent(fall.expected)} would be "
            f"expected from all others ({p_text(normal_p(fall.z))})."
        ),
        dimension=fall.dimension,
        value=fall.value,
        effect=fall.effect,
        confidence="medium",
        evidence=(inquiry.cells.sql,),
        check=Check(
            f"{_step_name(inquiry, fall)} by platform, {fall.dimension} and week",
            "segment_regression",
            {
                "dimensions": tuple(exp.column(d, "u") for d in dimensions(inquiry.catalog)),
                "step": steps[fall.step - 1],
                "next_step": steps[fall.step],
                "since": inquiry.span.periods.stretches[-1].start,
                "until": inquiry.span.periods.current.end,
                "window": inquiry.span.window,
            },
        ),
    )


def _in_platform(inquiry: Inquiry) -> exp.Expr:
    """Events of the platform that was asked about; of any when it was none."""
    value = _platform(inquiry)
    return exp.column("device_os").eq(exp.Literal.string(value)) if value else exp.true()


def _platform(inquiry: Inquiry) -> str | None:
    segment = inquiry.span.compared.segment
    return segment.value if segment and platform_is(inquiry.catalog, segment.column) else None


def _released(inquiry: Inquiry, version: str) -> tuple[datetime | None, tuple[str, ...]]:
    """When a version came out, where the catalog says so, and the queries that told."""
    if inquiry.catalog.layout.releases is None:
        return None, ()
    fetched = inquiry.runner.fetch(
        text(query("release", version=version), inquiry.catalog),
        purpose=f"when version {version} was released",
    )
    times = {row[0]: row[1] for row in fetched.rows}
    platform = _platform(inquiry)
    if platform and None not in times:
        return times.get(platform), (fetched.id,)
    return (max(times.values()) if times else None), (fetched.id,)


def _even(inquiry: Inquiry, falls: list[Fall]) -> str:
    versions = ("version",) if inquiry.catalog.layout.events.version else ()
    compared = ", ".join(_plural(word) for word in (*versions, *dimension_words(inquiry.catalog)))
    compared = compared[:1].upper() + compared[1:] or "New and returning users"
    if not falls:
        return f"{compared}: too few users to compare."
    nearest = min(falls, key=lambda f: f.z)
    return (
        f"{compared}: none of {len(falls)} stands out after correction for "
        f"their number; the nearest is {nearest.dimension} {nearest.value} "
        f"({p_text(normal_p(nearest.z))})."
    )


def _plural(word: str) -> str:
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
