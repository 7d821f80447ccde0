"""Kill switches and what somebody did alone: what is stopped and by whom, and the way to stop all
or to let go."""

from __future__ import annotations

import streamlit as st

from control import emergencies, kill_switches
from control.emergencies import Emergency
from control.kill_switches import ANY, KillSwitch
from control.people import Person
from core.same_person import same_person
from ui.console.desk import Desk
from ui.console.steering import Steering
from ui.console.view.rule import switch_words
from ui.console.view.text import ago, plain

ALL_REASON = "why_everything"


def switches_part(office: Desk, person: Person) -> None:
    """For the library: the way to stop everything, and all that is stopped or waits for a look."""
    store = office.workspace.store
    on, alone = kill_switches.active(store).switches, emergencies.unreviewed(store)
    steer = Steering(office, person, ALL_REASON)
    if not (steer.may_stop or on or alone):
        return
    label = f"Stopped or to review ({len(on) + len(alone)})" if on or alone else "Stop everything"
    with st.popover(label, icon=":material/front_hand:", width="stretch", key="switches"):
        if steer.may_stop or steer.may_let_go:
            _reason(ALL_REASON)
        for one in on:
            switch_line(office, steer, one)
        for done in alone:
            emergency_line(office, steer, done)
        if steer.may_stop and not any(one.scope == "global" for one in on):
            st.markdown("**Everything** stops: no rule, policy or journey sends anything.")
            st.button(
                "Stop everything now",
                key="stop_everything",
                type="primary",
                icon=":material/front_hand:",
                width="stretch",
                on_click=steer.stop,
                args=("global", ANY),
            )


def switch_line(office: Desk, steer: Steering, one: KillSwitch) -> None:
    """What is stopped, by whom and why, with the way to let it go."""
    by = plain(office.names().get(one.by, one.by))
    st.error(
        f"**{plain(switch_words(one))} is stopped** by {by}, {ago(office.now(), one.at)}: "
        f"{plain(one.reason)}",
        icon=":material/front_hand:",
    )
    if steer.may_let_go:
        st.button(
            "Let it go again",
            key=f"let_go_{one.scope}_{one.key}",
            icon=":material/play_arrow:",
            width="stretch",
            on_click=steer.let_go,
            args=(one.scope, one.key),
        )
    else:
        st.caption(":material/lock: An approver or an admin lets it go again.")


def emergency_line(office: Desk, steer: Steering, one: Emergency) -> None:
    """What somebody did alone, and the way for another to say that they looked at it."""
    by = plain(office.names().get(one.by, one.by))
    st.warning(
        f"**{plain(one.id)}**: {by} did “{plain(one.deed)} {plain(one.subject)}” alone, "
        f"{ago(office.now(), one.at)}: {plain(one.reason)}",
        icon=":material/visibility:",
    )
    if same_person(one.by, steer.person.email) or not steer.may_change:
        st.caption(":material/lock: Another approver or admin looks at it.")
        return
    st.button(
        "I have looked at it",
        key=f"review_{one.id}",
        icon=":material/done:",
        width="stretch",
        on_click=steer.review,
        args=(one.id,),
    )


def _reason(key: str) -> None:
    st.text_area("Reason", key=key, max_chars=2_000, height=80, placeholder="For the audit log")
