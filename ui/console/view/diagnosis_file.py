"""A diagnosis as a file that can be sent along: Markdown for people, JSON for scripts. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from core.artifacts import DebugReport, SqlText
from ui.console.view.comparison import step_pairs
from ui.console.view.diagnosis import (
    facts,
    headline,
    is_real,
    left_over,
    reasons,
    ruled_out,
    trust_lines,
)
from ui.console.view.text import percent, plain, points


def as_markdown(prompt: str, report: DebugReport, queries: Sequence[SqlText]) -> str:
    """Everything that the page says, with the SQL behind it; every value is escaped."""
    return "\n".join(_lines(prompt, report, queries)) + "\n"


def as_json(prompt: str, report: DebugReport, queries: Sequence[SqlText]) -> str:
    """The report as the engine gave it, with its queries."""
    document = {
        "prompt": prompt,
        "report": report.model_dump(mode="json"),
        "sql": [query.model_dump(mode="json") for query in queries],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _lines(prompt: str, report: DebugReport, queries: Sequence[SqlText]) -> Iterator[str]:
    yield from (f"# {plain(prompt)}", "", f"**{plain(headline(report))}**", "")
    yield from (plain(report.verdict), "", plain(is_real(report)), "")
    yield " · ".join(plain(badge.label) for badge in facts(report))
    yield f"Data as of {plain(report.as_of)}."
    yield from _section("Likely causes, ranked", _causes(report))
    yield from _section("What is left over", [plain(left_over(report))] if report.causes else [])
    for segment in report.segments:
        yield from _section(f"Steps of {plain(segment)}", _steps(report, segment))
    yield from _section("Where it changed", _changes(report))
    yield from _section("Ruled out", [plain(one) for one in ruled_out(report)])
    trust = [f"{level}: {plain(sentence)}" for level, sentence in trust_lines(report)]
    yield from _section("Can we trust the data?", trust)
    for query in queries:
        yield from ("", f"## Query {plain(query.id)}: {plain(query.purpose)}", "")
        yield from (f"    {line}" for line in query.text.splitlines())


def _section(title: str, items: Iterable[str]) -> Iterator[str]:
    shown = list(items)
    if shown:
        yield from ("", f"## {title}", "", *(f"- {item}" for item in shown))


def _causes(report: DebugReport) -> Iterator[str]:
    for reason in reasons(report):
        within = f", {reason.between}" if reason.between else ""
        yield f"**{plain(reason.title)}** explains {reason.share}{within} of the change."
        yield from (f"  For: {plain(sentence)}" for sentence in reason.speaks_for)
        yield from (f"  Against: {plain(sentence)}" for sentence in reason.speaks_against)
        yield f"  Check: {plain(reason.cause.next_check.title)}"


def _steps(report: DebugReport, segment: str) -> Iterator[str]:
    for pair in step_pairs(report, segment):
        sides = (pair.before, pair.now)
        shown = " → ".join(percent(side.rate) if side else "–" for side in sides)
        yield f"{plain(pair.label)}: {shown}"


def _changes(report: DebugReport) -> Iterator[str]:
    for delta in report.deltas:
        real = "a real change" if delta.significant else "no more than chance"
        within = f"{points(delta.ci_low)} to {points(delta.ci_high)}"
        yield (
            f"{plain(delta.step)}, {plain(delta.segment)}: {points(delta.change)} "
            f"({within}), {real}"
        )
