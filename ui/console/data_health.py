"""The Data health page: what needs somebody, how old the data is, what came in and what moved."""

from __future__ import annotations

import streamlit as st

from core.errors import PilothouseError
from ui.console.cards.health import (
    dead_card,
    drift_card,
    freshness_card,
    ledger_card,
    merging_card,
    needs_card,
    outbox_card,
    resting_card,
)
from ui.console.cards.health_radar import radar_card
from ui.console.cards.parts import badges, figure, refusal_card
from ui.console.desk import desk
from ui.console.view.health import BAD, GOOD, needs
from ui.console.view.text import clock, number, percent
from ui.console.vitals import Vitals
from ui.health import Health


def show() -> None:
    """Draw the page for whoever looks."""
    vitals = Vitals(desk(), st.session_state["person"])
    st.title("Data health", anchor=False)
    st.markdown("Whether the data can be trusted, and which rules rest on it.")
    try:
        found = vitals.health()
    except PilothouseError as error:
        refusal_card(error.refusal)
        return
    wanted = [*needs(found)]
    with st.container(horizontal=True, vertical_alignment="center"):
        badges(BAD if wanted else GOOD)
        st.caption(f"As read at {clock(found.at)} UTC.")
        st.button(
            "Look again", key="look_again", icon=":material/refresh:", on_click=vitals.look_again
        )
    _figures(found)
    needs_card(wanted)
    resting_card(found)
    freshness_card(found)
    ledger_card(found)
    dead_card(found)
    radar_card(vitals)
    drift_card(found)
    merging_card(found, named=vitals.sees_everybody)
    outbox_card(found)


def _figures(found: Health) -> None:
    promised = sum(one.promised_seconds is not None for one in found.tables) + len(found.traits)
    dead = sum(one.events for one in found.dead)
    merging = found.merging
    share = merging.merged / merging.users if merging.users else None
    places = st.columns(4)
    late = len(found.late)
    figure(places[0], "Late", number(late), f"of {number(promised)} with a promise")
    figure(places[1], "Not accepted", number(dead), "events on record")
    figure(places[2], "Merged users", percent(share), f"of {number(merging.users)} ids")
    figure(places[3], "Messages in trouble", number(found.need_somebody), "rejected or unclear")
