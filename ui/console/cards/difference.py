"""The difference between two rules, read in plain words, as a rule or as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from control.requests import DiffLine
from core.errors import PilothouseError
from core.rules import DecisionPolicy
from ui.console.cards.parts import heading, refusal_card
from ui.console.cards.policy import order
from ui.console.desk import Desk
from ui.console.view.diff import SAME, Rule, plain_rows, rule_patch, sql_patch
from ui.console.view.state import CHANGE
from ui.console.view.text import plain

PLAIN, RULE, SQL = "Plain language", "Rule", "SQL"


class Sides(NamedTuple):
    """Two rules, and what each is called. Without a rule before, the other is new."""

    before: Rule | None
    after: Rule
    before_name: str = "Live"
    after_name: str = "Proposed"


def difference(
    office: Desk, sides: Sides, lines: Sequence[DiffLine], *, title: str, key: str
) -> None:
    """A heading with the choice of a way to read it, and the difference in that way."""
    left, right = st.columns([1.2, 1], vertical_alignment="center")
    with left:
        heading(title)
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        shown = st.segmented_control(
            "Show the change as",
            [PLAIN, RULE, SQL],
            default=PLAIN,
            required=True,
            key=key,
            label_visibility="collapsed",
        )
    if shown == SQL:
        _sql(office, sides)
    elif shown == RULE:
        st.code(rule_patch(tuple(lines)), language="diff", wrap_lines=True, height=420)
    elif sides.before is None and isinstance(sides.after, DecisionPolicy):
        order(sides.after, office.catalog)
    else:
        _plain_table(office, sides)


def _plain_table(office: Desk, sides: Sides) -> None:
    rows = plain_rows(sides.before, sides.after, office.catalog)
    columns = {
        "Change": [CHANGE[row.change].markdown for row in rows],
        "What": [plain(row.what) for row in rows],
    }
    if sides.before:
        columns[sides.before_name] = [plain(row.live or "not there") for row in rows]
    columns[sides.after_name] = [
        plain(row.proposed or "not there")
        if row.change == SAME
        else f"**{plain(row.proposed or 'not there')}**"
        for row in rows
    ]
    changed = sum(row.change != SAME for row in rows)
    alt = f"{changed} of {len(rows)} parts change"
    st.table(columns, border="horizontal", hide_index=True, alt=alt)


def _sql(office: Desk, sides: Sides) -> None:
    """Of a new rule its queries; else both one in the other, with what differs marked."""
    try:
        after = office.rule_sql(sides.after)
        before = office.rule_sql(sides.before) if sides.before else None
    except PilothouseError as error:
        # The catalog may have moved on since one of them was written.
        refusal_card(error.refusal)
        return
    if before is not None:
        st.code(sql_patch(before, after), language="diff", wrap_lines=True, height=420)
        return
    for title, text in after:
        st.caption(plain(title))
        st.code(text, language="sql", wrap_lines=True)
