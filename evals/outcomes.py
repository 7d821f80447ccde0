"""What a suite's run gives: one outcome a case, and the counts of a suite."""

from __future__ import annotations

from collections import Counter

from core.conditions import Frozen
from evals.graders.grader import Verdict


class Outcome(Frozen):
    """How one case came out, and why."""

    id: str
    prompt: str
    verdict: Verdict
    domain: str = ""
    right: bool = False
    """Exact, or asked back where the prompt may honestly be asked about."""
    detail: str = ""
    expected: str = ""
    got: str = ""
    extra: tuple[str, ...] = ()
    """Some users who were selected and should not have been."""
    missing: tuple[str, ...] = ()
    """Some users who should have been selected."""
    ms: int = 0


class SuiteReport(Frozen):
    """The outcomes of a suite with one planner."""

    suite: str
    kind: str = ""
    planner: str
    outcomes: tuple[Outcome, ...]

    def count(self, verdict: Verdict) -> int:
        """How many cases came out so."""
        return Counter(outcome.verdict for outcome in self.outcomes)[verdict]

    def share(self, verdict: Verdict) -> float:
        """Their share of the cases; 0 of none."""
        return self.count(verdict) / len(self.outcomes) if self.outcomes else 0.0

    @property
    def right_share(self) -> float:
        """The share of cases that are exact, or ask where asking is as good; 1 of none."""
        right = sum(outcome.right for outcome in self.outcomes)
        return right / len(self.outcomes) if self.outcomes else 1.0

    def percentile_ms(self, share: float) -> int:
        """Milliseconds of planning that this share of the cases stays under or equals."""
        times = sorted(outcome.ms for outcome in self.outcomes) or [0]
        return times[min(len(times) - 1, int(len(times) * share))]
