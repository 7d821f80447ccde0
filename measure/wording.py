"""The verdict of a debug report: what happened to the rate, how sure that is, the first cause."""

from __future__ import annotations

from core.artifacts import Cause
from core.diagnoses import Headline
from measure.causes.inquiry import Inquiry
from measure.statistics import student_p
from measure.thresholds import LEAST_USERS


def verdict(inquiry: Inquiry, told: Headline, causes: tuple[Cause, ...]) -> str:
    """What happened to the rate, whether it is more than noise, and the first cause."""
    begins = "; ".join(filter(None, (_moved(inquiry, told), _unfinished(inquiry, told))))
    if told.moved == "none" or told.moved != _asked(inquiry):
        return f"{_not_so(inquiry, told, begins)}{_offset(causes, inquiry)}"
    first = f" Most likely cause: {causes[0].cause}" if causes else " No cause stands out."
    p = inquiry.figures.p(told.p, *told.sql)
    return f"{begins} ({p}), {_where(inquiry, told)}.{first}"


def unknown(inquiry: Inquiry, enough: bool) -> str | None:
    """Why nothing can be said; None when something can."""
    say, sql, cells = inquiry.figures, inquiry.cells.sql, inquiry.cells
    began = cells.step(1, "segment", 0).entered
    past = sum(cells.step(1, "segment", k).entered for k in inquiry.baselines)
    if began + past == 0:
        return (
            f"There is nothing to compare: no user of {inquiry.segment} took {cells.steps[0]} in "
            "this period or an earlier one. Ask about users who are in the data."
        )
    if not enough:
        return (
            f"There is too little history to say whether conversion of {inquiry.segment} changed: "
            f"{say.count(len(inquiry.baselines), sql)} earlier periods."
        )
    if began < LEAST_USERS or past < LEAST_USERS:
        return (
            f"There are too few users to say whether conversion of {inquiry.segment} changed: "
            f"{say.count(began, sql)} took {cells.steps[0]} in this period, "
            f"{say.count(past, sql)} in earlier ones."
        )
    if _nobody_went_on(inquiry):
        return (
            f"Nobody of {inquiry.segment} took the steps in this order, in this period or an "
            f"earlier one: {say.count(began, sql)} users began and none reached "
            f"{cells.steps[-1]}. Look at the order of the funnel's steps."
        )
    return None


def _nobody_went_on(inquiry: Inquiry) -> bool:
    whole = [inquiry.cells.whole("segment", k).converted for k in (0, *inquiry.baselines)]
    return not any(whole)


def _asked(inquiry: Inquiry) -> str:
    return "drop" if inquiry.sign < 0 else "rise"


def _moved(inquiry: Inquiry, told: Headline) -> str:
    say = inquiry.figures
    return (
        f"Conversion of {inquiry.segment} was {say.percent(told.rate_now, *told.sql, digits=2)} "
        f"where {say.percent(told.rate_expected, *told.sql, digits=2)} was expected from earlier "
        "periods"
    )


def _unfinished(inquiry: Inquiry, told: Headline) -> str:
    """What a plain comparison with the period before would have said of an unfinished one."""
    if told.naive is None or told.aligned is None or told.incomplete is None:
        return ""
    if abs(told.incomplete) < 0.02:
        return ""
    say = inquiry.figures
    naive, unfinished = (
        _signed(say.percent(share, *told.sql)) for share in (told.naive, told.incomplete)
    )
    return (
        f"against the whole period before it looks like {naive}, of which {unfinished} is only "
        "that this one is not over"
    )


def _signed(text: str) -> str:
    return text if text.startswith("-") else f"+{text}"


def _where(inquiry: Inquiry, told: Headline) -> str:
    kind = "drop" if told.moved == "drop" else "rise"
    if not inquiry.has_control:
        return f"a significant {kind}"
    places = {
        "segment": f"a significant {kind} in {inquiry.segment} but not in {inquiry.control}",
        "both": f"a significant {kind} in {inquiry.segment} and in {inquiry.control} alike",
        "unclear": f"a significant {kind} in {inquiry.segment}, with {inquiry.control} in between",
    }
    return places.get(told.where, "")


def _not_so(inquiry: Inquiry, told: Headline, begins: str) -> str:
    say, asked = inquiry.figures, _asked(inquiry)
    p = say.p(told.p, *told.sql)
    if told.moved not in ("none", asked):
        return f"{begins}: not a {asked} but a significant {told.moved} ({p})."
    smallest = say.percent(told.smallest_visible, *told.sql, digits=0)
    return (
        f"{begins}: no significant {asked}, no more than normal week-to-week variation "
        f"({p}); a {asked} by {smallest} or more would have been seen.{_control(inquiry)}"
    )


def _control(inquiry: Inquiry) -> str:
    """Whether it is the control that moved."""
    control = inquiry.change.control
    if control is None or control.p >= 0.01:
        return ""
    p = inquiry.figures.p(student_p(control.t, control.degrees), inquiry.cells.sql)
    moved = "fell" if control.change < 0 else "rose"
    return f" It is {inquiry.control} that {moved} ({p})."


def _offset(causes: tuple[Cause, ...], inquiry: Inquiry) -> str:
    """Something real may hide in a whole that did not move."""
    if not causes:
        return ""
    what = "costs" if inquiry.sign < 0 else "brings"
    return f" One thing did change and {what} conversions: {causes[0].cause}"
