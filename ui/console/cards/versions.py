"""The versions of a rule: which there were, and any two of them compared."""

from __future__ import annotations

import streamlit as st

from control.canaries import Canary
from control.versions import Version
from core.errors import PilothouseError, Refusal
from orchestrate.effect_diff import EffectDiff
from orchestrate.rule_diff import rule_diff
from ui.console.cards.difference import Sides, difference
from ui.console.cards.parts import heading, refusal_card
from ui.console.desk import Desk
from ui.console.rule_facts import RuleFacts
from ui.console.rulebook import Book
from ui.console.sidebar import open_request
from ui.console.view.canary import canary_badge, rule_badges, who
from ui.console.view.canary_ask import share_words
from ui.console.view.state import Badge
from ui.console.view.text import clock, moment, number, people, phrase, plain

MOST = 50
"""So many versions are listed; any may be compared."""


def versions_card(office: Desk, found: Book) -> None:
    """Every version with its request, the newest first."""
    names = office.names()
    canaries = {one.version: one for one in found.canaries}
    listed = found.versions[:MOST]
    rows = {
        "Version": [f"v{one.version}" for one in listed],
        "State": [_state(one, canaries.get(one.version)) for one in listed],
        "Published, UTC": [clock(one.published_at) for one in listed],
        # In one column: five are wider than a narrow window.
        "By": [_by(one, names) for one in listed],
    }
    with st.container(border=True):
        heading("Versions")
        many = len(found.versions)
        st.table(rows, border="horizontal", hide_index=True, alt=f"{many} versions, newest first")
        if many > MOST:
            st.caption(f"The newest {MOST} of {number(many)}.")
        if request := found.rule.version.change_request_id:
            st.button(
                f"Open {request}, which made version {found.rule.version.version}",
                key="open_request",
                type="tertiary",
                icon=":material/open_in_new:",
                on_click=open_request,
                args=(request, st.session_state["pages"]["rules"].url_path),
            )


def compare_card(office: Desk, found: Book) -> None:
    """Any two versions in plain words, as a rule or as SQL, and on a click who gets what."""
    if len(found.versions) < 2:
        return
    key, by_number = found.rule.version.key, {one.version: one for one in found.versions}
    with st.container(border=True):
        left, right = st.columns(2)
        before = _chosen(left, "From", by_number, 1, f"compare_from_{key}")
        after = _chosen(right, "To", by_number, 0, f"compare_to_{key}")
        one, other = by_number[before].artifact, by_number[after].artifact
        lines = rule_diff(one.model_dump(mode="json"), other.model_dump(mode="json"))
        sides = Sides(one, other, f"Version {before}", f"Version {after}")
        title = f"From version {before} to {after}"
        difference(office, sides, lines, title=title, key=f"compare_as_{key}")
        _who_gets_what(office, by_number[before], by_number[after])


def _chosen(
    place: st.delta_generator.DeltaGenerator,
    label: str,
    known: dict[int, Version],
    first: int,
    key: str,
) -> int:
    """A version of those there are; what somebody else's page sends is no other."""
    numbers = [*known]
    chosen = place.selectbox(
        label, numbers, index=first, format_func=lambda one: f"Version {one}", key=key
    )
    return chosen if chosen in known else numbers[first]


def _who_gets_what(office: Desk, before: Version, after: Version) -> None:
    key = f"people_{before.key}_{before.version}_{after.version}"
    if st.button("Count who gets something else", key=f"count_{key}", icon=":material/group:"):
        with st.spinner("Deciding for everybody under both versions; nothing is sent."):
            st.session_state[key] = _counted(office, before, after)
    told: EffectDiff | Refusal | None = st.session_state.get(key)
    if isinstance(told, Refusal):
        refusal_card(told)
    elif told is not None:
        _people(told)


def _counted(office: Desk, before: Version, after: Version) -> EffectDiff | Refusal:
    try:
        return RuleFacts(office, after).compared(before, after)
    except PilothouseError as error:
        return error.refusal


def _people(told: EffectDiff) -> None:
    st.markdown(
        f"**{people(told.gained)}** would get something who got nothing, **{number(told.lost)}** "
        f"nothing any more, and **{number(told.winner_changed)}** something else: "
        f"{number(told.after)} people instead of {number(told.before)}."
    )
    if told.changes:
        st.table(
            {
                "Before": [plain(_message(one.before)) for one in told.changes],
                "After": [f"**{plain(_message(one.after))}**" for one in told.changes],
                "People": [number(one.users) for one in told.changes],
            },
            border="horizontal",
            hide_index=True,
            alt="What takes the place of what, and for how many people",
        )
    st.caption(
        f"By conditions alone, without consent, holdouts and caps; data of {moment(told.as_of)}."
    )


def _message(label: str | None) -> str:
    if label is None:
        return "nothing"
    return "in the audience" if label == "in" else phrase(label)


def _by(version: Version, names: dict[str, str]) -> str:
    """Who put it into force, and by which request, where one did."""
    by = plain(who(version.published_by, names))
    return f"{by}, {plain(version.change_request_id)}" if version.change_request_id else by


def _state(version: Version, canary: Canary | None) -> str:
    running = canary if canary and canary.state == "running" else None
    if version.state == "superseded":
        shown: tuple[Badge, ...] = (Badge("Superseded", "gray", "history"),)
    else:
        shown = rule_badges(version.state, running)
    told = " ".join(badge.markdown for badge in shown)
    if canary is None or running:
        return told
    ended = canary_badge(canary).label.lower()
    return f"{told} canary {share_words(canary.share)}, {ended}"
