"""The rows of an answer as a text table."""

from __future__ import annotations

from typing import Any

from core.artifacts import QueryAnswer
from tools.small_groups import is_withheld

MOST = 20
"""So many rows are printed; --json has all of them."""


def rows_table(answer: QueryAnswer) -> str:
    """Columns under their names, numbers to the right, nothing as 'unknown'."""
    numeric = [
        all(
            row[k] is None or isinstance(row[k], int | float) or is_withheld(row[k])
            for row in answer.rows
        )
        for k in range(len(answer.columns))
    ]
    cells = [
        [_cell(of, number) for of, number in zip(row, numeric, strict=True)]
        for row in answer.rows[:MOST]
    ]
    widths = [
        max(len(name), *(len(row[k]) for row in cells)) for k, name in enumerate(answer.columns)
    ]
    lines = [
        "  ".join(
            text.rjust(width) if number else text.ljust(width)
            for text, width, number in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in ([*answer.columns], *cells)
    ]
    rest = len(answer.rows) - MOST
    return "\n".join([*lines, *([f"… and {rest:,} more rows: see --json"] if rest > 0 else [])])


def _cell(of: Any, numeric: bool) -> str:
    if of is None:
        return "–" if numeric else "unknown"
    if isinstance(of, bool) or not isinstance(of, int | float):
        return str(of).replace("T00:00:00", "").replace(" 00:00:00", "")
    return f"{of:,}" if isinstance(of, int) else f"{of:,.4f}".rstrip("0").rstrip(".")
