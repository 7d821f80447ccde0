"""Numbers in sentences: each is written here, with the queries that made it.

A report whose sentences hold a number that was not written here, or that is not
one of the question's own words, is refused by ``unsupported``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from core.artifacts import Cause, DebugReport
from core.diagnoses import Figure

NUMBER = re.compile(r"\d(?:[\d,]*\d)?(?:\.\d+)?")


class Figures:
    """Writes numbers for sentences and remembers which queries made each."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, tuple[str, ...]], Figure] = {}

    def percent(self, share: float, *sql: str, digits: int = 1) -> str:
        """A fraction as a percentage."""
        return self._write(f"{100 * share:.{digits}f} %", share, sql)

    def count(self, number: float, *sql: str) -> str:
        """A whole number."""
        return self._write(f"{round(number):,}", number, sql)

    def number(self, value: float, *sql: str, digits: int = 2) -> str:
        """A number with so many digits after the point."""
        return self._write(f"{value:.{digits}f}", value, sql)

    def p(self, p: float, *sql: str) -> str:
        """A p-value, never 0."""
        text = "p < 1e-16" if p < 1e-16 else f"p = {p:.1e}" if p < 0.001 else f"p = {p:.3f}"
        return self._write(text, p, sql)

    def day(self, when: datetime, *sql: str) -> str:
        """A day of the calendar; its value is the day of the common era."""
        return self._write(f"{when:%Y-%m-%d}", float(when.toordinal()), sql)

    def name(self, word: str, *sql: str) -> str:
        """A name that a query gave: its digits are no numbers."""
        return self._write(word, None, sql)

    def all(self) -> tuple[Figure, ...]:
        """Every number written, in order."""
        return tuple(self._told.values())

    def _write(self, text: str, value: float | None, sql: tuple[str, ...]) -> str:
        self._told.setdefault((text, sql), Figure(text=text, value=value, sql=sql))
        return text


def sentences(report: DebugReport) -> Iterator[str]:
    """Everything that a report says in prose."""
    yield report.verdict
    yield from (*report.ruled_out, *report.data_quality)
    yield from (one.sentence for one in report.rejected)
    yield from (one.sentence for one in report.trust)
    for cause in report.causes:
        yield cause.cause
        yield from (one.sentence for one in cause.told)
        yield from (cause.next_check.title, *(check.title for check in cause.checks))


def given(report: DebugReport) -> list[str]:
    """The words whose numbers need no query: what was asked, and the names of things."""
    words = [report.metric, report.as_of, *report.segments]
    words += [part for period in report.periods for part in (period.start, period.end)]
    words += [row.step for row in report.funnel]
    return [*words, *(word for cause in report.causes for word in _names(cause))]


def supported(report: DebugReport) -> list[str]:
    """Every text whose numbers the report's prose may repeat."""
    return [*given(report), *(figure.text for figure in report.figures)]


def unsupported(report: DebugReport) -> list[str]:
    """The numbers of a report's sentences that no query made and nobody gave."""
    known = {number for text in supported(report) for number in NUMBER.findall(text)}
    told = (number for sentence in sentences(report) for number in NUMBER.findall(sentence))
    return [number for number in told if number not in known]


def _names(cause: Cause) -> tuple[str, ...]:
    return tuple(filter(None, (str(cause.rank), cause.dimension, cause.value, cause.since)))
