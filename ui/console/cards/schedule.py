"""What time has to do with a change request: held back, due at a moment, or late."""

from __future__ import annotations

import streamlit as st

from control.requests import ChangeRequest
from core.lifecycle import State
from ui.console.view.text import clock, plain


def schedule_card(request: ChangeRequest) -> None:
    """One line each for what holds it back, when it goes live, and whom its review went to."""
    if held := request.suspended:
        st.warning(f"**Suspended.** {plain(held.why)}", icon=":material/pause_circle:")
        st.caption(plain(held.fix))
    if request.window and request.state in (State.IN_REVIEW, State.SCHEDULED):
        st.info(window_line(request), icon=":material/event:")
    if (late := request.escalated) and request.state is State.IN_REVIEW:
        st.warning(
            f"**Late.** Somebody should have decided by {clock(late.review_by)} UTC: "
            f"it is for any {plain(late.to_role)} now.",
            icon=":material/priority_high:",
        )


def window_line(request: ChangeRequest) -> str:
    """When a request with a window goes live, and what becomes of it else, in Markdown."""
    if request.window is None:
        return ""
    line = f"**Goes live on {clock(request.window.at)} UTC**"
    until = request.window.until
    return f"{line}; if it is not live by {clock(until)} UTC, it expires." if until else f"{line}."
