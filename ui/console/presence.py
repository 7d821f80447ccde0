"""Whether somebody may still look: for parts of a page that are drawn again without the page."""

from __future__ import annotations

import streamlit as st

from control.people import Person
from ui.console.desk import Desk


def leave_if_changed(office: Desk) -> None:
    """Draw the whole window again once the roles of whoever looks are not those it was drawn for.

    A part that draws itself again does not pass the door, which reads the roles.
    """
    drawn_for: Person = st.session_state["person"]
    if office.person(drawn_for.email) != drawn_for:
        st.rerun()
