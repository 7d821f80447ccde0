"""What a reader should know about the data under a debug answer."""

from __future__ import annotations

from measure.causes.inquiry import Inquiry, percent
from measure.periods import LEAST_BASELINES
from measure.queries import query, text


def data_quality(inquiry: Inquiry, enough: bool) -> tuple[str, ...]:
    """One sentence each on lateness, completeness and history."""
    sentences = [_late(inquiry), _complete(inquiry)]
    baselines = len(inquiry.span.periods.baselines)
    if not enough:
        sentences.append(
            f"Only {baselines} earlier periods lie within the data; at least {LEAST_BASELINES} are "
            "needed to tell a change from normal variation."
        )
    else:
        sentences.append(
            f"Compared with {baselines} earlier periods, each as it was known at the same moment "
            "of its own."
        )
    return tuple(sentences)


def _late(inquiry: Inquiry) -> str:
    span = inquiry.span
    sql = text(
        query("quality"),
        inquiry.catalog,
        periods=span.periods.table(span.window),
        people=span.compared.people(inquiry.catalog),
    )
    fetched = inquiry.runner.fetch(sql, purpose="how many events came late")
    counts = {(row[0], row[1]): (row[2], row[3]) for row in fetched.rows}
    events, late = counts.get((0, "segment"), (0, 0))
    past = [counts.get((k, "segment"), (0, 0)) for k in inquiry.baselines]
    usual, usual_late = sum(e for e, _ in past), sum(m for _, m in past)
    before = f", {percent(usual_late / usual)} in the two periods before" if usual else ""
    if inquiry.catalog.layout.events.received is None:
        return (
            f"{events:,} events of {inquiry.segment}; the warehouse does not say when they arrived."
        )
    share = percent(late / events) if events else "0 %"
    return (
        f"{share} of the {events:,} events of {inquiry.segment} arrived more than an hour "
        f"late{before}."
    )


def _complete(inquiry: Inquiry) -> str:
    current, window = inquiry.span.periods.current, inquiry.span.window
    days = window.total_seconds() / 86_400
    if current.known_by < current.end:
        return (
            f"The period runs until {current.end.isoformat()} and is known until "
            f"{current.known_by.isoformat()}; earlier periods are cut at the same moment of theirs."
        )
    if current.known_by < current.end + window:
        return (
            f"Users who entered in the last {days:g} days have not had the whole window of "
            f"{days:g} days; earlier periods are read as unfinished as this one."
        )
    return f"Every user who entered has had the whole window of {days:g} days."
