"""Whether those who came beyond the usual are people: robots do nothing but what they came for."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from measure.causes.inquiry import Inquiry
from measure.compared import Compared, SliceOf
from measure.funnel import steps_table
from measure.layout import dimensions
from measure.queries import query, text
from measure.thresholds import LEAST_USERS

LIVELY = 0.1
"""Where fewer of the usual users do anything else, that somebody does not says nothing."""
ALIKE = 0.5
"""An excess of which at least this share of the usual does other things is of people."""


class Life(NamedTuple):
    """The share that did anything that is no step of the funnel."""

    beyond: float
    """Of those beyond the usual number."""
    usual: float
    sql: str

    @property
    def of_people(self) -> bool:
        """Whether those beyond do other things about as others do."""
        return self.usual >= LIVELY and self.beyond >= ALIKE * self.usual


def life_of(inquiry: Inquiry, dimension: str, value: str, beyond: float) -> Life | None:
    """What a value's users do beside the funnel, ``beyond`` of them being more than usual; None
    where nothing can be told apart. A value that nobody had before is held against all users."""
    compared = inquiry.span.compared
    among = [compared]
    if dimension in dimensions(inquiry.catalog) and compared.within is None:
        among.insert(0, replace(compared, within=SliceOf(dimension, value, value)))
    for people in among:
        found = _shares(inquiry, people, beyond)
        if found is not None:
            return found
    return None


def _shares(inquiry: Inquiry, among: Compared, beyond: float) -> Life | None:
    span = inquiry.span
    sql = text(
        query("life", **span.periods.bounds(back=2)),
        inquiry.catalog,
        span.corrections,
        periods=span.periods.table(span.window, span.cut),
        people=among.people(inquiry.catalog),
        steps=steps_table(inquiry.catalog, inquiry.cells.steps),
    )
    fetched = inquiry.runner.fetch(sql, purpose="who does anything else than the funnel's steps")
    rows = {period: (users, lively) for period, users, lively in fetched.rows}
    now, lively_now = rows.get(0, (0, 0))
    users = sum(n for k, (n, _) in rows.items() if k < 0)
    lively = sum(n for k, (_, n) in rows.items() if k < 0)
    if users < LEAST_USERS or beyond <= 0:
        return None
    usual = lively / users
    more = (lively_now - max(0.0, now - beyond) * usual) / beyond
    return Life(min(1.0, max(0.0, more)), usual, fetched.id)
