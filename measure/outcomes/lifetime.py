"""Lifetime value: what customers are expected to pay, by a model that has to foresee what came.

BG/NBD (Fader, Hardie and Lee 2005) says how often somebody comes back, Gamma-Gamma (Fader and
Hardie 2013) for how much. Both are fitted on the first two thirds of the time that was watched
and have to foresee the last third, over all and by cohort, before they are fitted on all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import isfinite, sqrt
from typing import NamedTuple

import numpy as np

from measure.methods.lifetime import (
    BgNbd,
    GammaGamma,
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
SAMPLE = 3_000
"""Customers who are fitted; the same ones each time, by a hash of their ids."""
OFF, COHORT_OFF = 0.15, 0.25
"""How far what was foreseen may lie from what came, as a share of the latter: over all, and in
each cohort. Chance alone excuses twice its standard error."""
COHORTS = 3
WEEK_DAYS = 7.0


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


class Fitted(NamedTuple):
    """Both models; times in weeks."""

    buying: BgNbd
    spending: GammaGamma

    def expected(self, seen: Purchases, paid: np.ndarray, weeks: float) -> np.ndarray:
        """Of each customer: payments and what they come to within so many weeks, as two rows."""
        times = np.vectorize(bg_nbd_conditional, excluded={0}, otypes=[float])
        often = times(self.buying, seen.x, seen.t_x, seen.T, weeks)
        mean = paid / np.maximum(seen.x, 1)
        each = np.vectorize(gamma_gamma_expected, excluded={0}, otypes=[float])
        return np.array([often, often * each(self.spending, seen.x, mean)])


class Foreseen(NamedTuple):
    """A cohort in the last third: what the model said and what came."""

    label: str
    payments: float
    came: float
    amount: float
    paid: float
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
    before, cohorts = backtest(sample)
    ahead = figure.metric.horizon_days / WEEK_DAYS
    parts = tuple(_part(one) for one in cohorts)
    wrong = [one for one in cohorts if not one.holds]
    if wrong:
        return figure.withheld("currency", as_of, _failed(wrong[0]), parts=parts, **told)
    seen = Purchases(sample.early + sample.late, *_weeks(sample.last, sample.until_end))
    amounts = sample.early_amount + sample.late_amount
    now = fit(seen, amounts)
    value = float(now.expected(seen, amounts, ahead)[1].mean())
    earlier = float(before.expected(*_early(sample), ahead)[1].mean())
    if not isfinite(value):
        return figure.withheld("currency", as_of, _unstable(), parts=parts, **told)
    notes = (
        *_of(told["notes"]),
        f"Fitted on {len(sample.last):,} of {customers:,} customers; foresaw the last third of "
        f"the time within {cohorts[0].off:.0%}.",
        "The value before is what the first two thirds alone gave, at their end.",
    )
    shown = told | {"notes": notes, "parts": parts}
    return figure.told(
        "currency", as_of, value=value, before=earlier if isfinite(earlier) else None, **shown
    )


def _of(notes: object) -> tuple[str, ...]:
    return tuple(notes) if isinstance(notes, tuple) else ()


def fit(seen: Purchases, amounts: np.ndarray) -> Fitted:
    """Both models; ``amounts``: what each customer paid after the first day."""
    buying, _ = bg_nbd_fit(seen)
    again = (seen.x > 0) & (amounts > 0)
    spending = gamma_gamma_fit(seen.x[again], amounts[again] / seen.x[again])
    return Fitted(buying, spending)


def backtest(sample: Customers) -> tuple[Fitted, list[Foreseen]]:
    """The models of the first two thirds, and what they foresaw: of all, then by cohort."""
    there = sample.until_split > 0
    early = Customers(*(one[there] for one in sample))
    seen, amounts = _early(early)
    fitted = fit(seen, amounts)
    weeks = float((early.until_end - early.until_split)[0]) / WEEK_DAYS
    expected = fitted.expected(seen, amounts, weeks)
    # Cohorts by when they came, of equal size: the oldest first.
    order = np.argsort(-early.until_split, kind="stable")
    cohorts = [("all customers", order, OFF)]
    for number, who in enumerate(np.array_split(order, COHORTS), start=1):
        cohorts.append((f"cohort {number} of {COHORTS}, oldest first", who, COHORT_OFF))
    return fitted, [_foreseen(label, early, expected, who, off) for label, who, off in cohorts]


def _early(sample: Customers) -> tuple[Purchases, np.ndarray]:
    there = sample.until_split > 0
    last, until = _weeks(sample.early_last[there], sample.until_split[there])
    return Purchases(sample.early[there], last, until), sample.early_amount[there]


def _weeks(*days: np.ndarray) -> Sequence[np.ndarray]:
    return [one / WEEK_DAYS for one in days]


def _foreseen(
    label: str, early: Customers, expected: np.ndarray, who: np.ndarray, off: float
) -> Foreseen:
    often, amount = expected[:, who].sum(axis=1)
    came, paid = early.late[who], early.late_amount[who]
    error = sqrt(len(who)) * float(came.std()) if len(who) else 0.0
    return Foreseen(
        label, float(often), float(came.sum()), float(amount), float(paid.sum()), error, off
    )


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


def _unstable() -> str:
    return "The fit gives no finite value: amounts or times are too much alike to fit a spread."
