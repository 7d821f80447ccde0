"""Lifetime value: what customers are expected to pay, by a model that has to foresee what came.

BG/NBD (Fader, Hardie and Lee 2005) says how often somebody comes back, Gamma-Gamma (Fader and
Hardie 2013) for how much. Both are fitted on the first two thirds of the time that was watched
and have to foresee the last third, over all and by cohort, before they are fitted on all of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import isfinite, sqrt
from typing import NamedTuple

import numpy as np

from measure.methods.lifetime import (
    BgNbd,
    Purchases,
    bg_nbd_conditional,
    bg_nbd_fit,
    gamma_gamma_expected,
    gamma_gamma_fit,
)
from measure.outcomes.asking import Asked, Wanted
from measure.outcomes.result import Figure, Part
from measure.outcomes.revenue import NO_SALES, bad_amounts, payments
from measure.queries import query

LEAST_REPEAT_BUYERS = 500
LEAST_DAYS = 56
SAMPLE = 2_000
"""Customers who are fitted; the same ones each time, by a hash of their ids."""
OFF, COHORT_OFF = 0.15, 0.25
"""How far what was foreseen may lie from what came, as a share of the latter: over all, and in
each cohort. Chance alone excuses twice its standard error."""
COHORTS = 3
ALIKE = 1e-3
"""Amounts whose standard deviation is a smaller share of their mean have no spread to fit."""
WEEK_DAYS = 7.0
UNSTABLE = "The fit gives no finite value: amounts or times are too much alike to fit a spread."


class Customers(NamedTuple):
    """The sample, a customer a place; days from the first payment, amounts in currency."""

    until_split: np.ndarray
    until_end: np.ndarray
    early: np.ndarray
    """Days with a payment after the first and before the split."""
    early_last: np.ndarray
    early_amount: np.ndarray
    late: np.ndarray
    late_amount: np.ndarray
    last: np.ndarray


class Watched(NamedTuple):
    """Customers up to a moment; times in weeks."""

    seen: Purchases
    paid: np.ndarray
    """What each paid after the first day."""

    def payments(self, buying: BgNbd, weeks: float) -> np.ndarray:
        """Of each customer, within so many weeks."""
        expected = np.vectorize(bg_nbd_conditional, excluded={0}, otypes=[float])
        return np.asarray(expected(buying, *self.seen, weeks))

    def amounts(self) -> np.ndarray:
        """The mean of each customer's next payments; everybody's where nobody's differ."""
        again = (self.seen.x > 0) & (self.paid > 0)
        mean = self.paid / np.maximum(self.seen.x, 1)
        usual = float(mean[again].mean())
        if float(mean[again].std()) < ALIKE * usual:
            return np.full(len(mean), usual)
        spending = gamma_gamma_fit(self.seen.x[again], mean[again])
        expected = np.vectorize(gamma_gamma_expected, excluded={0}, otypes=[float])
        return np.asarray(expected(spending, self.seen.x, mean))

    def value(self, buying: BgNbd, weeks: float) -> float:
        """The mean of what customers pay within so many weeks; NaN where a fit gives none."""
        return float((self.payments(buying, weeks) * self.amounts()).mean())


class Foreseen(NamedTuple):
    """A cohort in the last third: what the model said and what came."""

    label: str
    payments: float
    came: float
    error: float
    """Standard error of the payments that came."""
    may_be_off: float

    @property
    def off(self) -> float:
        """How far off the payments were, as a share of what came."""
        return abs(self.payments - self.came) / max(self.came, 1.0)

    @property
    def holds(self) -> bool:
        """Whether that is near enough."""
        return abs(self.payments - self.came) <= max(
            self.may_be_off * self.came, 2 * self.error
        ) and isfinite(self.payments)


def lifetime_value(asked: Asked, figure: Wanted) -> Figure:
    """The mean over everybody who has paid; withheld where the model does not foresee."""
    paid = payments(asked, asked.as_of)
    if paid is None:
        return figure.withheld("currency", asked.as_of, NO_SALES)
    found, span = asked.fetch(query("outcomes/sold_span"), "since when something is paid", **paid)
    first, _, left_out = found.rows[0]
    notes = (bad_amounts(int(left_out)),) if left_out else ()
    if first is None:
        why = "Nothing was paid yet, as far as the sales say."
        return figure.withheld("currency", asked.as_of, why, notes=notes, sql=(span,))
    days = (asked.as_of - first).days
    if days < LEAST_DAYS:
        why = (
            f"Payments go back {days} days; a forecast that is checked against what came takes "
            f"{LEAST_DAYS}."
        )
        return figure.withheld("currency", asked.as_of, why, notes=notes, sql=(span,))
    split = asked.as_of - timedelta(days=days // 3)
    fetched, sql = asked.fetch(
        query("outcomes/customers", split=split, as_of=asked.as_of, sample=SAMPLE),
        "a sample of customers with their payments before and after the split",
        **paid,
    )
    *columns, customers, repeat, early = zip(*fetched.rows, strict=True)
    told = {"notes": notes, "sql": (span, sql)}
    if min(int(repeat[0]), int(early[0])) < LEAST_REPEAT_BUYERS:
        return figure.withheld(
            "currency", asked.as_of, _too_few(int(repeat[0]), int(early[0]), split), **told
        )
    sample = Customers(*(np.array(one, dtype=float) for one in columns))
    return _checked(asked.as_of, figure, sample, told | {"customers": int(customers[0])})


def _too_few(repeat: int, early: int, split: datetime) -> str:
    return (
        f"{repeat:,} customers have paid more than once, {early:,} of them twice before "
        f"{split:%Y-%m-%d}, where the check of the forecast begins; it takes "
        f"{LEAST_REPEAT_BUYERS:,}."
    )


def _checked(as_of: datetime, figure: Wanted, sample: Customers, told: dict[str, object]) -> Figure:
    customers = told.pop("customers")
    buying, cohorts = backtest(sample)
    parts = tuple(_part(one) for one in cohorts)
    wrong = [one for one in cohorts if not one.holds]
    if wrong:
        return figure.withheld("currency", as_of, _failed(wrong[0]), parts=parts, **told)
    ahead = figure.metric.horizon_days / WEEK_DAYS
    early, now = _early(sample), _now(sample)
    value, before = now.value(bg_nbd_fit(now.seen)[0], ahead), early.value(buying, ahead)
    if not isfinite(value):
        return figure.withheld("currency", as_of, UNSTABLE, parts=parts, **told)
    notes = (
        *_of(told["notes"]),
        f"Fitted on {len(sample.last):,} of {customers:,} customers; foresaw the last third of "
        f"the time within {cohorts[0].off:.0%}.",
        "The value before is what the first two thirds alone gave, at their end.",
    )
    shown = told | {"notes": notes, "parts": parts, "before": before if isfinite(before) else None}
    return figure.told("currency", as_of, value=value, **shown)


def _of(notes: object) -> tuple[str, ...]:
    return tuple(notes) if isinstance(notes, tuple) else ()


def backtest(sample: Customers) -> tuple[BgNbd, list[Foreseen]]:
    """The model of the first two thirds, and what it foresaw: of all, then by cohort."""
    there = sample.until_split > 0
    known = Customers(*(one[there] for one in sample))
    early = _early(known)
    buying, _ = bg_nbd_fit(early.seen)
    expected = early.payments(buying, float((known.until_end - known.until_split)[0]) / WEEK_DAYS)
    # Cohorts by when they came, of equal size: the oldest first.
    order = np.argsort(-known.until_split, kind="stable")
    cohorts = [("all customers", order, OFF)]
    for number, who in enumerate(np.array_split(order, COHORTS), start=1):
        cohorts.append((f"cohort {number} of {COHORTS}, oldest first", who, COHORT_OFF))
    return buying, [
        _foreseen(label, known.late[who], expected[who], off) for label, who, off in cohorts
    ]


def _early(sample: Customers) -> Watched:
    """Those who had come by the split, up to it."""
    there = sample.until_split > 0
    times = (sample.early_last[there] / WEEK_DAYS, sample.until_split[there] / WEEK_DAYS)
    return Watched(Purchases(sample.early[there], *times), sample.early_amount[there])


def _now(sample: Customers) -> Watched:
    times = (sample.last / WEEK_DAYS, sample.until_end / WEEK_DAYS)
    paid = sample.early_amount + sample.late_amount
    return Watched(Purchases(sample.early + sample.late, *times), paid)


def _foreseen(label: str, came: np.ndarray, expected: np.ndarray, off: float) -> Foreseen:
    error = sqrt(len(came)) * float(came.std()) if len(came) else 0.0
    return Foreseen(label, float(expected.sum()), float(came.sum()), error, off)


def _part(one: Foreseen) -> Part:
    told = f"{one.payments:,.0f} payments foreseen in the last third, {one.came:,.0f} came"
    ratio = one.payments / one.came if one.came else None
    return Part(label=one.label, value=ratio, statement=f"{told}.")


def _failed(one: Foreseen) -> str:
    return (
        f"The model does not foresee these customers: of {one.label} it expected "
        f"{one.payments:,.0f} payments in the last third of the time, and {one.came:,.0f} came "
        f"({one.off:.0%} off, {one.may_be_off:.0%} are allowed). Payments that come by contract, "
        "at fixed times, are not what it is made for."
    )
