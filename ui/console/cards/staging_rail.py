"""What may be done with staging as a whole: promote it, have it decide, try something more."""

from __future__ import annotations

import streamlit as st

from control.requests import ChangeRequest
from control.staging import Staged
from ui.console.cards.parts import heading
from ui.console.trials import Trials
from ui.console.view.text import plain


def staging_rail(trials: Trials, there: list[Staged], stageable: list[ChangeRequest]) -> None:
    """The way to live, for whoever may go it; for others what it would take."""
    heading("Going live")
    tried = [one for one in there if one.standing != "ended"]
    approved = [one for one in tried if one.standing == "approved"]
    st.markdown(_sentence(there, tried, approved))
    if not trials.may_change:
        st.info("An approver or an admin stages and promotes.", icon=":material/lock:")
        return
    if there:
        st.button(
            "Promote all",
            key="promote_all",
            type="primary",
            icon=":material/publish:",
            width="stretch",
            disabled=len(approved) < len(there),
            help="All of it goes live at once, or none of it.",
            on_click=trials.promote,
            args=(None,),
        )
        if st.button(
            "Decide now",
            key="decide_staging",
            icon=":material/play_arrow:",
            width="stretch",
            help="For the moment of the last live cycle, so that the two can be compared.",
            disabled=not tried,
        ):
            with st.spinner("Deciding for everybody; nothing is sent."):
                trials.decide()
            st.rerun()
    _add(trials, stageable)
    st.caption("Your name goes to the audit log.")


def _sentence(there: list[Staged], tried: list[Staged], approved: list[Staged]) -> str:
    if not there:
        return "What is tried here goes live once it is approved: all of it at once, or one by one."
    if len(approved) == len(there):
        return "**All of it is approved.** It may go live at once; it can be taken back at once."
    waiting = [one for one in tried if one.standing == "on trial"]
    if waiting:
        return (
            f"**{len(approved)} of {len(there)}** approved. What is on trial goes live only after "
            "somebody else approved it."
        )
    return "What has ended is in the way: take it out, and the rest may go live at once."


def _add(trials: Trials, stageable: list[ChangeRequest]) -> None:
    names = {one.id: f"{one.id} · {one.name}" for one in stageable}
    target = st.selectbox(
        "Try something",
        [*names],
        index=None,
        format_func=lambda one: names.get(one, one),
        placeholder="A request, or KEY@VERSION",
        accept_new_options=True,
        key="stage_target",
        help="A change request in review, or a version that is not live, such as upgrade_nudge@2.",
    )
    st.button(
        f"Try {plain(target)} in staging" if target else "Try it in staging",
        key="stage",
        icon=":material/science:",
        width="stretch",
        disabled=not target,
        on_click=trials.add,
        args=(target,),
    )
