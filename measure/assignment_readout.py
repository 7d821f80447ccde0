"""How two arms of a random assignment did, with the checks that come before any number."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import NamedTuple

from core.conditions import Frozen
from measure.statistics import (
    Z95,
    Interval,
    difference,
    sample_ratio_p,
    two_proportions,
    wilson,
)

MISMATCH = 0.001
"""Below this p-value the arms were not filled as configured, and no number is given."""


class Arm(NamedTuple):
    """One side: users, those who reached the goal, and those who got a message."""

    users: int
    reached: int
    messaged: int = 0


class Readout(Frozen):
    """The effect of being assigned to the message (intent to treat). Rates are fractions.

    ``withheld`` says why there is no number; then every estimate is None.
    """

    treated: int
    treated_reached: int
    held_out: int
    held_out_reached: int
    treated_rate: float | None
    held_out_rate: float | None
    difference: float | None
    ci_low: float | None
    """95 %, Newcombe's interval from both Wilson intervals."""
    ci_high: float | None
    p: float | None
    relative: float | None
    """The difference as a share of the held-out rate."""
    relative_low: float | None
    relative_high: float | None
    sample_ratio_p: float
    contaminated: int
    """Held-out users who got a message all the same."""
    withheld: str | None


def read_out(treated: Arm, held_out: Arm, *, held_out_share: float) -> Readout:
    """Check the assignment, then compare the arms."""
    ratio_p = sample_ratio_p((treated.users, held_out.users), (1 - held_out_share, held_out_share))
    withheld = _withheld(treated, held_out, ratio_p, held_out_share)
    estimates = dict.fromkeys(ESTIMATES) if withheld else _estimates(treated, held_out)
    return Readout(
        treated=treated.users,
        treated_reached=treated.reached,
        held_out=held_out.users,
        held_out_reached=held_out.reached,
        sample_ratio_p=ratio_p,
        contaminated=held_out.messaged,
        withheld=withheld,
        **estimates,
    )


ESTIMATES = (
    "treated_rate",
    "held_out_rate",
    "difference",
    "ci_low",
    "ci_high",
    "p",
    "relative",
    "relative_low",
    "relative_high",
)


def _withheld(treated: Arm, held_out: Arm, ratio_p: float, held_out_share: float) -> str | None:
    if treated.users == 0 or held_out.users == 0:
        return "There is nobody to compare with yet: one of the arms is empty."
    if ratio_p < MISMATCH:
        return (
            f"The arms do not match the holdout of {held_out_share:.0%}: {treated.users} treated "
            f"and {held_out.users} held out. Something else than chance decided who was held out."
        )
    if held_out.messaged:
        return f"{held_out.messaged} held-out users got a message, so they are no comparison."
    return None


def _estimates(treated: Arm, held_out: Arm) -> dict[str, float | None]:
    rate, base = treated.reached / treated.users, held_out.reached / held_out.users
    interval = difference(
        (rate, wilson(treated.reached, treated.users)),
        (base, wilson(held_out.reached, held_out.users)),
    )
    test = two_proportions((treated.reached, treated.users), (held_out.reached, held_out.users))
    ratio = relative_interval(treated, held_out)
    values = (
        rate,
        base,
        test.effect,
        interval.low,
        interval.high,
        test.p,
        rate / base - 1 if base else None,
        ratio.low if ratio else None,
        ratio.high if ratio else None,
    )
    return dict(zip(ESTIMATES, values, strict=True))


def relative_interval(treated: Arm, held_out: Arm) -> Interval | None:
    """95 % interval of the relative lift (Katz's log interval); None when an arm has no success."""
    if not treated.reached or not held_out.reached:
        return None
    centre = log(treated.reached / treated.users) - log(held_out.reached / held_out.users)
    error = Z95 * sqrt(
        1 / treated.reached - 1 / treated.users + 1 / held_out.reached - 1 / held_out.users
    )
    return Interval(exp(centre - error) - 1, exp(centre + error) - 1)
