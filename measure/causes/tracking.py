"""An event that is no longer sent: users who took a later step without the one before it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import NamedTuple

from sqlglot import exp

from measure.causes.inquiry import Check, Ground, Inquiry, Ruled, Stage, Suspect, shift_of
from measure.causes.nameless import named_nobody
from measure.funnel import steps_table
from measure.queries import query, text
from measure.thresholds import LEAST_EFFECT, STRIKING

LEAST_LATER = 20
"""Users with the later step, below which a version says nothing."""
LEAST_RISE = 0.10


class Silence(NamedTuple):
    """A version whose users take a later step without the one before it."""

    step: int
    version: str
    later: int
    now: float
    before: float
    z: float


def tracking_break(inquiry: Inquiry) -> Stage:
    """Leaves steps out of the funnel that a version no longer reports."""
    orphans, query_id = _orphans(inquiry)
    worst: dict[int, Silence] = {}
    for silence in sorted(_silences(orphans, inquiry), key=lambda s: s.z):
        worst[silence.step] = silence
    steady = Ruled("tracking_break", _no_break(orphans, inquiry, query_id), (query_id,))
    if not worst:
        return Stage(inquiry, ruled_out=(steady,), tests=len(orphans))
    suspects: list[Suspect] = []
    names = inquiry.cells.steps
    for silence in sorted(worst.values(), key=lambda s: -s.step):
        # A first step cannot be left out: who began is known by it alone.
        left = tuple(n for n in inquiry.cells.steps if n != names[silence.step - 1])
        corrected = inquiry.recounted(steps=left) if silence.step > 1 else inquiry
        suspect = _suspect(inquiry, corrected, (names, silence), query_id)
        rise = silence.now - silence.before
        suspect = named_nobody(inquiry, suspect, names[silence.step - 1], rise)
        if suspect.effect <= -LEAST_EFFECT or not corrected.cells.steps:
            suspects.append(suspect)
        inquiry = corrected
    return Stage(inquiry, tuple(suspects), tests=len(orphans))


def _suspect(
    before: Inquiry, after: Inquiry, found: tuple[tuple[str, ...], Silence], query_id: str
) -> Suspect:
    steps, silence = found
    step, later = steps[silence.step - 1], steps[silence.step]
    say, current = before.figures, before.span.periods.current
    lack = say.percent(silence.now, query_id, digits=0)
    ground = Ground(
        f"Without {step} in the funnel the rate is "
        f"{say.percent(after.change.rate, after.cells.sql, digits=2)} where "
        f"{say.percent(after.change.expected, after.cells.sql, digits=2)} was expected.",
        (after.cells.sql,),
    )
    return Suspect(
        kind="tracking_break",
        sentence=(
            f"{_sender(before, silence)} no longer reports {step}: "
            f"{lack} of its users with {later} lack it, "
            f"{say.percent(silence.before, query_id)} before. "
            "The users did not leave, the event is missing."
        ),
        dimension=before.catalog.layout.events.version or "event_name",
        value=silence.version if before.catalog.layout.events.version else step,
        effect=min(0.0, shift_of(before, after)),
        confidence="high",
        evidence=(query_id, before.cells.sql, after.cells.sql),
        checks=(
            Check(
                f"{later} without {step}, by version and day",
                "tracking_break",
                {
                    "event": step,
                    "next_event": later,
                    "since": before.periods_back(2),
                    "until": current.end,
                    "as_of": current.known_by,
                    "window": before.span.window,
                },
            ),
            _volume(before),
        ),
        grounds=(ground,),
    )


def _volume(inquiry: Inquiry) -> Check:
    """Which events fell silent, by version."""
    current = inquiry.span.periods.current
    return Check(
        "Each step's events per user, by version",
        "event_volume",
        {
            "names": tuple(exp.Literal.string(step) for step in inquiry.cells.steps),
            "since": current.start,
            "until": current.end,
            "as_of": current.known_by,
        },
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
    sql = text(query("orphans", window=span.window), inquiry.catalog, span.corrections, **tables)
    fetched = inquiry.runner.fetch(sql, purpose="later steps without the one before, by version")
    rows = {
        (period, part, step, version or "unknown"): (later, orphans)
        for period, part, step, version, later, orphans in fetched.rows
    }
    return rows, fetched.id


def _silences(orphans: Orphans, inquiry: Inquiry) -> list[Silence]:
    usual: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for (period, _, step, _), (later, missing) in orphans.items():
        if period in inquiry.baselines:
            usual[step] = (usual[step][0] + later, usual[step][1] + missing)
    found = []
    for (period, part, step, version), (later, missing) in orphans.items():
        if period != 0 or part != "segment" or later < LEAST_LATER or usual[step][0] == 0:
            continue
        before = usual[step][1] / usual[step][0]
        error = (max(before, 0.01) * (1 - before) / later) ** 0.5
        now = missing / later
        silence = Silence(step, version, later, now, before, (now - before) / max(error, 1e-9))
        if silence.z > STRIKING and silence.now - silence.before > LEAST_RISE:
            found.append(silence)
    return found


def _no_break(orphans: Orphans, inquiry: Inquiry, query_id: str) -> str:
    now = [(v, k) for k, v in orphans.items() if k[0] == 0 and k[1] == "segment"]
    later, missing = sum(v[0] for v, _ in now), sum(v[1] for v, _ in now)
    share = inquiry.figures.percent(missing / later if later else 0.0, query_id)
    return (
        f"Tracking: {share} of the users of {inquiry.segment} with a later step lack "
        "the one before it; no version stands out."
    )


def server_truth(inquiry: Inquiry) -> Stage:
    """Compares the sales that the server knows with those that an event reported.

    Where events are missing, the last step counts as taken when the server knows of it.
    """
    span, goal = inquiry.span, inquiry.cells.steps[-1]
    sales = inquiry.catalog.layout.sales
    if sales is None or goal != sales.event:
        return Stage(inquiry)
    sql = text(
        query("server_truth", goal=goal, **span.periods.bounds()),
        inquiry.catalog,
        span.corrections,
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
    now, before, say = lost / known, usual_lost / usual_known, inquiry.figures
    error = (max(before, 0.01) * (1 - before) / known) ** 0.5
    if now - before < LEAST_MISSING or (now - before) / max(error, 1e-9) < STRIKING:
        sentence = (
            f"Server truth: {say.percent(now, fetched.id)} of the sales that the server knows "
            f"lack the event, {say.percent(before, fetched.id)} before."
        )
        return Stage(inquiry, ruled_out=(Ruled("tracking_break", sentence, (fetched.id,)),))
    corrected = inquiry.recounted(replace(span, server_truth=True))
    effect = shift_of(inquiry, corrected)
    if effect > -LEAST_EFFECT:
        return Stage(corrected)
    suspect = _unreported(inquiry, corrected, (now, before), fetched.id, effect)
    return Stage(corrected, (named_nobody(inquiry, suspect, goal, now - before),))


LEAST_MISSING = 0.04


def _unreported(
    before: Inquiry, after: Inquiry, lack: tuple[float, float], query_id: str, effect: float
) -> Suspect:
    goal, say, current = before.cells.steps[-1], before.figures, before.span.periods.current
    now, usual = (say.percent(share, query_id) for share in lack)
    ground = Ground(
        "With the sales that the server knows the rate is "
        f"{say.percent(after.change.rate, after.cells.sql, digits=2)} where "
        f"{say.percent(after.change.expected, after.cells.sql, digits=2)} was expected.",
        (after.cells.sql,),
    )
    return Suspect(
        kind="tracking_break",
        sentence=(
            f"{now} of the sales of {before.segment} that the server knows lack "
            f"the event {goal}, {usual} before: the event is missing, not the sale."
        ),
        dimension="event_name",
        value=goal,
        effect=effect,
        confidence="high",
        evidence=(query_id, before.cells.sql, after.cells.sql),
        checks=(
            Check(
                "Sales the server knows, with and without the event, by day",
                "server_truth",
                {
                    "goal": goal,
                    "since": before.periods_back(2),
                    "until": current.end,
                    "as_of": current.known_by,
                },
            ),
            _volume(before),
        ),
        grounds=(ground,),
    )
