"""Analyst questions: a typed question compiled, checked and run like any other SQL."""

from __future__ import annotations

from typing import Any

from langchain_core.tools import BaseTool, tool

from control import versions
from core.artifacts import SqlText
from core.errors import PilothouseError
from core.questions import MOST_GROUPS, MetricQuestion
from tools.context import Refused, ToolContext, refused
from tools.small_groups import masked_rows
from tools.sql import Answered
from warehouse.questions import Column, columns_of, compile_question, question_refusals
from warehouse.sqlcheck import CheckedQuery, check


def question_tools(context: ToolContext) -> tuple[BaseTool, ...]:
    """``answer_question``."""

    @tool
    def answer_question(question: MetricQuestion) -> Answered | Refused:
        """Count or measure what a typed question asks: groups, periods, order, comparison.

        Uses names of the catalog only. Returns columns, rows and what to draw of them, or why
        it cannot be answered. Numbers of few users are withheld.
        """
        try:
            return _answered(question, context)
        except PilothouseError as error:
            return refused(error)

    return (answer_question,)


def _answered(question: MetricQuestion, context: ToolContext) -> Answered | Refused:
    catalog, audiences = context.catalog, versions.audiences(context.store)
    refusals = question_refusals(question, catalog, audiences)
    if refusals:
        return Refused(refusals=refusals)
    sql = compile_question(question, catalog, as_of=context.as_of, audiences=audiences, people=True)
    checked = check(sql, catalog, role="analyst", row_limit=MOST_GROUPS)
    if not isinstance(checked, CheckedQuery):
        return Refused(refusals=checked)
    told = masked_rows(question, context.sandbox(checked).rows, context.smallest_group)
    columns = columns_of(question)
    return Answered(
        query=SqlText(id="q1", purpose="the question", dialect="duckdb", text=sql),
        columns=tuple(column.name for column in columns),
        rows=told.rows,
        row_count=len(told.rows),
        chart=chart_of(columns),
        notes=told.notes,
    )


def chart_of(columns: tuple[Column, ...]) -> dict[str, Any]:
    """What to draw of an answer: a line over time, bars of groups, or a single number."""
    groups = [column for column in columns if column.kind in ("time", "group")]
    value = next(column for column in columns if column.kind in ("number", "share"))
    before = next((column.name for column in columns if column.kind == "before"), None)
    time = next((column.name for column in groups if column.kind == "time"), None)
    others = [column.name for column in groups if column.kind == "group"]
    chart: dict[str, Any] = {
        "type": "line" if time else "bar" if others else "number",
        "y": value.name,
        "format": "percent" if value.kind == "share" else "number",
    }
    if groups:
        chart["x"] = time or others[0]
    series = others if time else others[1:]
    return (
        chart | ({"series": series[0]} if series else {}) | ({"before": before} if before else {})
    )
