"""A step that works less well for some: a version, source, country or newness against the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import groupby

from sqlglot import exp

from measure.causes.errors import errors_of
from measure.causes.inquiry import (
    Check,
    Confidence,
    Ground,
    Inquiry,
    Ruled,
    Stage,
    Suspect,
)
from measure.causes.rate_scan import Fall, days_between, falls_of, guilty_of
from measure.causes.timing import departed
from measure.causes.together import narrower
from measure.funnel import NOBODY, VERSION, Count
from measure.layout import dimension_words, dimensions, platform_is
from measure.queries import query, text
from measure.statistics import normal_p
from measure.thresholds import LEAST_USERS


def rate_fall(inquiry: Inquiry) -> Stage:
    """Names values whose step moved against all others; whole funnel or not, each is beyond doubt.

    A value that moved at several steps is one suspect.
    """
    falls = falls_of(inquiry)
    guilty = [f for f in guilty_of(falls, inquiry.sign) if f[1:3] not in inquiry.named]
    if not guilty:
        return Stage(inquiry, ruled_out=(_even(inquiry, falls),), tests=len(falls))
    named = sorted(guilty, key=lambda f: (f.dimension, f.value, -abs(f.z)))
    suspects = tuple(
        suspect_of(inquiry, list(same)) for _, same in groupby(named, key=lambda f: f[1:3])
    )
    explained = inquiry.having_explained(sum(s.effect for s in suspects))
    explained = explained.having_located(f.step for f in guilty)
    return Stage(explained, suspects, tests=len(falls))


def suspect_of(inquiry: Inquiry, falls: list[Fall]) -> Suspect:
    """One suspect for a value, told by the step at which it shows most clearly."""
    clearest = falls[0]
    named = _version if clearest.dimension == VERSION else _value
    found = named(inquiry, clearest)
    since, told = _since(inquiry, clearest)
    also = tuple(_also(inquiry, fall) for fall in falls[1:])
    return replace(
        found,
        effect=sum(f.effect for f in falls),
        error=sum(f.error**2 for f in falls) ** 0.5,
        since=since or found.since,
        grounds=(*found.grounds, *told, *also, *_control(inquiry, clearest)),
    )


def _also(inquiry: Inquiry, fall: Fall) -> Ground:
    say, sql = inquiry.figures, inquiry.cells.sql
    return Ground(
        f"{inquiry.step_name(fall.step)} {inquiry.grew} for them as well: "
        f"{say.percent(fall.now.rate, sql)} where {say.percent(fall.expected, sql)} would be "
        "expected.",
        (sql,),
    )


def _control(inquiry: Inquiry, fall: Fall) -> list[Ground]:
    """Whether the same value moved in the control."""
    if not inquiry.has_control or fall.dimension == VERSION:
        return []
    now = inquiry.cells.values(fall.dimension, fall.step, "control", 0).get(fall.value, NOBODY)
    past = NOBODY
    for period in inquiry.baselines:
        values = inquiry.cells.values(fall.dimension, fall.step, "control", period)
        past = past.plus(values.get(fall.value, NOBODY))
    if min(now.entered, past.entered) < LEAST_USERS:
        return []
    say, sql = inquiry.figures, inquiry.cells.sql
    alone = abs(now.rate - past.rate) < abs(fall.now.rate - fall.expected) / 2
    return [
        Ground(
            f"The same users of {inquiry.control} went on at {say.percent(now.rate, sql)}, "
            f"{say.percent(past.rate, sql)} before.",
            (sql,),
            "for" if alone else "against",
        )
    ]


def _since(inquiry: Inquiry, fall: Fall) -> tuple[str | None, list[Ground]]:
    """The days on which it shows, when these are not all days."""
    stretches = {s.index: s.start.date() for s in inquiry.span.periods.stretches}
    usual: dict[int, Count] = {}
    # A new version has no days of its own before: those of all users stand for them.
    dimension, value = fall.dimension, fall.value
    for period in inquiry.baselines:
        past = (
            inquiry.cells.totals_by_day(fall.step, "segment", period)
            if dimension == VERSION
            else inquiry.cells.days(dimension, value, fall.step, "segment", period)
        )
        for day, count in past.items():
            place = days_between(day, stretches[period])
            usual[place] = usual.get(place, NOBODY).plus(count)
    days = sorted(inquiry.cells.days(dimension, value, fall.step, "segment", 0).items())
    rates = [usual.get(days_between(day, stretches[0]), NOBODY) for day, _ in days]
    expected = [c.rate if c.entered >= LEAST_USERS else fall.expected for c in rates]
    found = departed([count for _, count in days], expected)
    if found is None:
        return None, []
    first, last = days[found.first][0], days[found.last][0]
    sql = inquiry.cells.sql
    begin = inquiry.figures.day(datetime.fromisoformat(first), sql)
    until = inquiry.figures.day(datetime.fromisoformat(last), sql)
    over = found.last < len(days) - 1
    sentence = f"It shows from {begin}" + (f" until {until}, and is over." if over else " on.")
    return first, [Ground(sentence, (sql,))]


def _version(inquiry: Inquiry, fall: Fall) -> Suspect:
    released, told = _released(inquiry, fall.value)
    error = errors_of(inquiry, fall.value, fall.step)
    # Most users take a version up within days: it may be one of the last period's end.
    is_new = released is not None and released >= inquiry.periods_back(1)
    confidence: Confidence = "high" if error and is_new else ("medium" if is_new else "low")
    say, sql = inquiry.figures, inquiry.cells.sql
    when = f" (released {say.day(released, *told)})" if released else ""
    loses = "loses" if inquiry.sign < 0 else "keeps more"
    current, steps = inquiry.span.periods.current, inquiry.cells.steps
    sentence = (
        f"{inquiry.segment} version {fall.value}{when} {loses} users at "
        f"{inquiry.step_name(fall.step)}: {say.percent(fall.now.rate, sql)} of "
        f"{say.count(fall.now.entered, sql)} go on where {say.percent(fall.expected, sql)} would "
        f"be expected from other versions ({say.p(normal_p(fall.z), sql)})."
    )
    return Suspect(
        kind="release_regression" if is_new else "version_regression",
        sentence=sentence + (f" {error.sentence}" if error else ""),
        dimension=inquiry.catalog.layout.events.version,
        value=fall.value,
        effect=fall.effect,
        confidence=confidence,
        evidence=(sql, *told, *((error.sql,) if error else ())),
        checks=(
            Check(
                f"{inquiry.step_name(fall.step)} by version and day, {inquiry.segment} only",
                "release_regression",
                {
                    "step": steps[fall.step - 1],
                    "next_step": steps[fall.step],
                    "in_platform": _in_platform(inquiry),
                    "since": inquiry.periods_back(2),
                    "until": current.end,
                    "as_of": current.known_by,
                    "window": inquiry.span.window,
                },
            ),
            Check(
                "How many users run each version, by day",
                "version_share",
                {"since": inquiry.periods_back(2), "until": current.end, "as_of": current.known_by},
            ),
        ),
        since=f"{released:%Y-%m-%d}" if released and released >= current.start else None,
        grounds=_release_grounds(inquiry, released, told, is_new),
    )


def _release_grounds(
    inquiry: Inquiry, released: datetime | None, told: tuple[str, ...], is_new: bool
) -> tuple[Ground, ...]:
    if released is None:
        return ()
    when = inquiry.figures.day(released, *told)
    if is_new:
        return (Ground(f"It was released on {when}, just before or while it shows.", told),)
    return (Ground(f"It was released on {when}, long before.", told, "against"),)


def _value(inquiry: Inquiry, fall: Fall) -> Suspect:
    say, sql = inquiry.figures, inquiry.cells.sql
    within, ground = narrower(inquiry, fall)
    current = inquiry.span.periods.current
    whom = f"{inquiry.segment} users with {fall.dimension} {fall.value}"
    sentence = (
        f"{inquiry.step_name(fall.step)} {inquiry.grew} for {whom}{within}: "
        f"{say.percent(fall.now.rate, sql)} where {say.percent(fall.expected, sql)} would be "
        f"expected from all others ({say.p(normal_p(fall.z), sql)})."
    )
    return Suspect(
        kind="segment_regression",
        sentence=sentence,
        dimension=fall.dimension,
        value=fall.value,
        effect=fall.effect,
        confidence="medium",
        evidence=(sql, *(name for one in ground for name in one.sql)),
        checks=(
            Check(
                f"{inquiry.step_name(fall.step)} by platform, {fall.dimension} and week",
                "segment_regression",
                {
                    "dimensions": tuple(exp.column(d, "u") for d in dimensions(inquiry.catalog)),
                    "step": inquiry.cells.steps[fall.step - 1],
                    "next_step": inquiry.cells.steps[fall.step],
                    "since": inquiry.periods_back(6),
                    "until": current.end,
                    "as_of": current.known_by,
                },
            ),
        ),
        grounds=ground,
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


def _even(inquiry: Inquiry, falls: list[Fall]) -> Ruled:
    versions = ("version",) if inquiry.catalog.layout.events.version else ()
    compared = ", ".join(_plural(word) for word in (*versions, *dimension_words(inquiry.catalog)))
    compared = compared[:1].upper() + compared[1:] or "New and returning users"
    say, sql = inquiry.figures, inquiry.cells.sql
    if not falls:
        return Ruled("segment_regression", f"{compared}: too few users to compare.", (sql,))
    nearest = max(falls, key=lambda f: f.z * inquiry.sign)
    sentence = (
        f"{compared}: none of {say.count(len(falls), sql)} stands out after correction for "
        f"their number; the nearest is {nearest.dimension} {say.name(nearest.value, sql)} "
        f"({say.p(normal_p(nearest.z), sql)})."
    )
    return Ruled("segment_regression", sentence, (sql,))


def _plural(word: str) -> str:
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
