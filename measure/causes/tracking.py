"""An event that is no longer sent: users who took a later step without the one before it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from math import log
from typing import NamedTuple

from sqlglot import exp

from measure.causes.inquiry import Check, Inquiry, Stage, Suspect, percent
from measure.funnel import steps_table
from measure.queries import query, text
from measure.statistics import normal_p, p_text, two_proportions
from measure.thresholds import LEAST_EFFECT, STRIKING

LEAST_LATER = 20
"""Users with the later step, below which a version says nothing."""
LEAST_RISE = 0.10


class Silence(NamedTuple):
    """A version whose users take a later step without the one before it."""

    step: int
    version: str
    now: float
    before: float
    z: float


def tracking_break(inquiry: Inquiry) -> Stage:
    """Leaves a step out of the funnel when a version no longer reports it."""
    orphans, query_id = _orphans(inquiry)
    silences = sorted(_silences(orphans, inquiry.baselines), key=lambda s: -s.z)
    if not silences:
        return Stage(inquiry, ruled_out=(_no_break(orphans, inquiry),))
    worst = silences[0]
    steps = tuple(s for n, s in enumerate(inquiry.cells.steps, 1) if n != worst.step or n == 1)
    corrected = inquiry.recounted(steps=steps) if len(steps) > 1 else inquiry
    return Stage(corrected, (_suspect(inquiry, corrected, worst, query_id),))


def _suspect(before: Inquiry, after: Inquiry, found: Silence, query_id: str) -> Suspect:
    step, later = before.cells.steps[found.step - 1], before.cells.steps[found.step]
    current = before.span.periods.current
    return Suspect(
        kind="tracking_break",
        sentence=(
            f"{_sender(before, found)} no longer reports {step}: "
            f"{percent(found.now, 0)} of its users with {later} lack it, "
            f"{percent(found.before)} before. The users did not leave, the event is missing."
        ),
        dimension=before.catalog.layout.events.version or "event_name",
        value=found.version if before.catalog.layout.events.version else step,
        effect=min(0.0, before.change.own.change - after.change.own.change),
        confidence="high",
        evidence=(query_id, after.cells.sql),
        check=Check(
            f"{later} without {step}, by version and day",
            "tracking_break",
            {
                "event": step,
                "next_event": later,
                "since": before.span.periods.stretches[min(2, len(before.baselines))].start,
                "until": current.end,
                "window": before.span.window,
            },
        ),
    )


def _sender(inquiry: Inquiry, found: Silence) -> str:
    if inquiry.catalog.layout.events.version is None:
        return f"Something that {inquiry.segment} use"
    return f"Version {found.version} of {inquiry.segment}"


Orphans = dict[tuple[int, str, int, str], tuple[int, int]]
"""(period, slice, missing step, version) → users with the later step, those without this one."""


def _orphans(inquiry: Inquiry) -> tuple[Orphans, str]:
    span = inquiry.span
    seen = query(
        "seen",
        since=span.periods.stretches[-1].start - span.window,
        until=span.periods.current.known_by,
    )
    tables: dict[str, exp.Query] = {
        "steps": steps_table(inquiry.catalog, inquiry.cells.steps),
        "periods": span.periods.table(span.window, span.cut),
        "people": span.compared.people(inquiry.catalog),
        "seen": seen,
    }
    sql = text(query("orphans", window=span.window), inquiry.catalog, **tables)
    fetched = inquiry.runner.fetch(sql, purpose="later steps without the one before, by version")
    rows = {
        (period, part, step, version or "unknown"): (later, orphans)
        for period, part, step, version, later, orphans in fetched.rows
    }
    return rows, fetched.id


def _silences(orphans: Orphans, baselines: list[int]) -> list[Silence]:
    usual: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for (period, _, step, _), (later, missing) in orphans.items():
        if period in baselines:
            usual[step] = (usual[step][0] + later, usual[step][1] + missing)
    found = []
    for (period, part, step, version), (later, missing) in orphans.items():
        if period != 0 or part != "segment" or later < LEAST_LATER or usual[step][0] == 0:
            continue
        before = usual[step][1] / usual[step][0]
        error = (max(before, 0.01) * (1 - before) / later) ** 0.5
        silence = Silence(
            step, version, missing / later, before, (missing / later - before) / error
        )
        if silence.z > STRIKING and silence.now - silence.before > LEAST_RISE:
            found.append(silence)
    return found


def _no_break(orphans: Orphans, inquiry: Inquiry) -> str:
    now = [(v, k) for k, v in orphans.items() if k[0] == 0 and k[1] == "segment"]
    later, missing = sum(v[0] for v, _ in now), sum(v[1] for v, _ in now)
    share = missing / later if later else 0.0
    return (
        f"Tracking: {percent(share)} of the users of {inquiry.segment} with a later step lack "
        "the one before it; no version stands out."
    )


def server_truth(inquiry: Inquiry) -> Stage:
    """Compares the sales that the server knows with those that an event reported."""
    span, goal = inquiry.span, inquiry.cells.steps[-1]
    sales = inquiry.catalog.layout.sales
    if sales is None or goal != sales.event:
        return Stage(inquiry)
    sql = text(
        query("server_truth", goal=goal),
        inquiry.catalog,
        periods=span.periods.table(span.window, span.cut),
        people=span.compared.people(inquiry.catalog),
    )
    fetched = inquiry.runner.fetch(sql, purpose="sales of the server without an event")
    counts = {(row[0], row[1]): (row[2], row[3]) for row in fetched.rows}
    known, lost = counts.get((0, "segment"), (0, 0))
    usual = [counts.get((k, "segment"), (0, 0)) for k in inquiry.baselines]
    usual_known, usual_lost = sum(k for k, _ in usual), sum(m for _, m in usual)
    if known < LEAST_LATER or usual_known == 0:
        return Stage(inquiry)
    now, before = lost / known, usual_lost / usual_known
    test = two_proportions((lost, known), (usual_lost, usual_known))
    if now - before < LEAST_RISE or test.p > normal_p(STRIKING):
        sentence = (
            f"Server truth: {percent(now)} of the sales that the server knows lack the "
            f"event, {percent(before)} before ({p_text(test.p)})."
        )
        return Stage(inquiry, ruled_out=(sentence,))
    effect = log((1 - now + 0.01) / (1 - before + 0.01))
    if effect > -LEAST_EFFECT:
        return Stage(inquiry)
    suspect = Suspect(
        kind="tracking_break",
        sentence=(
            f"{percent(now)} of the sales of {inquiry.segment} that the server knows lack "
            f"the event {goal}, {percent(before)} before: the event is missing, not the sale."
        ),
        dimension="event_name",
        value=goal,
        effect=effect,
        confidence="high",
        evidence=(fetched.id,),
        check=Check(
            "Sales the server knows, with and without the event, by day",
            "server_truth",
            {
                "goal": goal,
                "since": span.periods.stretches[min(2, len(inquiry.baselines))].start,
                "until": span.periods.current.end,
            },
        ),
    )
    return Stage(replace(inquiry, explained=inquiry.explained + effect), (suspect,))
