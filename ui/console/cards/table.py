"""The rows of an analyst's question."""

from __future__ import annotations

import streamlit as st

from core.artifacts import QueryAnswer


def table_body(answer: QueryAnswer) -> None:
    """The rows as they came, with a download of their own."""
    columns = dict.fromkeys(answer.columns)
    rows = [dict(zip(columns, row, strict=False)) for row in answer.rows]
    many = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    st.dataframe(rows, hide_index=True, alt=f"{many}: {', '.join(columns)}")
    st.caption(many)
