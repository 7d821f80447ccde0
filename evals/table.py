"""The outcomes as text: a table with a row a suite, and what was not as expected."""

from __future__ import annotations

from evals.outcomes import SuiteReport

_HEADINGS = (
    "suite",
    "planner",
    "cases",
    "exact",
    "asked back",
    "silently wrong",
    "failed",
    "right",
    "p50 ms",
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


def _row(report: SuiteReport) -> tuple[str, ...]:
    counts = (report.count(one) for one in ("exact", "asked_back", "silently_wrong", "failed"))
    return (
        report.suite,
        report.planner,
        str(len(report.outcomes)),
        *(str(n) for n in counts),
        f"{report.right_share:.1%}",
        str(report.percentile_ms(0.5)),
        str(report.percentile_ms(0.95)),
    )


def problems(reports: list[SuiteReport], *, asked: bool = False) -> str:
    """Every case that is silently wrong or failed, and those asked back needlessly if wanted."""
    lines = [
        f"{report.suite} {outcome.id} {outcome.verdict}: {outcome.prompt}\n    {outcome.detail}"
        for report in reports
        for outcome in report.outcomes
        if not outcome.right and (asked or outcome.verdict != "asked_back")
    ]
    return "\n".join(lines)
