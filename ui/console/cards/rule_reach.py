"""Whom a rule reaches: day by day, beside other rules, and what it is made of."""

from __future__ import annotations

import streamlit as st

from core.errors import PilothouseError, Refusal
from ui.console.cards.parts import draw, heading, refusal_card
from ui.console.rule_facts import DAYS, RuleFacts, Shared
from ui.console.view import lineage as flow
from ui.console.view import reach as words
from ui.console.view.text import moment, number, plain


def reach_card(facts: RuleFacts) -> None:
    """People eligible and messages on every day of which decisions are kept."""
    with st.container(border=True):
        heading("Whom it reached")
        try:
            found = facts.reach()
        except PilothouseError as error:
            st.caption(plain(error.refusal.message))
            return
        if not found.days:
            st.markdown(f"It decided for nobody in the last {DAYS} days.")
            st.caption("A cycle decides once a day; its decisions are counted here from then on.")
            return
        st.markdown(words.reach_sentence(found))
        if len(found.days) > 1:
            draw(words.reach_chart(found))
        with st.expander("Day by day", icon=":material/table_rows:"):
            days = found.days[::-1]
            st.table(
                {
                    "Day": [f"{one.day.day} {one.day:%b}" for one in days],
                    "Eligible": [number(one.eligible) for one in days],
                    "Messages": [number(one.messages) for one in days],
                    "Held out": [number(one.held_out) for one in days],
                    "Lost to another": [number(one.lost) for one in days],
                },
                border="horizontal",
                hide_index=True,
                alt=f"{len(days)} days, newest first",
            )
            st.code(found.sql, language="sql", wrap_lines=True)
        st.caption(f"From the decisions of the last {DAYS} days that are kept, days in UTC.")


def shared_card(facts: RuleFacts) -> None:
    """Who is in other rules in force, too: counted when somebody asks."""
    key = facts.version.key
    with st.container(border=True):
        heading("Who is in other rules, too")
        asked = f"shared_asked_{key}"
        if not st.session_state.get(asked):
            st.markdown("Holds this rule beside all others in force, person by person.")
            st.button(
                "Count them",
                key=f"shared_{key}",
                icon=":material/join_inner:",
                on_click=st.session_state.__setitem__,
                args=(asked, True),
            )
            return
        told = _shared(facts)
        if isinstance(told, Refusal):
            refusal_card(told)
            return
        _matrix(told, key)
        st.caption(f"Everybody whom a rule is for, before any wins; as of {moment(told.as_of)}.")


def _shared(facts: RuleFacts) -> Shared | Refusal:
    try:
        return facts.shared()
    except PilothouseError as error:
        return error.refusal


def _matrix(told: Shared, key: str) -> None:
    if told.matrix is None:
        rows = words.audience_rows(told.others)
        if not rows["Rule"]:
            st.markdown("No other rule in force means any of these people.")
            return
        shown = {"Rule": [plain(one) for one in rows.pop("Rule")], **rows}
        alt = "How many people of this audience other rules mean"
        st.table(shown, border="horizontal", hide_index=True, alt=alt)
        return
    found = words.beside(told.matrix, key)
    if len(found.names) < 2:
        st.markdown("No other message in force is for any of these people.")
        return
    rows = words.beside_rows(found)
    shown = {"Message": [plain(one) for one in rows.pop("Message")], **rows}
    alt = f"People in both, for each two of {len(found.names)} messages"
    st.table(shown, border="horizontal", hide_index=True, alt=alt)
    if found.left_out:
        st.caption(f"{number(found.left_out)} more share fewer people.")


def lineage_card(facts: RuleFacts) -> None:
    """From columns over events, traits and audiences to what is sent by which channel."""
    with st.container(border=True):
        heading("What it is made of")
        try:
            found = facts.lineage()
        except PilothouseError as error:
            st.caption(plain(error.refusal.message))
            return
        drawn = flow.picture(found)
        st.mermaid_chart(drawn.diagram, alt=drawn.alt)
        if drawn.left_out:
            st.caption(f"{number(drawn.left_out)} more are in the list, and not in the picture.")
        steps = flow.steps(found)
        with st.expander(f"The same as a list ({len(steps)})", icon=":material/list:"):
            st.table(
                {
                    "What": [plain(f"{one.kind} {one.name}") for one in steps],
                    "Where it goes": [plain(one.goes) for one in steps],
                },
                border="horizontal",
                hide_index=True,
                alt=drawn.alt,
            )
