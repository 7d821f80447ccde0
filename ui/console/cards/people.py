"""People whom a rule would include or leave out, drawn only when somebody asks."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.errors import PilothouseError, Refusal
from core.rules import DecisionPolicy, EligibilityRule
from ui.console.cards.parts import heading, refusal_card
from ui.console.desk import Desk
from ui.console.sample import Judged, judge, sample
from ui.console.view.text import plain

INCLUDED = ":green-badge[:material/check: Included]"
EXCLUDED = ":gray-badge[:material/remove: Left out]"
HOLDS = ":green-badge[:material/check: Holds]"
FAILS = ":red-badge[:material/close: Does not hold]"


def people_card(office: Desk, rule: EligibilityRule | DecisionPolicy, key: str) -> None:
    """A sample on a click, or one person by id. ``key`` is of the request this belongs to."""
    with st.container(border=True):
        heading("People it would include and leave out")
        if isinstance(rule, DecisionPolicy):
            _people(office, _message(rule, key), key)
            st.caption("For whom this message is. Another one that comes first may still win.")
        else:
            _people(office, rule, key)


def _message(policy: DecisionPolicy, key: str) -> EligibilityRule:
    """One message of a policy, as a rule of its own."""
    entries = {entry.action.key: entry for entry in policy.entries}
    chosen = st.selectbox(
        "Message",
        [*entries],
        format_func=lambda one: entries[one].action.name if one in entries else str(one),
        key=f"people_of_{key}",
    )
    entry = entries.get(chosen, policy.entries[0])
    return EligibilityRule(
        key=entry.action.key,
        name=entry.action.name,
        population=policy.population,
        condition=entry.eligibility,
    )


def _people(office: Desk, rule: EligibilityRule, key: str) -> None:
    viewer = st.session_state["person"]
    kept, number = f"judged_{key}_{rule.key}", f"sample_number_{key}_{rule.key}"
    left, middle, right = st.columns([1.3, 1.3, 1], vertical_alignment="bottom")
    asked_sample = left.button(
        "Another sample" if number in st.session_state else "Show some people",
        key=f"sample_{key}",
        icon=":material/group:",
        width="stretch",
        on_click=_next,
        args=(number,),
    )
    user = middle.text_input("User id", key=f"user_{key}", placeholder="u0000001")
    asked_one = right.button("Check", key=f"check_{key}", icon=":material/person_search:")
    if asked_sample:
        at = st.session_state.get(number, 0)
        st.session_state[kept] = _asked(lambda: sample(rule, office.sampler(viewer), at))
    elif asked_one and user and user.strip():
        st.session_state[kept] = _asked(lambda: judge(rule, [user.strip()], office.sampler(viewer)))
    found: tuple[Judged, ...] | Refusal | None = st.session_state.get(kept)
    if isinstance(found, Refusal):
        refusal_card(found)
    elif found:
        _table(found)


def _next(number: str) -> None:
    st.session_state[number] = st.session_state.get(number, -1) + 1


def _asked(question: Callable[[], tuple[Judged, ...]]) -> tuple[Judged, ...] | Refusal:
    try:
        return question()
    except PilothouseError as error:
        return error.refusal


def _table(judged: tuple[Judged, ...]) -> None:
    if len(judged) == 1:
        _one(judged[0])
        return
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


def _one(judged: Judged) -> None:
    """One person, condition by condition, with what it read of them."""
    st.markdown(f"{INCLUDED if judged.included else EXCLUDED} {plain(judged.user_id)}")
    if not judged.told:
        st.caption("No condition is asked: everyone is included.")
        return
    failed = sum(not one.holds for one in judged.told)
    st.table(
        {
            "Condition": [plain(one.clause) for one in judged.told],
            "Has": [plain(one.read) or "–" for one in judged.told],
            "Holds": [HOLDS if one.holds else FAILS for one in judged.told],
        },
        border="horizontal",
        hide_index=True,
        alt=f"{failed} of {len(judged.told)} conditions do not hold",
    )


def _why(judged: Judged) -> str:
    if judged.included:
        return ", ".join(judged.reasons) or "everyone is"
    return "fails: " + ", ".join(judged.reasons)
