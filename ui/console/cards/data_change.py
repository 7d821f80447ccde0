"""A change of the data layer as evidence for an approver: people first, the difference last."""

from __future__ import annotations

import streamlit as st

from control.requests import ChangeRequest, DiffLine
from core.data_changes import ChangedPart, DataEffect
from ui.console.cards.parts import bullets, figure, folded, heading
from ui.console.presence import sees_everybody
from ui.console.view.data_change import (
    diff_words,
    moves_channels,
    outcome_lines,
    part_line,
    readers,
)
from ui.console.view.state import CHANGE
from ui.console.view.text import moment, number, plain, share_of


def data_impact(request: ChangeRequest) -> None:
    """What changes for people, as sentences and numbers."""
    effect = request.data_effect
    with st.container(border=True):
        heading("What changes for people")
        if effect is None:
            st.markdown("It was not run on the data, so its effect is not known.")
            return
        bullets(plain(line) for line in outcome_lines(effect))
        _numbers(effect)
        st.caption(f"Counted on the data as of {moment(effect.as_of)}.")


def data_readers(request: ChangeRequest) -> None:
    """Which rules, audiences and traits read what changes, and what becomes of them."""
    effect = request.data_effect
    if effect is None or not effect.downstream:
        return
    rows = [*readers(effect.downstream)]
    with st.container(border=True):
        moves = moves_channels(effect)
        heading("Who sends by it" if moves else "Who reads it")
        st.table(
            {
                "Sender" if moves else "Reader": [plain(row.name) for row in rows],
                "Channels" if moves else "Reads": [plain(row.reads) for row in rows],
                "Outcome": [f"**{plain(row.outcome)}**" for row in rows],
            },
            border="horizontal",
            hide_index=True,
            alt=f"{len(rows)} readers of what changes",
        )


def data_difference(request: ChangeRequest) -> None:
    """What differs in the content itself: SQL by model, the plan by event and property."""
    changed = [line for line in request.rule_diff if line.change != "same"]
    same = len(request.rule_diff) - len(changed)
    with st.container(border=True):
        version = request.base_version
        heading(
            f"Changes against live version {version}"
            if version
            else "Changes against what is built in"
        )
        effect = request.data_effect
        if effect is not None:
            bullets(plain(part_line(part)) for part in _worth_saying(effect.changed))
        texts = [line for line in changed if line.patch is not None]
        for line in texts:
            badge = CHANGE[line.change.title()]
            with st.expander(plain(line.path), expanded=len(texts) < 4, icon=":material/code:"):
                st.markdown(badge.markdown)
                st.code(line.patch, language="diff", wrap_lines=True)
        _places([line for line in changed if line.patch is None])
        if same:
            st.caption(f"{number(same)} more stay as they are.")


def data_samples(request: ChangeRequest) -> None:
    """Single values before and after, and what else should be known."""
    effect = request.data_effect
    if effect is None:
        return
    if effect.samples and sees_everybody():
        with st.container(border=True):
            heading("Some values, before and after")
            st.table(
                {
                    "Whose": [plain(one.subject) for one in effect.samples],
                    "What": [plain(one.what) for one in effect.samples],
                    "Before": [plain(_shown(one.before)) for one in effect.samples],
                    "After": [f"**{plain(_shown(one.after))}**" for one in effect.samples],
                },
                border="horizontal",
                hide_index=True,
                alt=f"{len(effect.samples)} values before and after",
            )
    folded("Notes on the data", "info", effect.notes)


def _numbers(effect: DataEffect) -> None:
    users, parts, read_by = st.columns(3)
    if effect.users_changed is not None:
        figure(
            users,
            "Users with another value",
            number(effect.users_changed),
            share_of(effect.users_changed, effect.users_total or 0, "of all users"),
        )
    else:
        # A plan changes events, and values only when they are loaded under it.
        parts, read_by = users, parts
    kinds = {part.kind for part in effect.changed}
    moves = moves_channels(effect)
    named = "Channels" if moves else "Events" if kinds == {"event"} else "Traits"
    if not kinds <= {"channel", "event", "trait"}:
        named = "Parts"
    figure(parts, f"{named} touched", number(len(effect.changed)))
    figure(
        read_by,
        "Sent by" if moves else "Read by",
        number(len(effect.downstream)),
        _breaking(effect),
    )


def _breaking(effect: DataEffect) -> str | None:
    if not effect.downstream:
        return None
    broken = sum(one.broken is not None for one in effect.downstream)
    return f"{number(broken)} would break" if broken else "none would break"


def _worth_saying(changed: tuple[ChangedPart, ...]) -> list[ChangedPart]:
    """What the difference below does not show by itself."""
    return [part for part in changed if part.note or part.change in ("renamed", "rebuilt")]


def _places(lines: list[DiffLine]) -> None:
    if not lines:
        return
    words = [diff_words(line) for line in lines]
    st.table(
        {
            "Change": [CHANGE[line.change.title()].markdown for line in lines],
            "What": [plain(place) for place, _, _ in words],
            "Live": [plain(live) for _, live, _ in words],
            "Proposed": [f"**{plain(proposed)}**" for _, _, proposed in words],
        },
        border="horizontal",
        hide_index=True,
        alt=f"{len(lines)} places change",
    )


def _shown(value: str | None) -> str:
    return "no value" if value is None else value
