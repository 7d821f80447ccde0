"""The answer to an analyst's question: a number or a chart, and the rows behind it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from core.artifacts import QueryAnswer
from tools.small_groups import is_withheld
from ui.console.cards.parts import draw, figure
from ui.console.view.answers import cell, chart_of, single, value, words

_SHARES = ("share", "change_share")


def table_body(answer: QueryAnswer) -> None:
    """A number large, groups as bars, times as lines; then the rows as they came."""
    one = single(answer)
    if one is not None:
        figure(st.container(), *one)
    elif (chart := chart_of(answer)) is not None:
        draw(chart)
    _rows(answer)


def _rows(answer: QueryAnswer) -> None:
    columns = dict.fromkeys(answer.columns)
    rows = [dict(zip(columns, row, strict=False)) for row in answer.rows]
    many = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    texts = _texts(answer)
    shown = [
        {name: texts[name](of) if name in texts else _cell(of, name) for name, of in row.items()}
        for row in rows
    ]
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


def _texts(answer: QueryAnswer) -> dict[str, Callable[[Any], str]]:
    """Columns of which some number is withheld: a column of numbers could not say so."""
    shares = _shares(answer)
    return {
        name: partial(value, reads_as="percent" if name in shares else "number")
        for k, name in enumerate(answer.columns)
        if any(is_withheld(row[k]) for row in answer.rows)
    }


def _shares(answer: QueryAnswer) -> set[str | None]:
    chart = answer.chart or {}
    percent = chart.get("format") == "percent"
    return {*_SHARES, *((chart.get("y"), chart.get("before"), "change") if percent else ())}


def _columns(answer: QueryAnswer) -> dict[str, Any]:
    shares, texts = _shares(answer), _texts(answer)
    found: dict[str, Any] = {}
    for k, name in enumerate(answer.columns):
        numeric = name not in texts and any(isinstance(row[k], int | float) for row in answer.rows)
        how = "percent" if name in shares else "localized"
        found[name] = (
            st.column_config.NumberColumn(words(name), format=how)
            if numeric
            else st.column_config.TextColumn(words(name))
        )
    return found
