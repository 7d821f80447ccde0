"""Events that have not arrived: the newest hours hold fewer than they did at this moment before."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

from measure.causes.inquiry import Check, Ground, Inquiry, Ruled, Stage, Suspect, shift_of
from measure.queries import query, text

BUCKET = timedelta(hours=6)
MISSING = 0.55
"""A bucket with less than this share of the events expected has not arrived."""
NEWEST = 10
"""So many buckets are looked at."""
LEAST_EXPECTED = 20


def late_data(inquiry: Inquiry) -> Stage:
    """Cuts the newest hours from every period when they have not all arrived."""
    arrived, query_id = _arrived(inquiry)
    missing = _missing(arrived)
    if missing == 0:
        newest = min(arrived, default=None)
        told = (
            "too few"
            if newest is None
            else inquiry.figures.percent(arrived[newest], query_id, digits=0)
        )
        sentence = (
            f"Late data: the newest hours hold {told} of the events expected of {inquiry.segment}."
        )
        return Stage(inquiry, ruled_out=(Ruled("late_data", sentence, (query_id,)),))
    corrected = inquiry.recounted(replace(inquiry.span, cut=missing * BUCKET))
    return Stage(corrected, (_suspect(inquiry, corrected, arrived[missing - 1], query_id),))


def _missing(arrived: dict[int, float]) -> int:
    """How many of the newest buckets have not arrived, those with too few events included."""
    missing = 0
    for age in sorted(arrived):
        if arrived[age] >= MISSING:
            break
        missing = age + 1
    return missing


def _suspect(before: Inquiry, after: Inquiry, share: float, query_id: str) -> Suspect:
    hours = int(after.span.cut.total_seconds() // 3600)
    current, say = before.span.periods.current, before.figures
    held = say.percent(share, query_id, digits=0)
    sql = (query_id, before.cells.sql, after.cells.sql)
    ground = Ground(
        f"With the newest {say.count(hours, query_id)} hours left out of every period the rate is "
        f"{say.percent(after.change.rate, after.cells.sql, digits=2)} where "
        f"{say.percent(after.change.expected, after.cells.sql, digits=2)} was expected.",
        (after.cells.sql,),
    )
    return Suspect(
        kind="late_data",
        sentence=(
            f"Events of {before.segment} are late: the newest {say.count(hours, query_id)} hours "
            f"hold only {held} of what they held at the same moment of earlier periods."
        ),
        dimension="received_at",
        value=f"last {hours} hours",
        effect=min(0.0, shift_of(before, after)),
        confidence="high",
        evidence=sql,
        checks=(
            Check(
                "How late events arrive, by platform and hour",
                "late_data",
                {"as_of": current.known_by},
            ),
            Check(
                "Events that have arrived, by platform and hour in which they happened",
                "late_hours",
                {"as_of": current.known_by},
            ),
            Check(
                "Those who began and have had the whole window, by platform and day",
                "matured",
                {
                    "entry": before.cells.steps[0],
                    "window": before.span.window,
                    "since": before.periods_back(1),
                    "until": current.end,
                    "as_of": current.known_by,
                },
            ),
        ),
        since=f"{current.known_by - after.span.cut:%Y-%m-%d}",
        grounds=(ground,),
    )


def _arrived(inquiry: Inquiry) -> tuple[dict[int, float], str]:
    """Age in buckets → events of the segment as a share of those expected."""
    span = inquiry.span
    sql = text(
        query("arrivals", **span.periods.bounds(more=NEWEST * BUCKET)),
        inquiry.catalog,
        span.corrections,
        periods=span.periods.table(span.window),
        people=span.compared.people(inquiry.catalog),
    )
    fetched = inquiry.runner.fetch(sql, purpose="how many events of the newest hours have arrived")
    counts: dict[tuple[int, str, int], int] = defaultdict(int)
    for period, part, age, events in fetched.rows:
        counts[period, part, age] = events
    shares = {}
    for age in range(NEWEST):
        usual = sum(counts[k, "segment", age] for k in inquiry.baselines) / len(inquiry.baselines)
        scale = _scale(counts, inquiry.baselines, age) if inquiry.has_control else 1.0
        if usual * scale >= LEAST_EXPECTED:
            shares[age] = counts[0, "segment", age] / (usual * scale)
    return shares, fetched.id


def _scale(counts: dict[tuple[int, str, int], int], baselines: list[int], age: int) -> float:
    usual = sum(counts[k, "control", age] for k in baselines) / len(baselines)
    return counts[0, "control", age] / usual if usual else 1.0
