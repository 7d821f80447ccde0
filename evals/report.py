"""What a suite's run gives: one outcome a case, and the table that people read."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from core.conditions import Frozen

Verdict = Literal["exact", "asked_back", "asked_needlessly", "silently_wrong", "failed"]
"""``asked_needlessly``: asked or refused where the case says it should be understood.
``failed``: understood right in the data, but another field is not as expected."""


class Outcome(Frozen):
    """How one case came out, and why."""

    id: str
    prompt: str
    verdict: Verdict
    detail: str = ""
    ms: int = 0


class SuiteReport(Frozen):
    """The outcomes of a suite with one planner."""

    suite: str
    planner: str
    outcomes: tuple[Outcome, ...]

    def count(self, verdict: Verdict) -> int:
        """How many cases came out so."""
        return Counter(outcome.verdict for outcome in self.outcomes)[verdict]

    @property
    def exact_share(self) -> float:
        """The share of cases that came out as wanted, asking back where that is wanted included."""
        right = self.count("exact") + sum(
            o.verdict == "asked_back" and not o.detail for o in self.outcomes
        )
        return right / len(self.outcomes) if self.outcomes else 1.0

    @property
    def failed(self) -> bool:
        """Whether anything was silently wrong."""
        return self.count("silently_wrong") > 0


_HEADINGS = (
    "suite",
    "planner",
    "cases",
    "exact",
    "asked back",
    "asked needlessly",
    "wrong field",
    "silently wrong",
    "p95 ms",
)


def table(reports: list[SuiteReport]) -> str:
    """The reports as a text table, one row a suite."""
    rows = [_HEADINGS, *(_row(report) for report in reports)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(_HEADINGS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def problems(reports: list[SuiteReport]) -> str:
    """Every case that did not come out as wanted, a line each."""
    lines = [
        f"{report.suite} {outcome.id} {outcome.verdict}: {outcome.prompt}\n    {outcome.detail}"
        for report in reports
        for outcome in report.outcomes
        if outcome.verdict not in ("exact", "asked_back")
    ]
    return "\n".join(lines)


def _row(report: SuiteReport) -> tuple[str, ...]:
    times = sorted(outcome.ms for outcome in report.outcomes) or [0]
    p95 = times[min(len(times) - 1, int(len(times) * 0.95))]
    counts = (
        report.count(v)
        for v in ("exact", "asked_back", "asked_needlessly", "failed", "silently_wrong")
    )
    return (
        report.suite,
        report.planner,
        str(len(report.outcomes)),
        *(str(n) for n in counts),
        str(p95),
    )
