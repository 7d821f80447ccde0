"""Events that seem to be planned ones under other names, side by side with those."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from control.radar import Proposed
from core.errors import PilothouseError
from ui.console.cards.parts import heading, refusal_card
from ui.console.sidebar import open_request
from ui.console.view.health import together
from ui.console.view.state import Badge
from ui.console.view.text import clock, number, people, percent, plain
from ui.console.vitals import LOOKED, Vitals
from ui.radar import Seen

STANDING: dict[str, Badge] = {
    "new": Badge("New", "orange", "fiber_new"),
    "grown": Badge("Grown since it was turned down", "orange", "trending_up"),
    "waiting": Badge("Waits for approval", "blue", "schedule"),
    "decided": Badge("Decided", "gray", "done_all"),
}


def radar_card(vitals: Vitals) -> None:
    """What the radar proposed before, and what it sees when somebody has it look."""
    with st.container(border=True):
        heading("Names nobody planned")
        if st.session_state.get(LOOKED):
            try:
                _seen(vitals.renamed())
            except PilothouseError as error:
                refusal_card(error.refusal)
            return
        st.markdown(
            "Apps rename events and tell nobody; what is counted under the planned name falls. "
            "The radar finds such names by who sends them, when, and with which properties."
        )
        _proposed(vitals.proposed())
        st.button(
            "Look for renamed events",
            key="radar_look",
            icon=":material/radar:",
            on_click=st.session_state.__setitem__,
            args=(LOOKED, True),
        )
        st.caption("The server looks by itself every six hours and proposes what is sure.")


def _proposed(found: list[Proposed]) -> None:
    if not found:
        return
    st.table(
        {
            "Sent as": [plain(one.sent_name) for one in found],
            "Planned as": [plain(one.event_name) for one in found],
            "Events": [number(one.events) for one in found],
            "Proposed, UTC": [clock(one.proposed_at) for one in found],
            "Request": [plain(one.change_request_id) for one in found],
        },
        border="horizontal",
        hide_index=True,
        alt=f"{len(found)} renamed events were proposed",
    )


def _seen(found: list[Seen]) -> None:
    if not found:
        st.markdown(
            ":green[:material/check:] No event seems to be sent under another name than planned."
        )
    for place, one in enumerate(found):
        _side_by_side(one, place)


def _side_by_side(one: Seen, place: int) -> None:
    seen = one.candidate
    badge = STANDING[one.standing]
    st.markdown(
        f"{badge.markdown} **{plain(seen.sent_name)}** seems to be **{plain(seen.event_name)}**, "
        f"{percent(seen.score, 0)} sure"
    )
    renames = ", ".join(f"{theirs} → {ours}" for theirs, ours in seen.renames.items())
    st.table(
        {
            "What": ["Sent by", "Events", "From, UTC", "Until, UTC", "Properties"],
            f"Sent as {plain(seen.sent_name)}": [
                _where(seen.platforms),
                f"{number(seen.events)} of {people(seen.people)}",
                clock(seen.first_at),
                clock(seen.last_at),
                plain(renames or "the same names"),
            ],
            f"Planned as {plain(seen.event_name)}": [
                _where(seen.event_platforms),
                number(sum(seen.event_platforms.values())),
                "–",
                "–",
                "as the plan has them",
            ],
        },
        border="horizontal",
        hide_index=True,
        alt=f"{plain(seen.sent_name)} beside {plain(seen.event_name)}",
    )
    st.caption(plain(together(seen.together)))
    if one.change_request_id:
        st.button(
            f"Open {one.change_request_id}",
            key=f"radar_{place}",
            icon=":material/open_in_new:",
            on_click=open_request,
            args=(one.change_request_id, "data_health"),
        )
    elif one.open:
        st.markdown("`pilothouse collect radar --propose` sends it for approval as an alias.")


def _where(platforms: Mapping[str, int]) -> str:
    told = ", ".join(f"{name} {number(count)}" for name, count in platforms.items())
    return plain(told or "nobody knows what")
