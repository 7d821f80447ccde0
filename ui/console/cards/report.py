"""A debug report as an answer: what happened, where, why most likely, and how to check."""

from __future__ import annotations

import streamlit as st

from core.artifacts import Cause, DebugReport, ExposureRow
from ui.console.cards.parts import bullets, draw, heading
from ui.console.view import charts
from ui.console.view.state import CONFIDENCE
from ui.console.view.text import day, number, percent, phrase, plain


def report_body(report: DebugReport) -> None:
    """Funnels, changes, causes, exposure, data quality. The verdict is the answer above."""
    periods = " against ".join(
        f"{day(period.start)} to {day(period.end)}" for period in reversed(report.periods)
    )
    st.caption(f"{plain(phrase(report.metric)).capitalize()}, {periods}.")
    if report.funnel:
        _funnels(report)
    if report.deltas:
        _changes(report)
    if report.causes:
        heading("Likely causes, ranked")
        for cause in report.causes:
            _cause(cause)
    if report.exposure:
        _exposure(report)
    _ruled_out(report)


def _funnels(report: DebugReport) -> None:
    heading("Where people drop out")
    st.caption(
        "Conversion from step to step. Grey is before, green is now, lines are 95% intervals."
    )
    names = [period.name for period in report.periods]
    columns = st.columns(max(len(report.segments), 1), gap="medium")
    for column, segment in zip(columns, report.segments, strict=False):
        rows = [row for row in report.funnel if row.segment == segment]
        with column:
            st.markdown(f"**{plain(segment)}**")
            draw(charts.funnel(segment, rows, names))


def _changes(report: DebugReport) -> None:
    heading("Where it changed")
    st.caption("Change of each step with its 95% interval. Clear of the dashed line is real.")
    draw(charts.forest(report.deltas))


def _cause(cause: Cause) -> None:
    with st.container(border=True):
        share, evidence = st.columns([1, 5])
        share.metric(f"Cause {cause.rank}", percent(cause.explained, 0), help="Share of the drop.")
        with evidence:
            st.markdown(f"**{plain(cause.cause)}** &nbsp; {CONFIDENCE[cause.confidence].markdown}")
            bullets(plain(line) for line in cause.evidence)
            label = f"Next check: {plain(cause.next_check.title)}"
            with st.expander(label, icon=":material/code:"):
                st.code(cause.next_check.sql, language="sql", wrap_lines=True)


def _exposure(report: DebugReport) -> None:
    heading("Messages people saw")
    rows = {
        "Who": [f"{plain(row.segment)}, {plain(phrase(row.period))}" for row in report.exposure],
        "Users": [number(row.users) for row in report.exposure],
        "Delivered": [number(row.delivered) for row in report.exposure],
        "Per user": [f"{row.per_user:.3f}" for row in report.exposure],
        "Held back": [number(row.suppressed) for row in report.exposure],
        "Held out": [number(row.held_out) for row in report.exposure],
    }
    st.table(rows, border="horizontal", hide_index=True, alt=_exposure_alt(report.exposure))


def _exposure_alt(rows: tuple[ExposureRow, ...]) -> str:
    said = "; ".join(f"{row.segment} {row.period} {row.per_user:.3f}" for row in rows)
    return f"Delivered messages per user: {said}."


def _ruled_out(report: DebugReport) -> None:
    left, right = st.columns(2, gap="medium")
    if report.ruled_out:
        with left:
            heading("Ruled out")
            bullets(plain(line) for line in report.ruled_out)
    if report.data_quality:
        with right:
            heading("Can we trust the data?")
            bullets(plain(line) for line in report.data_quality)
