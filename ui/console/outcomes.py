"""The Outcomes page: figures with their meaning, what campaigns changed, and whose conversions
are whose."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from core.errors import PilothouseError
from ui.console.cards.look_back import look_back_part
from ui.console.cards.outcome import campaigns_part, credits_part, figures_part
from ui.console.cards.parts import refusal_card
from ui.console.desk import desk
from ui.console.results import Results
from ui.console.view.text import clock


def show() -> None:
    """Draw the page."""
    book = Results(desk())
    st.title("Outcomes", anchor=False)
    st.markdown(
        "What came of it. Each number says what it means and how sure it is; one that would mean "
        "nothing is not shown, and its place says why."
    )
    try:
        found = book.outcomes()
    except PilothouseError as error:
        refusal_card(error.refusal)
        return
    as_of = datetime.fromisoformat(found.as_of)
    st.caption(f"As of {clock(as_of)} UTC, with trends over {found.weeks} weeks.")
    state = book.state
    figures_part(found, state)
    campaigns_part(found, book.names(), state)
    credits_part(found, state)
    look_back_part(book.evaluated(), st.session_state["pages"]["outcomes"].url_path)
