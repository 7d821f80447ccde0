"""A debug report on a page: what happened, where, why most likely, and how to check.

What has nothing to press is drawn once for a run and kept: ``kept`` names the run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.artifacts import DebugReport, SqlText
from ui.console.cards.parts import bullets, draw, heading, sql_fold
from ui.console.view import charts, forest
from ui.console.view.bridge import bridge
from ui.console.view.comparison import (
    ExposurePair,
    baseline,
    current,
    exposure_pairs,
    step_pairs,
)
from ui.console.view.diagnosis import (
    TRUST,
    Reason,
    apart,
    fallen,
    left_over,
    reasons,
    ruled_out,
    signed,
    span,
    trust_lines,
)
from ui.console.view.state import CONFIDENCE
from ui.console.view.text import number, percent, phrase, plain, title

COUNTED = {
    "Users": "users",
    "Delivered": "delivered",
    "Held back": "suppressed",
    "Held out": "held_out",
}
REAL_Z = 2.5
"""From so many standard errors on, a loss of messages is told: many ways are looked at."""
KEPT = 64
"""So many runs keep what was drawn of them."""


def report_body(report: DebugReport, queries: Sequence[SqlText]) -> None:
    """Funnels, changes, causes, exposure, data quality. The verdict is the answer above."""
    now, before = current(report), baseline(report)
    against = f" against {span(before)}" if before else ""
    st.caption(f"{plain(phrase(report.metric)).capitalize()}, {span(now)}{against}.")
    funnels(report)
    changes(report)
    if report.causes:
        heading("Likely causes, ranked")
        known = {query.id: query for query in queries}
        for reason in reasons(report):
            with st.container(border=True):
                cause_words(reason)
                cause_sql(reason, known)
    exposure(report)
    left, right = st.columns(2, gap="medium")
    with left:
        excluded(report)
    with right:
        trust(report)


def funnels(report: DebugReport) -> None:
    """The steps of each segment, before and now, side by side."""
    if not report.funnel:
        return
    heading("Where people drop out")
    st.caption(
        "Conversion from step to step. Grey is before, green is now, red where it really fell; "
        "lines are 95% intervals."
    )
    columns = st.columns(max(len(report.segments), 1), gap="medium")
    for column, segment in zip(columns, report.segments, strict=False):
        with column:
            st.markdown(f"**{plain(segment)}**")
            draw(charts.funnel(segment, step_pairs(report, segment), fallen(report, segment)))


def changes(report: DebugReport) -> None:
    """The change of each step with its interval."""
    if not report.deltas:
        return
    heading("Where it changed")
    st.caption(
        "Change of each step with its 95% interval. Clear of the dashed line is real; "
        "squares are what it is compared with."
    )
    draw(forest.steps_forest(report.deltas))
    bullets(plain(one) for one in apart(report))


def parts_of_it(report: DebugReport) -> None:
    """What makes up the change, cause by cause, and what none of them explains."""
    chart = bridge(report)
    if chart is None:
        return
    heading("What makes up the change")
    st.caption("From the rate that earlier periods lead one to expect to the rate now.")
    draw(chart)
    st.markdown(f":material/help_center: {plain(left_over(report))}")


def cause_words(reason: Reason) -> None:
    """What a cause explains, what speaks for it and what against."""
    cause = reason.cause
    share, evidence = st.columns([1, 5])
    within = f"{reason.between}" if reason.between else None
    share.metric(
        f"Cause {cause.rank}",
        reason.share,
        within,
        delta_color="off",
        delta_arrow="off",
        help="Share of the change that it explains, and its 95% interval where that is known.",
    )
    with evidence:
        st.markdown(f"**{plain(reason.title)}** &nbsp; {CONFIDENCE[cause.confidence].markdown}")
        since = f" Since {plain(cause.since)}." if cause.since else ""
        if reason.more or since:
            st.markdown(f"{plain(reason.more)}{since}")
        signs = [(":green[:material/add_circle:]", "For", reason.speaks_for)]
        signs.append((":red[:material/do_not_disturb_on:]", "Against", reason.speaks_against))
        said = (f"{sign} **{word}:** {plain(one)}" for sign, word, those in signs for one in those)
        st.markdown("  \n".join(said))


def cause_sql(reason: Reason, queries: dict[str, SqlText]) -> None:
    """The next check, and the queries behind the evidence."""
    cause = reason.cause
    with st.expander(f"Next check: {plain(cause.next_check.title)}", icon=":material/code:"):
        st.code(cause.next_check.sql, language="sql", wrap_lines=True)
    evidence = dict.fromkeys((*cause.evidence, *(one for told in cause.told for one in told.sql)))
    sql_fold([queries[one] for one in evidence if one in queries], "Evidence")


def exposure(report: DebugReport) -> None:
    """The messages of each segment, before and now, and which ways of reaching people failed."""
    if not report.exposure:
        return
    heading("Messages people saw")
    pairs = exposure_pairs(report)
    many = max(pair.periods for pair in pairs)
    earlier = "the period before" if many == 1 else f"an average of {many} earlier periods"
    st.caption(f"From {earlier} to now.")
    rows: dict[str, list[str]] = {"Messages": [*COUNTED, "**Per user**"]}
    for pair in pairs:
        counts = [_moved(pair, field, number) for field in COUNTED.values()]
        rows[plain(pair.segment)] = [*counts, f"**{_moved(pair, 'per_user', _per_user)}**"]
        rows[plain(pair.segment)][-1] += _change(pair)
    said = "; ".join(f"{pair.segment} {_moved(pair, 'per_user', _per_user)}" for pair in pairs)
    alt = f"Delivered messages per user, before to now: {said}"
    st.table(rows, border="horizontal", hide_index=True, alt=alt)
    _losses(report)


def _losses(report: DebugReport) -> None:
    """Ways in which more messages failed to reach people than before, beyond chance."""
    if not report.messages:
        return
    lost = [one for one in report.messages if one.z >= REAL_Z and one.messages >= 1]
    if not lost:
        st.caption("No reason and no channel stopped more messages than before, beyond chance.")
        return
    st.markdown("**Messages that did not reach people**")
    rows = {
        "Message": [plain(title(one.action)) for one in lost],
        "Stopped by": [plain(phrase(one.way.lower())) for one in lost],
        "Share": [f"{percent(one.before)} → {percent(one.now)}" for one in lost],
        "Messages": [number(one.messages) for one in lost],
        "Worth each": [
            "not known" if one.worth is None else f"{one.worth:.3f} conversions" for one in lost
        ],
    }
    most = max(lost, key=lambda one: one.messages)
    alt = f"Most of {title(most.action)}, by {phrase(most.way.lower())}: {number(most.messages)}"
    st.table(rows, border="horizontal", hide_index=True, alt=alt)


def _moved(pair: ExposurePair, field: str, shown: Callable[[float], str]) -> str:
    sides = (pair.before, pair.now)
    return " → ".join(shown(getattr(side, field)) if side else "–" for side in sides)


def _per_user(value: float) -> str:
    return f"{value:.3f}"


def _change(pair: ExposurePair) -> str:
    if pair.before is None or pair.now is None or not pair.before.per_user:
        return ""
    return f" ({signed(pair.now.per_user / pair.before.per_user - 1)})"


def excluded(report: DebugReport) -> None:
    """What was tested and does not hold."""
    if said := ruled_out(report):
        heading("Ruled out")
        bullets(plain(one) for one in said)


def trust(report: DebugReport) -> None:
    """Whether the data under the answer is good to go by."""
    if lines := [*trust_lines(report)]:
        heading("Can we trust the data?")
        st.markdown("  \n".join(f"{TRUST[level]} {plain(sentence)}" for level, sentence in lines))
