"""What came of a click, kept until the page is drawn again and told once."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.errors import PilothouseError
from ui.console.cards.parts import refusal_card
from ui.console.view.text import plain

REFUSED, DONE = "click_refused", "click_done"


def attempt(deed: Callable[[], str]) -> bool:
    """Do something that ends with a sentence; what the engine refuses is told, not raised. Whether
    it was done."""
    st.session_state.pop(DONE, None)
    st.session_state.pop(REFUSED, None)
    try:
        st.session_state[DONE] = deed()
    except PilothouseError as error:
        st.session_state[REFUSED] = error.refusal
        return False
    return True


def refused_or_done() -> None:
    """Draw what came of the click before: at the top, where it is seen."""
    if refusal := st.session_state.pop(REFUSED, None):
        refusal_card(refusal)
    if done := st.session_state.pop(DONE, None):
        st.success(plain(done), icon=":material/check:")
