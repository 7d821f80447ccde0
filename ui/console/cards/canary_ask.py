"""In the decision: for everybody at once, or as a canary for some of the users first."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from control.requests import ChangeRequest
from core.canary import CanaryAsk
from core.errors import PilothouseError
from core.rules import DecisionPolicy
from orchestrate.approvals import can_be_a_canary
from ui.console.desk import Desk
from ui.console.rulebook import kept
from ui.console.view.canary_ask import (
    LIMITS,
    SHARE,
    Limit,
    asked,
    goes_on_words,
    share_words,
    stops_words,
)
from ui.console.view.text import number, people, plain

EVERYBODY, CANARY = "Everybody", "Some users first"


class Choice(NamedTuple):
    """For whom it is to go live; with ``problem`` what was typed cannot be, so nothing is."""

    canary: CanaryAsk | None = None
    problem: str = ""

    def label(self, otherwise: str) -> str:
        """What the button to approve says."""
        if self.canary is None:
            return "Approve as a canary" if self.problem else otherwise
        return f"Approve for {share_words(self.canary.share)} first"


def is_chosen(request: ChangeRequest) -> bool:
    """Whether a canary is what the card stands at."""
    return st.session_state.get(f"live_for_{request.id}") == CANARY


def canary_choice(office: Desk, request: ChangeRequest) -> Choice:
    """Ask for whom it goes live; nothing is drawn for what cannot be a canary."""
    if not can_be_a_canary(request):
        return Choice()
    chosen = st.segmented_control(
        "Goes live for",
        [EVERYBODY, CANARY],
        default=EVERYBODY,
        required=True,
        key=f"live_for_{request.id}",
        width="stretch",
    )
    if chosen != CANARY:
        return Choice()
    before = kept(office, request.target_key)
    percent, said = _share(request)
    values = _limits(request, compares=before is not None)
    try:
        canary = asked(percent, values)
    except PilothouseError as error:
        said.error(plain(error.refusal.message), icon=":material/error:")
        return Choice(problem=error.refusal.message)
    with said:
        _consequence(request, canary, before)
    return Choice(canary)


def _share(request: ChangeRequest) -> tuple[float | None, DeltaGenerator]:
    # No bounds on any box here: a value that the browser refuses would stay in the box, and the
    # one before it would be approved.
    percent = st.number_input(
        "Share of users, %",
        value=SHARE,
        step=1.0,
        format="%g",
        key=f"canary_share_{request.id}",
        help="Drawn by a hash of their id: nobody ever gets both versions.",
    )
    return percent, st.container(gap="xsmall")


def _limits(request: ChangeRequest, *, compares: bool) -> dict[str, float | None]:
    shown = [one for one in LIMITS if compares or one.field != "max_conversion_drop"]
    values: dict[str, float | None] = {}
    with st.expander("Limits", icon=":material/tune:"):
        st.caption("It is rolled back by itself as soon as one of the rates is surely above.")
        for row in (shown[:2], shown[2:-2], shown[-2:]):
            for column, limit in zip(st.columns(2), row, strict=False):
                values[limit.field] = _box(column, limit, request)
    return values


def _box(place: DeltaGenerator, limit: Limit, request: ChangeRequest) -> float | None:
    return place.number_input(
        limit.label,
        value=limit.default,
        step=limit.step,
        format="%g",
        key=f"canary_{limit.field}_{request.id}",
    )


def _consequence(request: ChangeRequest, canary: CanaryAsk, before: int | None) -> None:
    others = f"keep version {before}" if before else "get nothing of it"
    st.markdown(f"{_reach(request, canary.share)} The others {others}.")
    st.caption(
        f"Goes live for everybody after {goes_on_words(canary.limits)}; rolled back by itself if "
        f"{stops_words(canary.limits, compares=before is not None)}."
    )


def _reach(request: ChangeRequest, share: float) -> str:
    preview = request.preview
    whole = preview.reachable_size if preview else 0
    if preview and isinstance(request.rule, DecisionPolicy):
        whole = sum(row.selected for row in preview.winners) or whole
    if not whole:
        return f"**{share_words(share)}** of users get it first."
    return f"About **{people(round(whole * share))}** of {number(whole)} get it first."
