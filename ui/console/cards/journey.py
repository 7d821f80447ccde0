"""A journey as evidence for an approver: what it does to people, then its steps."""

from __future__ import annotations

import streamlit as st

from control.requests import ChangeRequest
from core.journeys import Journey
from ui.console.cards.parts import bullets, heading
from ui.console.view.journey import effect_lines, step_lines
from ui.console.view.text import plain
from warehouse.catalog import Catalog


def journey_impact(request: ChangeRequest) -> None:
    """Who would enter at once and in the days ahead."""
    with st.container(border=True):
        heading("What changes for people")
        effect = request.journey_effect
        if effect is None:
            st.markdown("It was not run on the data, so its effect is not known.")
        else:
            bullets(plain(line) for line in effect_lines(effect))


def journey_steps(journey: Journey, catalog: Catalog) -> None:
    """How users enter, what ends a run, and every step."""
    with st.container(border=True):
        heading("Steps")
        bullets(plain(line) for line in step_lines(journey, catalog))
