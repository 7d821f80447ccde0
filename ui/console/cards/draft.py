"""A closer look at a draft: one person clause by clause, and what it changes beside live."""

from __future__ import annotations

import streamlit as st

from control.runs import Run
from core.effects import Effect
from core.errors import PilothouseError, Refusal
from core.rules import DecisionPolicy, EligibilityRule
from ui.console.cards.effect import effect_card
from ui.console.cards.parts import refusal_card
from ui.console.cards.people import people_card
from ui.console.desk import Desk


def closer_look(office: Desk, run: Run, rule: EligibilityRule | DecisionPolicy) -> None:
    """Both are drawn at once and read nothing before somebody asks."""
    with st.expander("Check people", icon=":material/person_search:"):
        people_card(office, rule, f"ask_{run.id}")
    _beside_live(office, run, rule)


def _beside_live(office: Desk, run: Run, rule: EligibilityRule | DecisionPolicy) -> None:
    version = office.live_version(rule.key)
    if version is None:
        return
    kept = f"beside_live_{run.id}"
    if st.button(
        f"Compare with version {version}, in force",
        key=f"compare_{run.id}",
        icon=":material/compare_arrows:",
    ):
        with st.spinner("Counting who gains and who loses it"):
            st.session_state[kept] = _measured(office, rule)
    found: Effect | Refusal | None = st.session_state.get(kept)
    if isinstance(found, Refusal):
        refusal_card(found)
    elif found is not None:
        effect_card(found, run.id, is_bound=False)


def _measured(office: Desk, rule: EligibilityRule | DecisionPolicy) -> Effect | Refusal:
    try:
        return office.effect(rule)
    except PilothouseError as error:
        return error.refusal
