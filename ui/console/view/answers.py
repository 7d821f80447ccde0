"""An analyst's answer as people read it: cells in words, and the chart of its groups or times."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from core.artifacts import QueryAnswer
from tools.small_groups import is_withheld
from ui.console.view.charts import groups
from ui.console.view.drawing import Chart
from ui.console.view.lines import Point, lines
from ui.console.view.text import percent

UNKNOWN = "unknown"
MOST_BARS = 20
"""Bars that are drawn: more of them are read better in the table."""
MOST_LINES = 6
_MOMENT = re.compile(r"^(\d{4}-\d\d-\d\d)T")


def chart_of(answer: QueryAnswer) -> Chart | None:
    """What the answer's chart says to draw; None where a table or a number says it better."""
    chart = answer.chart or {}
    if chart.get("type") == "line":
        return _lines(answer, chart)
    return _bars(answer, chart) if chart.get("type") == "bar" and len(answer.rows) > 1 else None


def single(answer: QueryAnswer) -> tuple[str, str, str | None] | None:
    """The label, the value and what it was before, where the answer is one number."""
    chart = answer.chart or {}
    if chart.get("type") != "number" or len(answer.rows) != 1:
        return None
    row = dict(zip(answer.columns, answer.rows[0], strict=False))
    before = chart.get("before")
    was = f"{value(row[before], chart['format'])} before" if before else None
    return words(str(chart["y"])), value(row[chart["y"]], chart["format"]), was


def cell(of: Any, column: str) -> str:
    """A cell of a group: a date without its midnight, yes or no, 'unknown' for nothing."""
    if of is None:
        return UNKNOWN
    if isinstance(of, bool):
        return "yes" if of else "no"
    text = _MOMENT.sub(r"\1 ", str(of))
    if column == "month":
        return text[:7]
    return text[:16] if column == "hour" else text.removesuffix(" 00:00:00")


def value(of: Any, reads_as: str) -> str:
    """A number of an answer: 0.2226 is 22.3%, 1234.5 is 1,234.50."""
    if not isinstance(of, int | float):
        return "–" if of is None else str(of)
    if reads_as == "percent":
        return percent(of)
    return f"{of:,.0f}" if float(of).is_integer() else f"{of:,.2f}"


def words(name: str) -> str:
    """The name of a column as a label."""
    return name.replace("_", " ").capitalize()


def _bars(answer: QueryAnswer, chart: dict[str, Any]) -> Chart | None:
    rows = [dict(zip(answer.columns, row, strict=False)) for row in answer.rows[:MOST_BARS]]
    rows = [row for row in rows if not is_withheld(row[chart["y"]])]
    numbers = [row[chart["y"]] or 0 for row in rows]
    if len(rows) < 2 or min(numbers) < 0:
        return None
    names = [chart["x"], *([chart["series"]] if "series" in chart else [])]
    shown = [
        (
            ", ".join(cell(row[name], name) for name in names),
            float(number),
            value(row[chart["y"]], chart["format"]),
        )
        for row, number in zip(rows, numbers, strict=True)
    ]
    return groups(shown, words(chart["y"]))


def _lines(answer: QueryAnswer, chart: dict[str, Any]) -> Chart | None:
    rows = [dict(zip(answer.columns, row, strict=False)) for row in answer.rows]
    times = sorted({str(row[chart["x"]]) for row in rows})
    series = [*dict.fromkeys(_series(row, chart) for row in rows)]
    if len(times) < 2 or len(series) > MOST_LINES:
        return None
    points = [
        Point(
            times.index(str(row[chart["x"]])),
            _series(row, chart),
            float(row[chart["y"]]),
            value(row[chart["y"]], chart["format"]),
        )
        for row in rows
        if row[chart["y"]] is not None and not is_withheld(row[chart["y"]])
    ]
    labels: Sequence[str] = [cell(time, chart["x"]) for time in times]
    return lines(points, labels, words(chart["y"])) if points else None


def _series(row: dict[str, Any], chart: dict[str, Any]) -> str:
    return cell(row[chart["series"]], chart["series"]) if "series" in chart else ""
