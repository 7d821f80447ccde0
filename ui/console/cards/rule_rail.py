"""What a person may do to one rule: pause it, go back to an older version, stop what it sends."""

from __future__ import annotations

import streamlit as st

from control import emergencies, kill_switches
from control.people import Person
from control.versions import Version
from core.proposal import actions_of
from ui.console.cards.parts import heading
from ui.console.cards.switches import emergency_line, switch_line
from ui.console.desk import Desk
from ui.console.rulebook import Book
from ui.console.steering import Steering
from ui.console.view.rule import stops
from ui.console.view.text import clock


def rule_rail(office: Desk, person: Person, found: Book) -> None:
    """What stops it, what waits for a look, and the buttons that this person has."""
    version, store = found.rule.version, office.workspace.store
    reason = f"why_{version.key}"
    steer = Steering(office, person, reason)
    heading("What you can do")
    st.markdown(_stands(found))
    on = stops(kill_switches.active(store).switches, version.artifact)
    alone = [one for one in emergencies.unreviewed(store) if _is_about(one.subject, version.key)]
    if not (steer.may_change or steer.may_stop or steer.may_propose):
        st.info("An approver or an admin changes what is live.", icon=":material/lock:")
        return
    st.text_area("Reason", key=reason, max_chars=2_000, height=80, placeholder="For the audit log")
    for one in on:
        switch_line(office, steer, one)
    for done in alone:
        emergency_line(office, steer, done)
    _pause(steer, version)
    _stop(
        steer, version, stopped=any((one.scope, one.key) == ("policy", version.key) for one in on)
    )
    _back(steer, found)
    st.caption("Your name and reason go to the audit log.")


def _stands(found: Book) -> str:
    version, running = found.rule.version, found.rule.running
    if version.state == "paused":
        return f"Version {version.version} is **paused**: it decides for nobody."
    if running:
        return f"Version {version.version} is **live for some users**; its card says how it does."
    return f"Version {version.version} is **live for everybody** whom it is for."


def _is_about(subject: str, key: str) -> bool:
    """Whether an emergency's subject, such as ``KEY to version 2`` or ``policy KEY``, is a rule."""
    return key in subject.split()


def _pause(steer: Steering, version: Version) -> None:
    if not steer.may_change:
        return
    paused = version.state == "paused"
    st.button(
        "Resume" if paused else "Pause",
        key=f"resume_{version.key}" if paused else f"pause_{version.key}",
        icon=":material/play_arrow:" if paused else ":material/pause:",
        width="stretch",
        help="It decides again from the next cycle on."
        if paused
        else "It decides for nobody until it is resumed; what is on its way still goes.",
        on_click=steer.resume if paused else steer.pause,
        args=(version.key,),
    )


def _stop(steer: Steering, version: Version, *, stopped: bool) -> None:
    if not steer.may_stop or stopped or not actions_of(version.artifact):
        return
    st.button(
        "Stop its messages now",
        key=f"stop_{version.key}",
        icon=":material/front_hand:",
        width="stretch",
        help="Nothing of it leaves any more, not even what is on its way.",
        on_click=steer.stop,
        args=("policy", version.key),
    )


def _back(steer: Steering, found: Book) -> None:
    version = found.rule.version
    older = {
        one.version: f"v{one.version}, {clock(one.published_at)}"
        for one in found.versions[1:]
        if one.content_hash != version.content_hash
    }
    if not older or not (steer.may_propose or steer.may_change):
        return
    number = st.selectbox(
        "Go back to",
        [*older],
        format_func=lambda one: older.get(one, str(one)),
        key=f"back_{version.key}",
    )
    if steer.may_propose:
        st.button(
            "Ask to go back",
            key=f"propose_back_{version.key}",
            icon=":material/outgoing_mail:",
            width="stretch",
            help="A change request that somebody else approves.",
            on_click=steer.propose_back,
            args=(version.key, number),
        )
    if steer.may_change and version.state == "live":
        st.button(
            "Go back at once",
            key=f"roll_back_now_{version.key}",
            icon=":material/undo:",
            width="stretch",
            help="For emergencies: alone and without waiting. Somebody else reviews it afterwards.",
            on_click=steer.roll_back,
            args=(version.key, number),
        )
