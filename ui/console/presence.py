"""Whether whoever looks may still look, and at whom: asked anew by parts of a page."""

from __future__ import annotations

import streamlit as st

from control.people import Person
from ui.console.desk import Desk, desk


def leave_if_changed(office: Desk) -> None:
    """Draw the whole window again once the roles of whoever looks are not those it was drawn for.

    A part that draws itself again does not pass the door, which reads the roles.
    """
    drawn_for: Person = st.session_state["person"]
    if office.person(drawn_for.email) != drawn_for:
        st.rerun()


def sees_everybody() -> bool:
    """Whether single users may be shown: whoever sees only some of them is shown none that were
    picked for everybody."""
    return desk().sees_everybody(st.session_state["person"])
