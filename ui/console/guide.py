"""The guided path above a page: a checklist that knows by itself how far people came."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from control.people import Person
from ui.console.desk import Desk
from ui.console.tour import Tour
from ui.console.view.guide import Step, following, steps, summary
from ui.console.view.text import plain

DONE, OPEN = ":green[:material/check_circle:]", ":gray[:material/radio_button_unchecked:]"


def guided(office: Desk, person: Person, chosen: StreamlitPage) -> None:
    """Draw the path for one person on one page, unless they put it away or it is not for here."""
    tour = Tour(office, person)
    tour.seen(chosen.url_path, st.query_params.to_dict())
    if not tour.is_for_here():
        return
    path = steps(tour.way(), plain(tour.approvers()))
    nearest = following(path)
    # Open where somebody arrives who has done nothing, and one line everywhere else. Ask scrolls
    # to its box below, so that there everything has to keep its place.
    first = st.session_state.setdefault("guide_begins", chosen.url_path)
    arrives = chosen.url_path == first != "" and not st.query_params
    begins = nearest is path[0] and arrives
    shown = st.expander(summary(path), icon=":material/tour:", expanded=begins)
    with shown, st.container(gap="small"):
        for number, one in enumerate(path, start=1):
            _step(one, number, is_next=one is nearest)
        if nearest is None:
            st.markdown("That is the whole way: from a question to what came of it.")
        st.button(
            "Put the tour away",
            key="guide_put_away",
            type="tertiary",
            icon=":material/close:",
            on_click=tour.put_away,
        )


def _step(one: Step, number: int, *, is_next: bool) -> None:
    mark, state = (DONE, "done") if one.done else (OPEN, "to do")
    said = f"{mark} **{number}. {one.title}** ({state})"
    if not is_next:
        st.markdown(said)
        return
    words, way = st.columns([4, 1.3], vertical_alignment="center")
    words.markdown(f"{said}  \n{one.how}")
    way.button(
        one.go,
        key=f"guide_step_{number}",
        width="stretch",
        on_click=_go,
        args=(one.page, one.query),
    )


def _go(page: str, query: dict[str, str]) -> None:
    """A callback: a link to the page one is on would not change its address."""
    st.switch_page(st.session_state["pages"][page], query_params=query)
