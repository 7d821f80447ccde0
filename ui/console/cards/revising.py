"""In the decision: what stands in its way because the world moved on, and how it is taken back."""

from __future__ import annotations

import streamlit as st

from control.people import Person
from control.requests import ChangeRequest
from control.version_list import RULE_KINDS
from core.lifecycle import State
from core.same_person import same_person
from ui.console.desk import Desk
from ui.console.revising import Revising
from ui.console.view.text import plain


def rebase_part(office: Desk, person: Person, request: ChangeRequest) -> None:
    """That another version went live since it was drafted, and the way to draft it anew."""
    if request.kind not in RULE_KINDS or request.state is not State.IN_REVIEW:
        return
    live = office.live_version(request.target_key)
    if live == request.base_version and not request.suspended:
        return
    if live != request.base_version:
        was = f"version {request.base_version}" if request.base_version else "nothing"
        now = f"version {live}" if live else "nothing"
        st.warning(
            f"It was drafted against {was}; {now} is live now. **It cannot be approved** until "
            "it is drafted anew on top of that.",
            icon=":material/merge:",
        )
    revising = Revising(office, person, request)
    if not revising.may_propose:
        st.caption("A marketer, an analyst or an admin drafts it anew.")
        return
    st.button(
        "Draft it anew and check again",
        key=f"rebase_{request.id}",
        icon=":material/merge:",
        width="stretch",
        help="The same change on top of what is live, as a request of its own. You become an "
        "author of it.",
        on_click=revising.draft_anew,
    )


def withdraw_part(office: Desk, person: Person, request: ChangeRequest) -> None:
    """For its author: take it back."""
    if not same_person(person.email, request.author):
        return
    st.button(
        f"Withdraw {plain(request.id)}",
        key=f"withdraw_{request.id}",
        icon=":material/undo:",
        width="stretch",
        on_click=Revising(office, person, request).withdraw,
    )
