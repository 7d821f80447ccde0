"""SQL that a person or a model wrote: checked, then run in a process of its own."""

from __future__ import annotations

from typing import Any

from langchain_core.tools import BaseTool, tool

from core.artifacts import SqlText
from core.conditions import Frozen
from core.errors import PilothouseError
from tools.context import Refused, ToolContext, refused
from warehouse.sqlcheck import CheckedQuery, check

ROW_LIMIT = 1_000


class Allowed(Frozen):
    """A query that passed the check."""

    sql: str
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    row_limit: int


class Answered(Frozen):
    """A query's rows."""

    query: SqlText
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    row_count: int
    chart: dict[str, Any] | None = None
    """What to draw of them: its type, the columns across and up, and how numbers read."""
    notes: tuple[str, ...] = ()
    """What was withheld of them, and why."""


def sql_tools(context: ToolContext) -> tuple[BaseTool, ...]:
    """``check_sql`` and ``run_sql``."""

    def checked(sql: str) -> CheckedQuery | Refused:
        # Whoever asks: what an answer says is kept, and a model may have read it.
        result = check(sql, context.catalog, role="analyst", row_limit=ROW_LIMIT)
        return result if isinstance(result, CheckedQuery) else Refused(refusals=result)

    @tool
    def check_sql(sql: str) -> Allowed | Refused:
        """Check one SELECT against the catalog without running it.

        Give DuckDB SQL over catalog tables only: one statement, no personal columns, no files.
        Returns the canonical text, or every reason why it is refused with what to change.
        """
        result = checked(sql)
        if isinstance(result, Refused):
            return result
        return Allowed(
            sql=result.sql,
            tables=result.tables,
            columns=result.columns,
            row_limit=result.row_limit,
        )

    @tool
    def run_sql(sql: str) -> Answered | Refused:
        """Check one SELECT and run it, read-only, with row, time and memory limits.

        Returns columns and rows (at most 1,000), or why it was refused.
        """
        result = checked(sql)
        if isinstance(result, Refused):
            return result
        try:
            rows = context.sandbox(result)
        except PilothouseError as error:
            return refused(error)
        query = SqlText(id="q1", purpose="the question", dialect="duckdb", text=result.sql)
        return Answered(
            query=query,
            columns=rows.columns,
            rows=tuple(rows.rows),
            row_count=len(rows.rows),
        )

    return check_sql, run_sql
