"""The answer to an analyst's question: a number or a chart, and the rows behind it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.artifacts import QueryAnswer
from ui.console.cards.parts import draw, figure
from ui.console.view.answers import cell, chart_of, single, words

_SHARES = ("share", "change_share")


def table_body(answer: QueryAnswer) -> None:
    """A number large, groups as bars, times as lines; then the rows as they came."""
    one = single(answer)
    if one is not None:
        label, value, before = one
        figure(st.container(), label, value, before)
    elif (chart := chart_of(answer)) is not None:
        draw(chart)
    _rows(answer)


def _rows(answer: QueryAnswer) -> None:
    columns = dict.fromkeys(answer.columns)
    rows = [dict(zip(columns, row, strict=False)) for row in answer.rows]
    many = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    shown = [{name: _cell(of, name) for name, of in row.items()} for row in rows]
    st.dataframe(
        shown,
        hide_index=True,
        column_config=_columns(answer),
        alt=f"{many}: {', '.join(columns)}",
    )
    st.caption(many)


def _cell(of: Any, column: str) -> Any:
    """Numbers stay numbers, so that they sort; groups are written as people say them."""
    return of if isinstance(of, int | float) and not isinstance(of, bool) else cell(of, column)


def _columns(answer: QueryAnswer) -> dict[str, Any]:
    chart = answer.chart or {}
    percent = chart.get("format") == "percent"
    shares = {*_SHARES, *((chart.get("y"), chart.get("before"), "change") if percent else ())}
    found: dict[str, Any] = {}
    for k, name in enumerate(answer.columns):
        numeric = any(isinstance(row[k], int | float) for row in answer.rows)
        how = "percent" if name in shares else "localized"
        found[name] = (
            st.column_config.NumberColumn(words(name), format=how)
            if numeric
            else st.column_config.TextColumn(words(name))
        )
    return found
