"""Changes that are live, held beside what they were approved for."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from control.requests import ChangeRequest
from core.evaluations import Evaluation, Measured
from measure.outcomes.result import Unit
from ui.console.cards.parts import bullets, heading, page_of, sql_fold
from ui.console.sidebar import open_request
from ui.console.view.outcome import amount
from ui.console.view.state import Badge
from ui.console.view.text import day, plain, points

NAMES: dict[str, tuple[str, Unit]] = {
    "people": ("People reached", "count"),
    "messages_a_day": ("Messages a day", "count"),
    "cost_a_week": ("Cost a week", "currency"),
    "lift": ("Lift", "share"),
}
HOLDS: dict[bool | None, Badge] = {
    True: Badge("As approved", "green", "check"),
    False: Badge("Not as approved", "orange", "error_outline"),
    None: Badge("Cannot be said", "gray", "help"),
}


def look_back_part(found: Sequence[ChangeRequest], here: str) -> None:
    """Every change that was looked back at, the newest look first."""
    heading("Looked back at: is it what was approved?")
    if not found:
        with st.container(border=True):
            st.markdown("**Nothing has been live for a week yet.**")
            st.caption(
                "Seven and 28 days after a change goes live, the pipeline holds it beside what "
                "was approved: people, messages, cost and lift. It is filed on the change "
                "request and stands here."
            )
        return
    for one in page_of(found, "look_back_page"):
        with st.container(border=True):
            st.button(
                f"**{plain(one.name)}**",
                key=f"looked_back_{one.id}",
                type="tertiary",
                on_click=open_request,
                args=(one.id, here),
            )
            for evaluation in reversed(one.evaluations):
                _evaluation(evaluation)


def _evaluation(found: Evaluation) -> None:
    st.markdown(
        f"**After {found.days} days, version {found.version}:** {plain(found.verdict)}  \n"
        f":small[{day(found.since)} to {day(found.until)}]"
    )
    rows = {
        "What": [NAMES[one.what][0] for one in found.numbers],
        "Approved": [_amount(one, one.approved) for one in found.numbers],
        "Came": [_came(one) for one in found.numbers],
        "So": [HOLDS[one.holds].markdown for one in found.numbers],
    }
    alt = "; ".join(f"{NAMES[one.what][0]} {_amount(one, one.measured)}" for one in found.numbers)
    st.table(rows, border="horizontal", hide_index=True, alt=alt)
    missing = [f"{NAMES[one.what][0]}: {one.statement}" for one in found.numbers if one.statement]
    bullets(plain(one) for one in (*missing, *found.notes))
    sql_fold(found.sql)


def _amount(one: Measured, value: float | None) -> str:
    if value is None:
        return "–"
    return points(value) if one.what == "lift" else amount(value, NAMES[one.what][1])


def _came(one: Measured) -> str:
    if one.low is None or one.high is None:
        return _amount(one, one.measured)
    ends = f"{_amount(one, one.low)} to {_amount(one, one.high)}"
    return f"{_amount(one, one.measured)} ({ends})"
