"""The outcomes as one HTML file that needs nothing else: every case with what was expected."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template

from evals.history import Change, described
from evals.outcomes import Outcome, SuiteReport

_PAGE = Path(__file__).with_name("page.html")
_WORDS = {
    "exact": "exact",
    "asked_back": "asked back",
    "silently_wrong": "silently wrong",
    "failed": "failed",
}
_WORST_FIRST = ("silently_wrong", "failed", "asked_back", "exact")


def page(reports: list[SuiteReport], changed: list[Change]) -> str:
    """The whole page."""
    told = f"<h2>Since the last run</h2><pre>{escape(described(changed))}</pre>" if changed else ""
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(
        summary=_summary(reports), changes=told, suites="".join(map(_suite, reports))
    )


def _summary(reports: list[SuiteReport]) -> str:
    heads = ("cases", *_WORDS.values(), "right", "p50 ms", "p95 ms")
    head = "".join(f'<th class="n">{name}</th>' for name in heads)
    rows = "".join(map(_row, reports))
    return f"<table><tr><th>suite</th><th>planner</th>{head}</tr>{rows}</table>"


def _row(report: SuiteReport) -> str:
    numbers = (
        len(report.outcomes),
        report.count("exact"),
        report.count("asked_back"),
        report.count("silently_wrong"),
        report.count("failed"),
        f"{report.right_share:.1%}",
        report.percentile_ms(0.5),
        report.percentile_ms(0.95),
    )
    cells = "".join(f'<td class="n">{number}</td>' for number in numbers)
    name = escape(report.suite)
    return f'<tr><td><a href="#{name}">{name}</a></td><td>{escape(report.planner)}</td>{cells}</tr>'


def _suite(report: SuiteReport) -> str:
    name = escape(report.suite)
    ordered = sorted(report.outcomes, key=lambda one: (one.right, _WORST_FIRST.index(one.verdict)))
    return f'<h2 id="{name}">{name}</h2>' + "".join(map(_case, ordered))


def _case(outcome: Outcome) -> str:
    parts = (
        ("domain", outcome.domain),
        ("expected", outcome.expected),
        ("got", outcome.got),
        ("why", outcome.detail),
        ("too many", ", ".join(outcome.extra)),
        ("missing", ", ".join(outcome.missing)),
        ("took", f"{outcome.ms} ms"),
    )
    shown = "".join(
        f"<dt>{name}</dt><dd><pre>{escape(text)}</pre></dd>" for name, text in parts if text
    )
    opened = " open" if outcome.verdict in ("silently_wrong", "failed") else ""
    mark = f'<span class="mark {outcome.verdict}">{_WORDS[outcome.verdict]}</span>'
    prompt = f'<span class="prompt">{escape(outcome.prompt)}</span>'
    head = f'<summary>{mark}{prompt}<span class="id">{escape(outcome.id)}</span></summary>'
    return f"<details{opened}>{head}<dl>{shown}</dl></details>\n"
