"""Guardrail policies for funnels and metrics: numbers that people compare over time.

The same shape as the policies for rules: one function from the moves of a proposal to a finding
or None, listed in FUNNEL_POLICIES, its docstring its rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.artifacts import Finding
from core.conditions import Frozen


class MetricMove(Frozen):
    """A metric that would be counted in another way."""

    name: str
    before: str | None = None
    """Its value now, in words; None: there is none."""
    after: str | None = None
    """What the same time would give; None: it would be gone."""


FunnelCheck = Callable[[Sequence[MetricMove]], Finding | None]


def numbers_stay_comparable(moves: Sequence[MetricMove]) -> Finding | None:
    """A metric keeps its meaning, so that this week can be compared with the last."""
    moved = [one for one in moves if one.before and one.after and one.before != one.after]
    if not moved:
        return None
    told = [f"{one.name} is {one.after} instead of {one.before}" for one in moved]
    return Finding(
        policy="numbers_stay_comparable",
        severity="warn",
        message=f"The same events give another number: {'; '.join(told)}.",
        fix="Give the new way of counting a name of its own, and keep the old one beside it.",
    )


def metrics_are_not_lost(moves: Sequence[MetricMove]) -> Finding | None:
    """A metric that people ask about stays there."""
    gone = [one.name for one in moves if one.before and one.after is None]
    if not gone:
        return None
    return Finding(
        policy="metrics_are_not_lost",
        severity="warn",
        message=f"Nobody can ask about {', '.join(gone)} any more.",
        fix="Check that no report and nobody's question needs it.",
    )


FUNNEL_POLICIES: tuple[FunnelCheck, ...] = (numbers_stay_comparable, metrics_are_not_lost)


def funnel_findings(moves: Sequence[MetricMove]) -> tuple[Finding, ...]:
    """The verdict of every policy, blockers first."""
    found = [finding for check in FUNNEL_POLICIES if (finding := check(moves))]
    return tuple(sorted(found, key=lambda finding: finding.rank))
