"""What a reader should know about the data under a debug answer: whether it can be trusted."""

from __future__ import annotations

from collections.abc import Iterator

from core.diagnoses import Trust, Trusted
from measure.causes.inquiry import Inquiry
from measure.funnel import steps_table
from measure.methods.proportions import Share, p_of_two
from measure.periods import LEAST_BASELINES
from measure.queries import json_text, query, text
from measure.thresholds import LEAST_USERS

FAIR_LATE, POOR_LATE = 0.02, 0.10
MORE_REPEATED = 0.03
MORE_MISSING = 0.10
SURE = 1e-6


def trust(inquiry: Inquiry, enough: bool) -> tuple[Trust, ...]:
    """Lateness, repeats, missing properties, completeness and history, one sentence each."""
    return (
        *_arrivals(inquiry),
        *_properties(inquiry),
        _complete(inquiry),
        _history(inquiry, enough),
    )


def _history(inquiry: Inquiry, enough: bool) -> Trust:
    say, sql = inquiry.figures, inquiry.cells.sql
    baselines = say.count(len(inquiry.span.periods.baselines), sql)
    if not enough:
        sentence = (
            f"Only {baselines} earlier periods lie within the data; at least "
            f"{say.count(LEAST_BASELINES, sql)} are needed to tell a change from normal variation."
        )
        return Trust(name="history", level="poor", sentence=sentence, sql=(sql,))
    sentence = (
        f"Compared with {baselines} earlier periods, each as it was known at the same moment "
        "of its own."
    )
    if inquiry.span.periods.last_year:
        sentence += " The same period of last year is there to compare with."
    return Trust(name="history", level="good", sentence=sentence, sql=(sql,))


def _arrivals(inquiry: Inquiry) -> Iterator[Trust]:
    span, say = inquiry.span, inquiry.figures
    sql = text(
        query("quality", **span.periods.bounds(back=2)),
        inquiry.catalog,
        periods=span.periods.table(span.window),
        people=span.compared.people(inquiry.catalog),
        steps=steps_table(inquiry.catalog, inquiry.cells.steps),
    )
    fetched = inquiry.runner.fetch(sql, purpose="how many events came late, and how many twice")
    counts = {(row[0], row[1]): row[2:] for row in fetched.rows}
    now = counts.get((0, "segment"), (0, 0, 0))
    past = [counts.get((k, "segment"), (0, 0, 0)) for k in inquiry.baselines]
    usual = tuple(sum(column) for column in zip(*past, strict=True)) if past else (0, 0, 0)
    events = say.count(now[0], fetched.id)
    if inquiry.catalog.layout.events.received is None:
        sentence = (
            f"{events} events of {inquiry.segment}; the warehouse does not say when they arrived."
        )
        yield Trust(name="late events", level="fair", sentence=sentence, sql=(fetched.id,))
    else:
        before = (
            f", {say.percent(usual[1] / usual[0], fetched.id)} in the two periods before"
            if usual[0]
            else ""
        )
        share = now[1] / now[0] if now[0] else 0.0
        more = share - (usual[1] / usual[0] if usual[0] else 0.0)
        yield Trust(
            name="late events",
            level="poor" if more > POOR_LATE else "fair" if more > FAIR_LATE else "good",
            sentence=(
                f"{say.percent(share, fetched.id)} of the {events} events of {inquiry.segment} "
                f"arrived more than an hour late{before}."
            ),
            sql=(fetched.id,),
        )
    yield _repeated(inquiry, (now[0], now[2]), (usual[0], usual[2]), fetched.id)


def _repeated(
    inquiry: Inquiry, now: tuple[int, int], usual: tuple[int, int], query_id: str
) -> Trust:
    say = inquiry.figures
    share, before = (size and repeats / size for size, repeats in (now, usual))
    level: Trusted = "fair" if share - before > MORE_REPEATED else "good"
    return Trust(
        name="repeated events",
        level=level,
        sentence=(
            f"{say.percent(share, query_id)} of the funnel's events repeat one of the same user "
            f"and second, {say.percent(before, query_id)} before; users count once either way."
        ),
        sql=(query_id,),
    )


def _properties(inquiry: Inquiry) -> Iterator[Trust]:
    """Properties of the funnel's events that a version no longer sends."""
    declared = [
        (step, name)
        for step in inquiry.cells.steps
        for name in inquiry.catalog.events[step].properties
    ]
    for step, name in declared:
        found = _lacking(inquiry, step, name)
        if found is not None:
            yield found


def _lacking(inquiry: Inquiry, step: str, name: str) -> Trust | None:
    span, say = inquiry.span, inquiry.figures
    sql = text(
        query(
            "null_property",
            event=step,
            property=json_text("properties", name, "e"),
            **span.periods.bounds(),
        ),
        inquiry.catalog,
        periods=span.periods.table(span.window),
        people=span.compared.people(inquiry.catalog),
    )
    fetched = inquiry.runner.fetch(sql, purpose=f"{step} without {name}, by version")
    usual = [row for row in fetched.rows if row[0] in inquiry.baselines]
    events, without = sum(r[3] for r in usual), sum(r[4] for r in usual)
    now = [r for r in fetched.rows if r[0] == 0 and r[1] == "segment" and r[3] >= LEAST_USERS]
    worst = max(now, key=lambda r: r[4] / r[3], default=None)
    if worst is None or events < LEAST_USERS or 0 < events == without:
        return None
    more = worst[4] / worst[3] - without / events
    p = p_of_two(Share(without, events), Share(worst[4], worst[3]))
    if more < MORE_MISSING or p > SURE:
        return None
    return Trust(
        name="null property",
        level="poor",
        sentence=(
            f"{say.percent(worst[4] / worst[3], fetched.id)} of the {step} events of version "
            f"{say.name(worst[2] or 'unknown', fetched.id)} lack the property {name}, "
            f"{say.percent(without / events, fetched.id)} before: whatever is counted by it is "
            "wrong; the funnel itself is not counted by it."
        ),
        sql=(fetched.id,),
    )


def _complete(inquiry: Inquiry) -> Trust:
    current, window = inquiry.span.periods.current, inquiry.span.window
    say, sql = inquiry.figures, inquiry.cells.sql
    days = say.number(window.total_seconds() / 86_400, sql, digits=0)
    if current.known_by < current.end:
        sentence = (
            f"The period runs until {current.end.isoformat()} and is known until "
            f"{current.known_by.isoformat()}; earlier periods are cut at the same moment of theirs."
        )
        return Trust(name="completeness", level="fair", sentence=sentence, sql=(sql,))
    if current.known_by < current.end + window:
        sentence = (
            f"Users who entered in the last {days} days have not had the whole window of "
            f"{days} days; earlier periods are read as unfinished as this one."
        )
        return Trust(name="completeness", level="fair", sentence=sentence, sql=(sql,))
    sentence = f"Every user who entered has had the whole window of {days} days."
    return Trust(name="completeness", level="good", sentence=sentence, sql=(sql,))
