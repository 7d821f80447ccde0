"""A debug report as an answer: what happened, where, why most likely, and how to check."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.artifacts import Cause, DebugReport, Period, SqlText
from ui.console.cards.parts import bullets, draw, heading, sql_fold
from ui.console.view import charts, forest
from ui.console.view.comparison import (
    ExposurePair,
    baseline,
    current,
    exposure_pairs,
    step_pairs,
)
from ui.console.view.state import CONFIDENCE
from ui.console.view.text import day, number, percent, phrase, plain

COUNTED = {
    "Users": "users",
    "Delivered": "delivered",
    "Held back": "suppressed",
    "Held out": "held_out",
}


def report_body(report: DebugReport, queries: Sequence[SqlText]) -> None:
    """Funnels, changes, causes, exposure, data quality. The verdict is the answer above."""
    now, before = current(report), baseline(report)
    against = f" against {_days(before)}" if before else ""
    st.caption(f"{plain(phrase(report.metric)).capitalize()}, {_days(now)}{against}.")
    if report.funnel:
        _funnels(report)
    if report.deltas:
        _changes(report)
    if report.causes:
        heading("Likely causes, ranked")
        for cause in report.causes:
            _cause(cause, {query.id: query for query in queries})
    if report.exposure:
        _exposure(report)
    _ruled_out(report)


def _days(period: Period) -> str:
    return f"{day(period.start)} to {day(period.end)}"


def _funnels(report: DebugReport) -> None:
    heading("Where people drop out")
    st.caption(
        "Conversion from step to step. Grey is before, green is now, lines are 95% intervals."
    )
    columns = st.columns(max(len(report.segments), 1), gap="medium")
    for column, segment in zip(columns, report.segments, strict=False):
        with column:
            st.markdown(f"**{plain(segment)}**")
            draw(charts.funnel(segment, step_pairs(report, segment)))


def _changes(report: DebugReport) -> None:
    heading("Where it changed")
    st.caption("Change of each step with its 95% interval. Clear of the dashed line is real.")
    draw(forest.steps_forest(report.deltas))


def _cause(cause: Cause, queries: dict[str, SqlText]) -> None:
    with st.container(border=True):
        share, evidence = st.columns([1, 5])
        share.metric(f"Cause {cause.rank}", percent(cause.explained, 0), help="Share of the drop.")
        with evidence:
            st.markdown(f"**{plain(cause.cause)}** &nbsp; {CONFIDENCE[cause.confidence].markdown}")
            bullets(plain(line) for line in cause.evidence if line not in queries)
            label = f"Next check: {plain(cause.next_check.title)}"
            with st.expander(label, icon=":material/code:"):
                st.code(cause.next_check.sql, language="sql", wrap_lines=True)
            sql_fold([queries[one] for one in cause.evidence if one in queries], "Evidence")


def _exposure(report: DebugReport) -> None:
    heading("Messages people saw")
    pairs = exposure_pairs(report)
    many = max(pair.periods for pair in pairs)
    earlier = "the period before" if many == 1 else f"an average of {many} earlier periods"
    st.caption(f"From {earlier} to now.")
    rows = {"Who": [plain(pair.segment) for pair in pairs]}
    for name, field in COUNTED.items():
        rows[name] = [_moved(pair, field, number) for pair in pairs]
    rows["Per user"] = [f"**{_moved(pair, 'per_user', _per_user)}**" for pair in pairs]
    said = "; ".join(f"{pair.segment} {_moved(pair, 'per_user', _per_user)}" for pair in pairs)
    alt = f"Delivered messages per user, before to now: {said}"
    st.table(rows, border="horizontal", hide_index=True, alt=alt)


def _moved(pair: ExposurePair, field: str, shown: Callable[[float], str]) -> str:
    sides = (pair.before, pair.now)
    return " → ".join(shown(getattr(side, field)) if side else "–" for side in sides)


def _per_user(value: float) -> str:
    return f"{value:.3f}"


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
