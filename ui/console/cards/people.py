"""People whom a rule would include or leave out, drawn only when somebody asks."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.errors import PilothouseError, Refusal
from core.rules import EligibilityRule
from ui.console.cards.parts import heading, refusal_card
from ui.console.desk import Desk
from ui.console.sample import Judged, judge, sample
from ui.console.view.text import plain

INCLUDED = ":green-badge[:material/check: Included]"
EXCLUDED = ":gray-badge[:material/remove: Left out]"


def people_card(office: Desk, rule: EligibilityRule, key: str) -> None:
    """A sample on a click, or one person by id. ``key`` is of the request this belongs to."""
    viewer = st.session_state["person"]
    with st.container(border=True):
        heading("People it would include and leave out")
        left, middle, right = st.columns([1.3, 1.3, 1], vertical_alignment="bottom")
        asked_sample = left.button(
            "Show some people", key=f"sample_{key}", icon=":material/group:", width="stretch"
        )
        user = middle.text_input("User id", key=f"user_{key}", placeholder="u0000001")
        asked_one = right.button("Check", key=f"check_{key}", icon=":material/person_search:")
        kept = f"judged_{key}"
        if asked_sample:
            st.session_state[kept] = _asked(lambda: sample(rule, office.sampler(viewer)))
        elif asked_one and user and user.strip():
            st.session_state[kept] = _asked(
                lambda: judge(rule, [user.strip()], office.sampler(viewer))
            )
        found: tuple[Judged, ...] | Refusal | None = st.session_state.get(kept)
        if isinstance(found, Refusal):
            refusal_card(found)
        elif found:
            _table(found)


def _asked(question: Callable[[], tuple[Judged, ...]]) -> tuple[Judged, ...] | Refusal:
    try:
        return question()
    except PilothouseError as error:
        return error.refusal


def _table(judged: tuple[Judged, ...]) -> None:
    included = sum(one.included for one in judged)
    st.table(
        {
            "User": [plain(one.user_id) for one in judged],
            "Result": [INCLUDED if one.included else EXCLUDED for one in judged],
            "Why": [plain(_why(one)) for one in judged],
        },
        border="horizontal",
        hide_index=True,
        alt=f"{included} of {len(judged)} people are included",
    )


def _why(judged: Judged) -> str:
    if judged.included:
        return ", ".join(judged.reasons) or "everyone is"
    return "fails: " + ", ".join(judged.reasons)
