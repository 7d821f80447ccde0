"""Pieces that several cards are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.artifacts import Finding, Required, SqlText
from core.errors import Refusal
from ui.console.view.drawing import Chart
from ui.console.view.impact import needs_judgement, passed_count
from ui.console.view.state import Badge
from ui.console.view.text import plain

Row = TypeVar("Row")
PER_PAGE = 25
"""Rows of a list that are drawn at once: each costs about a millisecond of every click."""
FEW = 5
"""So many rows are seen at one glance: nobody needs to narrow them."""
SEVERITY: dict[str, Badge] = {
    "block": Badge("Blocks", "red", "block"),
    "warn": Badge("Needs judgement", "orange", "error_outline"),
    "info": Badge("Note", "gray", "info"),
}


def heading(text: str, icon: str | None = None) -> None:
    """A card's title, from our own words only."""
    st.header(text, anchor=False, icon=f":material/{icon}:" if icon else None)


def badges(*shown: Badge) -> None:
    """Badges in a row."""
    with st.container(horizontal=True, gap="xsmall", width="content"):
        for badge in shown:
            st.badge(badge.label, color=badge.colour, icon=f":material/{badge.icon}:")


def figure(
    place: DeltaGenerator, label: str, value: str, note: str | None = None, tip: str | None = None
) -> None:
    """A number with a word on it below; the word is no change, so it has no colour or arrow."""
    place.metric(label, value, note, help=tip, delta_color="off", delta_arrow="off")


def checks_figure(place: DeltaGenerator, findings: tuple[Finding, ...]) -> None:
    """How many checks a draft passed, out of those that were asked."""
    passed, open_ones = passed_count(findings), len(needs_judgement(findings))
    note = f"{open_ones} to review" if open_ones else "nothing to review"
    figure(place, "Checks passed", f"{passed} of {passed + open_ones}", note)


def draw(chart: Chart) -> None:
    """A chart with its takeaway for those who cannot see it."""
    st.vega_lite_chart(chart.spec, alt=chart.alt, width="stretch")


def page_of(rows: Sequence[Row], key: str) -> Sequence[Row]:
    """The rows of a long list that are drawn, and above them the way to the others."""
    first = first_of(len(rows), key)
    return rows[first : first + PER_PAGE]


def first_of(count: int, key: str) -> int:
    """The first row, counted from 0, of the page that somebody turned to; draws the way to the
    others. For lists that are read a page at a time."""
    pages = -(-count // PER_PAGE)
    page = st.pagination(pages, key=key) if pages > 1 else 1
    return (page - 1) * PER_PAGE


def bullets(items: Iterable[str]) -> None:
    """A list whose items are Markdown already."""
    if lines := "\n".join(f"- {item}" for item in items):
        st.markdown(lines)


def folded(label: str, icon: str, items: Sequence[str]) -> None:
    """A fold with a list of texts, shown as they are; nothing when there are none."""
    if not items:
        return
    with st.expander(f"{label} ({len(items)})", icon=f":material/{icon}:"):
        bullets(plain(item) for item in items)


def sql_fold(queries: Sequence[SqlText], name: str = "SQL") -> None:
    """The queries behind something, each with what it was for; nothing when there are none."""
    if not queries:
        return
    label = name if len(queries) == 1 else f"{name} ({len(queries)} queries)"
    with st.expander(label, icon=":material/code:"):
        for query in queries:
            st.caption(f"{plain(query.purpose)} · {plain(query.dialect)} · {plain(query.id)}")
            st.code(query.text, language="sql", wrap_lines=True)


def required_fold(required: Required) -> None:
    """What a rule reads from the warehouse."""
    rows = {"Traits": required.traits, "Events": required.events, "Columns": required.columns}
    shown = {
        name: " ".join(f":gray-badge[{plain(one)}]" for one in names)
        for name, names in rows.items()
        if names
    }
    if not shown:
        return
    count = sum(len(names) for names in rows.values())
    with st.expander(f"What it reads ({count})", icon=":material/database:"):
        st.table(shown, border="horizontal", alt="Traits, events and columns that the rule reads")


def findings_list(findings: Iterable[Finding]) -> None:
    """Verdicts of the guardrails, each with what to do."""
    for finding in findings:
        badge = SEVERITY[finding.severity]
        fix = f"  \n:small[{plain(finding.fix)}]" if finding.fix else ""
        st.markdown(f"{badge.markdown} {plain(finding.message)}{fix}")


def refusal_card(refusal: Refusal) -> None:
    """What was not done, where, and what to do next."""
    with st.container(border=True, gap="xsmall"):
        st.markdown(f":red[:material/error:] **{plain(refusal.message)}**")
        if refusal.span:
            st.markdown(f"Where: {plain(refusal.span)}")
        if refusal.fix:
            st.markdown(f"Next: {plain(refusal.fix)}")
        st.caption(f"Code {plain(refusal.code)}")
