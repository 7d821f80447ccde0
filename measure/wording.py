"""The verdict of a debug report: one sentence, with numbers of the report only."""

from __future__ import annotations

from core.artifacts import Cause
from measure.causes.inquiry import Inquiry, percent
from measure.changes import Change
from measure.statistics import p_text


def verdict(
    inquiry: Inquiry, change: Change | None, causes: tuple[Cause, ...], direction: str
) -> str:
    """What happened to the rate, whether it is more than noise, and the first cause."""
    if change is None:
        return (
            f"There is too little history to say whether conversion of {inquiry.segment} changed: "
            f"{len(inquiry.baselines)} earlier periods."
        )
    moved = _moved(inquiry, change)
    if direction == "rise" and change.own.change > 0:
        return _rise(inquiry, change, moved)
    if change.where == "nowhere":
        return _no_drop(inquiry, change, moved, causes)
    told = f"{moved} ({p_text(change.own.p)}), {_where(inquiry, change)}."
    if not causes:
        return f"{told} No cause stands out."
    return f"{told} Most likely cause: {causes[0].cause}"


def _moved(inquiry: Inquiry, change: Change) -> str:
    return (
        f"Conversion of {inquiry.segment} was {percent(change.rate, 2)} where "
        f"{percent(change.expected, 2)} was expected from earlier periods"
    )


def _where(inquiry: Inquiry, change: Change) -> str:
    if not inquiry.has_control:
        return "a significant drop"
    told = {
        "segment": f"a significant drop in {inquiry.segment} but not in {inquiry.control}",
        "both": f"a significant drop in {inquiry.segment} and in {inquiry.control} alike",
        "unclear": f"a significant drop in {inquiry.segment}, with {inquiry.control} in between",
    }
    return told.get(change.where, "")


def _no_drop(inquiry: Inquiry, change: Change, moved: str, causes: tuple[Cause, ...]) -> str:
    told = (
        f"{moved}: no significant drop, no more than normal week-to-week variation "
        f"({p_text(change.own.p)}); a drop by {percent(change.smallest_visible, 0)} or more "
        "would have been seen."
    )
    if not causes:
        return told
    return f"{told} One thing did change and costs conversions: {causes[0].cause}"


def _rise(inquiry: Inquiry, change: Change, moved: str) -> str:
    if change.own.p < 0.02:
        return f"{moved}: a significant rise ({p_text(change.own.p)})."
    return (
        f"{moved}: no significant rise, no more than normal week-to-week variation "
        f"({p_text(change.own.p)})."
    )
