"""A version whose events say the wrong time: they arrive before they happened, or hours after."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from sqlglot import exp

from measure.causes.inquiry import Check, Ground, Inquiry, Ruled, Stage, Suspect, shift_of
from measure.funnel import steps_table
from measure.layout import Clock
from measure.queries import query, text
from measure.thresholds import LEAST_EFFECT, LEAST_USERS

AHEAD, BEHIND = -300.0, 1800.0
"""Seconds from which on even the promptest events are too early, or too late, to be right."""


class _Lag(NamedTuple):
    event: str
    version: str
    events: int
    seconds: float


def clock_shift(inquiry: Inquiry) -> Stage:
    """Moves the events of a version whose clock is wrong to when they must have happened."""
    events = inquiry.catalog.layout.events
    if events.version is None or events.received is None:
        return Stage(inquiry, tests=0)
    wrong, query_id = _wrong(inquiry)
    if not wrong:
        sentence = "Clocks: the events of every version arrive after they happened, and soon."
        return Stage(inquiry, ruled_out=(Ruled("timezone_shift", sentence, (query_id,)),))
    clocks = tuple(Clock(one.event, one.version, round(one.seconds)) for one in wrong)
    corrections = replace(inquiry.span.corrections, clocks=clocks)
    corrected = inquiry.recounted(replace(inquiry.span, corrections=corrections))
    effect = shift_of(inquiry, corrected)
    if effect * inquiry.sign < LEAST_EFFECT:
        return Stage(corrected)
    return Stage(corrected, (_suspect(inquiry, corrected, wrong, query_id, effect),))


def _wrong(inquiry: Inquiry) -> tuple[list[_Lag], str]:
    current = inquiry.span.periods.current
    sql = text(
        query(
            "clock_lags",
            since=inquiry.periods_back(1),
            current=current.start,
            until=current.known_by,
        ),
        inquiry.catalog,
        steps=steps_table(inquiry.catalog, inquiry.cells.steps),
        people=inquiry.span.compared.people(inquiry.catalog),
    )
    fetched = inquiry.runner.fetch(sql, purpose="how soon events arrive, by version")
    own = [row for row in fetched.rows if row[1] == "segment" and row[3] and row[4] >= LEAST_USERS]
    # An event that came as late before, from any version, is one that the team sends so.
    usual = {row[2]: row[5] for row in own if not row[0] and AHEAD < row[5] < BEHIND}
    found = [_Lag(row[2], row[3], row[4], float(row[5])) for row in own if row[0]]
    return [x for x in found if not AHEAD < x.seconds < BEHIND and x.event in usual], fetched.id


def _suspect(
    before: Inquiry, after: Inquiry, wrong: list[_Lag], query_id: str, effect: float
) -> Suspect:
    say, current = before.figures, before.span.periods.current
    most = max(wrong, key=lambda one: one.events)
    hours = say.number(abs(most.seconds) / 3600, query_id, digits=1)
    side = "ahead of" if most.seconds < 0 else "behind"
    count = say.count(sum(one.events for one in wrong if one.version == most.version), query_id)
    return Suspect(
        kind="timezone_shift",
        sentence=(
            f"The clock of version {most.version} of {before.segment} is about {hours} hours "
            f"{side} the time at which its events arrive: {count} events come in the wrong order. "
            "The users did what they do, the times are wrong."
        ),
        dimension=before.catalog.layout.events.version,
        value=most.version,
        effect=effect,
        confidence="high",
        evidence=(query_id, before.cells.sql, after.cells.sql),
        checks=(
            Check(
                "When events say they happened against when they arrived, by version",
                "clock_lags",
                {
                    "names": tuple(exp.Literal.string(step) for step in before.cells.steps),
                    "since": before.periods_back(1),
                    "as_of": current.known_by,
                },
            ),
        ),
        grounds=(
            Ground(
                "With these events moved to when they arrived the rate is "
                f"{say.percent(after.change.rate, after.cells.sql, digits=2)} where "
                f"{say.percent(after.change.expected, after.cells.sql, digits=2)} was expected.",
                (after.cells.sql,),
            ),
        ),
    )
