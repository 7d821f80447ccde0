"""The Staging page: what is tried, where it stands, what it decided, and how it goes live."""

from __future__ import annotations

from typing import cast

import streamlit as st

from control import request_list
from control.request_list import Wanted
from control.requests import ChangeRequest
from control.staging import Promotion, Staged
from orchestrate.staged.refusing import CANNOT
from ui.console.cards.parts import refusal_card
from ui.console.cards.staging import promotion_card, tried_card
from ui.console.cards.staging_rail import staging_rail
from ui.console.cards.staging_results import compared_card, decided_card, letters_card
from ui.console.desk import Desk, desk
from ui.console.trials import Trials, waiting_refusal, waiting_word
from ui.console.view.text import plain
from ui.staging_results import Results, results
from ui.workspace import Workspace

MOST_OFFERED = 50
"""So many requests are listed, the oldest first; any other may be named."""
LEAD = (
    "The same rulebook over the real data, with what is tried in force. Its messages become "
    "letters on this machine; **nobody gets them**."
)


def show() -> None:
    """Draw the page for whoever looks."""
    office, person = desk(), st.session_state["person"]
    trials = Trials(office, person, _workspace(office))
    st.title("Staging", anchor=False)
    st.markdown(LEAD)
    if refusal := waiting_refusal():
        refusal_card(refusal)
    if done := waiting_word():
        st.toast(plain(done), icon=":material/check:")
    evidence, side = st.columns([2.35, 1], gap="medium")
    there, last = trials.there(), trials.last_promotion()
    with evidence:
        _evidence(trials, there, last)
    with side, st.container(key="rail", border=True):
        staging_rail(trials, there, _stageable(office, there))


def _evidence(trials: Trials, there: list[Staged], last: Promotion | None) -> None:
    tried_card(trials, there)
    if there:
        found = _results(trials.workspace, trials.state(there))
        decided_card(there, found)
        compared_card(found)
        letters_card(there, found)
    promotion_card(trials, last)


@st.cache_data(show_spinner=False, max_entries=8)
def _results(_workspace: Workspace, state: tuple[object, ...]) -> Results:
    """``state``: what it depends on; while that is the same, nothing is read again."""
    return results(_workspace)


def _workspace(office: Desk) -> Workspace:
    # The server opens no other; the desk only asks less of it.
    return cast(Workspace, office.workspace)


def _stageable(office: Desk, there: list[Staged]) -> list[ChangeRequest]:
    """Change requests in review that may be tried and are not yet."""
    tried = {one.change_request_id for one in there}
    return [
        one
        for one in request_list.page(office.workspace.store, Wanted(), first=0, many=MOST_OFFERED)
        if one.kind not in CANNOT and one.id not in tried
    ]
