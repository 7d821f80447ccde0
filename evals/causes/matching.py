"""What counts as right: the type of a cause, for whom, and which step, all three.

The one place that says so. A named cause is right for at most one planted one, and the other way
round; whatever is right for none is a false cause, also when it is nearly right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from evals.causes.answers import Named
from evals.causes.worlds.app import STEPS
from evals.causes.worlds.planted import Kind, Truth

MATERIAL: Final = 0.05
"""Relative fall from which on a cause has to be found."""

ACCEPTED: Final[dict[Kind, frozenset[str]]] = {
    "late_data": frozenset({"late_data"}),
    "tracking_break": frozenset({"tracking_break"}),
    "null_property": frozenset({"null_property"}),
    "identity_change": frozenset({"identity_change"}),
    "timezone_shift": frozenset({"timezone_shift"}),
    "entrant_inflation": frozenset({"entrant_inflation"}),
    "mix_shift": frozenset({"mix_shift"}),
    "delivery_failure": frozenset({"delivery_failure"}),
    "suppression_cap": frozenset({"suppression_cap"}),
    "holdout_misconfiguration": frozenset({"holdout_change"}),
    "consent_drop": frozenset({"suppression", "consent_drop"}),
    "release_regression": frozenset({"release_regression"}),
    "segment_regression": frozenset({"segment_regression"}),
    "two_way_cell": frozenset({"segment_regression", "two_way_cell"}),
    "returning_only": frozenset({"segment_regression"}),
    "platform_fall": frozenset({"platform_regression"}),
    "global_dip": frozenset({"global_dip"}),
    "price_change": frozenset({"price_change"}),
    "currency_change": frozenset({"price_change", "currency_change"}),
    "duplicate_events": frozenset({"duplicate_events"}),
}
"""Planted → the kinds of the report that say so."""

VALUES: Final[dict[Kind, str]] = {
    "suppression_cap": "CAP_REACHED",
    "holdout_misconfiguration": "HELD_OUT_POLICY",
    "consent_drop": "NO_CONSENT",
    "platform_fall": "ios",
}
"""What the report must name where the planted cause has no place of its own."""

LOST_EVENT: Final[frozenset[Kind]] = frozenset({"tracking_break", "null_property"})
EITHER_HALF: Final[frozenset[Kind]] = frozenset({"two_way_cell"})
"""Right when it names the step and either half: one value of a cell is where most would look."""
IN_WORDS: Final[frozenset[Kind]] = frozenset({"currency_change"})
"""The place may stand in the sentence only."""
_ARROW = re.compile(r"(\w+) → (\w+)")


class Pair(NamedTuple):
    """A planted cause (by place) and the named one (by rank, from 0) that is right for it."""

    planted: int
    named: int


def matched(truths: tuple[Truth, ...], named: tuple[Named, ...]) -> tuple[Pair, ...]:
    """Pairs, the first named first; of several planted ones, the larger."""
    lost = {t.step for t in truths if t.kind in LOST_EVENT and t.step is not None}
    by_size = sorted(range(len(truths)), key=lambda n: truths[n].effect)
    pairs: list[Pair] = []
    for rank, cause in enumerate(named):
        taken = {pair.planted for pair in pairs}
        fits = [n for n in by_size if n not in taken and is_right(truths[n], cause, lost)]
        pairs += [Pair(n, rank) for n in fits[:1]]
    return tuple(pairs)


def is_right(truth: Truth, named: Named, lost: Iterable[int] = ()) -> bool:
    """Whether a named cause says what was planted: kind, place and step.

    ``lost``: events that the world does not report, which a step may be told across.
    """
    if named.kind is None:
        return locus_is_right(truth, named)
    return (
        named.kind in ACCEPTED[truth.kind]
        and _place_is_right(truth, named)
        and _step_is_right(truth, named, frozenset(lost))
    )


def locus_is_right(truth: Truth, named: Named) -> bool:
    """The same for methods that only say for whom: any half of the place, whatever the step."""
    wanted: tuple[tuple[str, str], ...] = truth.where
    if truth.kind == "returning_only":
        wanted = (("tenure", "returning"),)
    elif truth.version is not None:
        wanted = (("app_version", truth.version),)
    return not {(named.dimension, named.value), *named.also}.isdisjoint(wanted)


def _place_is_right(truth: Truth, named: Named) -> bool:
    if truth.kind == "returning_only":
        return (named.dimension, named.value) == ("tenure", "returning")
    if truth.kind in VALUES:
        return named.value == VALUES[truth.kind]
    if truth.kind in LOST_EVENT and truth.step is not None:
        event = STEPS[truth.step]
        return event in named.told and named.value in (truth.version, event)
    if truth.version is not None:
        return truth.version in (named.value, *re.split(r"[^\w.]+", named.told))
    if truth.kind in IN_WORDS:
        return any(value in re.split(r"\W+", named.told) for _, value in truth.where)
    if truth.kind in EITHER_HALF:
        return any(value in re.split(r"\W+", named.value or "") for _, value in truth.where)
    return all((named.dimension, named.value) == where for where in truth.where)


def _step_is_right(truth: Truth, named: Named, lost: frozenset[int]) -> bool:
    """Falls of a step must name it; an event that is not reported may be left out of the middle."""
    if truth.step is None or truth.kind in LOST_EVENT or ACCEPTED[truth.kind] & PRICED:
        return True
    for a, b in _ARROW.findall(named.told):
        if a in STEPS and b in STEPS:
            start, end = STEPS.index(a), STEPS.index(b)
            between = set(range(start + 1, end))
            if start <= truth.step < end and between <= lost:
                return True
    return False


PRICED: Final = frozenset({"price_change"})
"""A price has one step, the last; no answer needs to say so."""
