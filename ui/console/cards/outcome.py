"""Figures, campaigns and credits on the Outcomes page. Nothing here can be pressed: each part is
drawn once for its data and then replayed."""

from __future__ import annotations

import streamlit as st

from measure.outcomes.result import Attribution, Campaign, Figure, Outcomes
from ui.console.cards.parts import bullets, draw, heading, sql_fold
from ui.console.cards.parts import figure as number_card
from ui.console.view.outcome import (
    MODEL_WORDS,
    amount,
    between,
    campaign_badge,
    campaign_name,
    campaigns_forest,
    count_between,
    gap_words,
    groups,
    misplaced_words,
    models_of,
    shown,
)
from ui.console.view.text import day, number, percent, phrase, plain, title

ACROSS = 3
KEPT = 16


@st.cache_data(show_spinner=False, max_entries=KEPT)
def figures_part(_outcomes: Outcomes, state: str) -> None:
    """Every figure as a card, under the heading of what it is about."""
    for name, figures in groups(_outcomes).items():
        heading(name)
        for first in range(0, len(figures), ACROSS):
            columns = st.columns(ACROSS, gap="small")
            for column, one in zip(columns, figures[first : first + ACROSS], strict=False):
                with column.container(border=True, height="stretch", gap="xsmall"):
                    _figure(one)


def _figure(one: Figure) -> None:
    told = shown(one)
    if one.value is None:
        st.markdown(f"**{plain(one.name)}**")
        st.markdown(":orange-badge[:material/block: No number]")
        st.markdown(plain(one.statement or "There is no number for it yet."))
    else:
        number_card(st.container(), plain(one.name), told.value, told.note or None)
    if told.sure:
        st.caption(plain(told.sure))
    if told.line:
        draw(told.line)
    st.caption(plain(one.meaning))
    _parts(one)
    if one.value is not None and one.statement:
        st.caption(plain(one.statement))
    for note in one.notes:
        st.caption(plain(note))
    sql_fold(one.sql)


def _parts(one: Figure) -> None:
    told = [part for part in one.parts if part.value is not None]
    if not told:
        return
    with st.expander(f"By part ({len(told)})", icon=":material/table_rows:"):
        rows = {
            "Of": [plain(phrase(part.label)) for part in told],
            "Now": [amount(part.value, one.unit) for part in told],
        }
        if any(part.before is not None for part in told):
            rows["Before"] = [amount(part.before, one.unit) for part in told]
        most = max(told, key=lambda part: part.value or 0.0)
        alt = f"{one.name} by part, the largest {most.label} {amount(most.value, one.unit)}"
        st.table(rows, border="horizontal", hide_index=True, alt=alt)


@st.cache_data(show_spinner=False, max_entries=KEPT)
def campaigns_part(_outcomes: Outcomes, _names: dict[str, str], state: str) -> None:
    """What each campaign changed, what that is worth, and what it cost."""
    heading("Campaigns, read out after they went live")
    if not _outcomes.campaigns:
        _no_campaigns()
        return
    with st.container(border=True):
        chart = campaigns_forest(_outcomes, _names)
        if chart:
            st.caption(
                "What each changed in the share of people who reached its goal, against its "
                "holdout. Clear of the dashed line is real."
            )
            draw(chart)
        for place, one in enumerate(_outcomes.campaigns):
            if place or chart:
                st.divider()
            _campaign(one, _names)


def _no_campaigns() -> None:
    with st.container(border=True):
        st.markdown("**No campaign can be read out yet.**")
        st.caption(
            "A policy that is live and keeps a holdout is read out here by itself: after the "
            "first cycle, and again as people reach its goal."
        )


def _campaign(one: Campaign, names: dict[str, str]) -> None:
    badge = campaign_badge(one)
    st.markdown(f"**{plain(campaign_name(one, names))}** &nbsp; {badge.markdown}")
    st.markdown(plain(one.verdict))
    st.caption(
        f"{number(one.treated)} people with it, {number(one.held_out)} held out, "
        f"{number(one.messages)} messages."
    )
    rows = {
        "More conversions": [count_between(one.incremental, one.incremental_interval)],
        "More revenue": [count_between(one.revenue, one.revenue_interval)],
        "Cost": ["not known" if one.cost is None else amount(one.cost, "currency")],
        "Return": [_return(one)],
    }
    alt = f"{one.name}: {one.verdict}"
    st.table(rows, border="horizontal", hide_index=True, alt=alt)
    if len(one.trend) > 1:
        told = ", ".join(f"{day(point.start)} {percent(point.value)}" for point in one.trend)
        st.caption(f"Earlier read-outs: {plain(told)}.")
    bullets(plain(statement) for statement in one.statements)
    sql_fold(one.sql)


def _return(one: Campaign) -> str:
    if one.roi is None:
        return "not known"
    return f"{percent(one.roi, 0)} ({between(one.roi_interval, 'share')})"


@st.cache_data(show_spinner=False, max_entries=KEPT)
def credits_part(_outcomes: Outcomes, state: str) -> None:
    """Whose the conversions are by each model, beside what holdouts say."""
    heading("Whose conversions are they?")
    if not _outcomes.attribution:
        with st.container(border=True):
            st.markdown("**No conversion follows a message yet.**")
            st.caption("Once messages went out and people reached a goal, credit is shared here.")
        return
    for one in _outcomes.attribution:
        with st.container(border=True):
            _credits(one)


def _credits(one: Attribution) -> None:
    st.markdown(f"**Goal: {plain(phrase(one.goal))}**")
    if one.statement:
        st.markdown(f":material/block: {plain(one.statement)}")
    st.caption(
        f"Messages from {day(one.span[0])} to {day(one.span[1])}; {number(one.users)} people got "
        f"one, {number(one.converted)} of them reached the goal within {one.horizon_days} days. "
        f"{number(one.untouched)} reached it without any message."
    )
    models = models_of(one)
    if one.credits and models:
        last = models[0]
        rows = {
            "Message": [plain(title(credit.touchpoint)) for credit in one.credits],
            MODEL_WORDS[last]: [number(credit.attributed[last]) for credit in one.credits],
            "By its holdout": [
                count_between(credit.incremental, credit.interval) for credit in one.credits
            ],
            "So it gets": [f"**{gap_words(credit, last)}**" for credit in one.credits],
        }
        alt = "; ".join(f"{credit.touchpoint} {gap_words(credit, last)}" for credit in one.credits)
        st.table(rows, border="horizontal", hide_index=True, alt=alt)
        _models(one)
    if words := misplaced_words(one):
        st.markdown(plain(words))
    reasons = dict.fromkeys(credit.statement for credit in one.credits if credit.statement)
    bullets(plain(note) for note in (*reasons, *one.notes))
    sql_fold(one.sql)


def _models(one: Attribution) -> None:
    models = models_of(one)
    with st.expander(f"Every model ({len(models)})", icon=":material/table_rows:"):
        rows = {"Message": [plain(title(credit.touchpoint)) for credit in one.credits]}
        for model in models:
            rows[MODEL_WORDS[model]] = [
                number(credit.attributed[model]) if model in credit.attributed else "–"
                for credit in one.credits
            ]
        alt = f"Conversions of {one.goal} that {len(models)} models give to each message"
        st.table(rows, border="horizontal", hide_index=True, alt=alt)
