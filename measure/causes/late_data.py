"""Events that have not arrived: the newest hours hold fewer than they did at this moment before."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

from measure.causes.inquiry import Check, Inquiry, Stage, Suspect, percent
from measure.queries import query, text

BUCKET = timedelta(hours=6)
MISSING = 0.55
"""A bucket with less than this share of the events expected has not arrived."""
LEAST_EXPECTED = 20


def late_data(inquiry: Inquiry) -> Stage:
    """Cuts the newest hours from every period when they have not all arrived."""
    arrived, query_id = _arrived(inquiry)
    missing = _missing(arrived)
    if missing == 0:
        newest = min(arrived, default=None)
        told = "too few" if newest is None else percent(arrived[newest], 0)
        sentence = (
            f"Late data: the newest hours hold {told} of the events expected of {inquiry.segment}."
        )
        return Stage(inquiry, ruled_out=(sentence,))
    cut = missing * BUCKET
    corrected = inquiry.recounted(replace(inquiry.span, cut=cut))
    return Stage(corrected, (_suspect(inquiry, corrected, cut, arrived[missing - 1], query_id),))


def _missing(arrived: dict[int, float]) -> int:
    """How many of the newest buckets have not arrived, those with too few events included."""
    missing = 0
    for age in sorted(arrived):
        if arrived[age] >= MISSING:
            break
        missing = age + 1
    return missing


def _suspect(
    before: Inquiry, after: Inquiry, cut: timedelta, share: float, query_id: str
) -> Suspect:
    hours = int(cut.total_seconds() // 3600)
    current = before.span.periods.current
    return Suspect(
        kind="late_data",
        sentence=(
            f"Events of {before.segment} are late: the newest {hours} hours hold only "
            f"{percent(share, 0)} of what they held at the same moment of earlier periods."
        ),
        dimension="received_at",
        value=f"last {hours} hours",
        effect=min(0.0, before.change.own.change - after.change.own.change),
        confidence="high",
        evidence=(query_id, after.cells.sql),
        check=Check(
            "How late events arrive, by platform and hour", "late_data", {"as_of": current.known_by}
        ),
    )


def _arrived(inquiry: Inquiry) -> tuple[dict[int, float], str]:
    """Age in buckets → events of the segment as a share of those expected."""
    span = inquiry.span
    sql = text(
        query("arrivals"),
        inquiry.catalog,
        periods=span.periods.table(span.window),
        people=span.compared.people(inquiry.catalog),
    )
    fetched = inquiry.runner.fetch(sql, purpose="how many events of the newest hours have arrived")
    counts: dict[tuple[int, str, int], int] = defaultdict(int)
    for period, part, age, events in fetched.rows:
        counts[period, part, age] = events
    shares = {}
    for age in range(10):
        usual = sum(counts[k, "segment", age] for k in inquiry.baselines) / len(inquiry.baselines)
        scale = _scale(counts, inquiry.baselines, age) if inquiry.has_control else 1.0
        if usual * scale >= LEAST_EXPECTED:
            shares[age] = counts[0, "segment", age] / (usual * scale)
    return shares, fetched.id


def _scale(counts: dict[tuple[int, str, int], int], baselines: list[int], age: int) -> float:
    usual = sum(counts[k, "control", age] for k in baselines) / len(baselines)
    return counts[0, "control", age] / usual if usual else 1.0
