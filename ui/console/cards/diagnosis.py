"""One diagnosis, from the verdict to what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from core.artifacts import DebugReport, SqlText
from core.diagnoses import CheckRun
from core.errors import PilothouseError, Refusal
from ui.console.cards import report as parts
from ui.console.cards.parts import badges, draw, figure, heading, refusal_card, sql_fold
from ui.console.diagnosed import Diagnosed, Diagnosis
from ui.console.view.diagnosis import (
    Reason,
    facts,
    headline,
    is_real,
    reasons,
    rule_prompt,
    segments_words,
    unfinished,
    verdict_parts,
    where,
)
from ui.console.view.diagnosis_file import as_json, as_markdown
from ui.console.view.measures import Measure, measures
from ui.console.view.spark import spark
from ui.console.view.state import Badge
from ui.console.view.text import ago, moment, number, plain
from warehouse.rows import Rows

SHOWN_ROWS = 200
SURE = "It is likely, not proven: run the checks, which would show if it is something else."


class Check(NamedTuple):
    """A check of a cause, which may have run when the question was answered."""

    key: str
    title: str
    sql: str
    ran: CheckRun | None


def diagnosis_card(book: Diagnosed, found: Diagnosis) -> None:
    """The whole page about one diagnosis."""
    _top(book, found)
    _evidence(found, found.run_id, str(found.asked_at))
    _causes(book, found)
    _rest(found, found.run_id, str(found.asked_at))
    _actions(book, found)


def _top(book: Diagnosed, found: Diagnosis) -> None:
    report, office = found.report, book.office
    st.title(plain(found.prompt), anchor=False)
    badges(*facts(report), Badge(plain(segments_words(report.segments)), "gray", "group"))
    many = len(found.result.sql)
    took = f", {found.took_seconds:.1f} s" if found.took_seconds else ""
    by = plain(book.asked_by(found))
    st.caption(
        f"Asked by {by}, {ago(office.now(), found.asked_at)}. Data as of "
        f"{moment(report.as_of)}. {number(many)} queries{took}."
    )


@st.cache_data(show_spinner=False, max_entries=parts.KEPT)
def _evidence(_found: Diagnosis, run_id: str, asked_at: str) -> None:
    """What has nothing to press, above the causes: drawn once and then replayed."""
    report = _found.report
    with st.container(border=True):
        _verdict(report)
    shown = measures(report)
    if shown:
        for column, measure in zip(st.columns(len(shown)), shown, strict=True):
            with column.container(border=True, height="stretch"):
                _measure(measure)
    for part in (parts.funnels, parts.changes, parts.parts_of_it):
        _boxed(part, report)


def _verdict(report: DebugReport) -> None:
    """One sentence of numbers, then where, why and how sure; the engine's own words in a fold."""
    heading(plain(headline(report)))
    said = [("location_on", "Where", where(report))]
    if report.causes:
        said.append(("lightbulb", "Most likely", f"{reasons(report)[0].title}."))
    said.append(("query_stats", "Real or chance", is_real(report)))
    said.append(("hourglass_top", "Not over yet", unfinished(report)))
    for icon, name, words in said:
        if words:
            st.markdown(f":material/{icon}: **{name}:** {plain(words)}")
    with st.expander("The verdict in full", icon=":material/notes:"):
        for sentence in verdict_parts(report.verdict):
            st.markdown(plain(sentence))


def _boxed(part: Callable[[DebugReport], None], report: DebugReport) -> None:
    with st.container(border=True):
        part(report)


def _measure(measure: Measure) -> None:
    figure(st.container(), measure.label, measure.value, measure.note or None, measure.tip)
    if len(measure.history) > 1:
        draw(spark(measure.history, measure.label, alarms=measure.alarms))


def _causes(book: Diagnosed, found: Diagnosis) -> None:
    report = found.report
    heading("Likely causes, ranked")
    if not report.causes:
        with st.container(border=True):
            st.markdown("**No cause was found that the numbers support.**")
            st.caption("What was ruled out stands below; a longer period shows smaller changes.")
        return
    st.caption(SURE)
    if not book.may_check:
        st.caption(":material/lock: Only an analyst or an admin may run checks.")
    known = {query.id: query for query in found.result.sql}
    for reason in reasons(report):
        with st.container(border=True, key=f"cause_{reason.cause.rank}"):
            _cause(book, found, reason, known)


def _cause(book: Diagnosed, found: Diagnosis, reason: Reason, known: dict[str, SqlText]) -> None:
    parts.cause_words(reason)
    for check in _checks(found.run_id, reason):
        _check(book, found, check)
    cause = reason.cause
    told = (one for evidence in cause.told for one in evidence.sql)
    sql_fold([known[one] for one in dict.fromkeys((*cause.evidence, *told)) if one in known],
             "Queries behind it")  # fmt: skip


def _checks(run_id: str, reason: Reason) -> list[Check]:
    cause = reason.cause
    ran = {one.sql: one for one in cause.checks}
    offered = {cause.next_check.sql: cause.next_check.title}
    offered |= {one.sql: one.title for one in cause.checks}
    return [
        Check(f"check_{run_id}_{cause.rank}_{place}", title, sql, ran.get(sql))
        for place, (sql, title) in enumerate(offered.items())
    ]


def _check(book: Diagnosed, found: Diagnosis, check: Check) -> None:
    title, button = st.columns([4, 1.3], vertical_alignment="center")
    title.markdown(f":material/fact_check: **Check:** {plain(check.title)}")
    label = "Run it again" if check.ran or check.key in st.session_state else "Run this check"
    if book.may_check and button.button(
        label, key=f"run_{check.key}", icon=":material/play_arrow:", width="stretch"
    ):
        _run(book, found, check)
    _outcome(check)


def _run(book: Diagnosed, found: Diagnosis, check: Check) -> None:
    with st.spinner("Running the check over all users…"):
        try:
            result: Rows | Refusal = book.run_check(found.run_id, check.sql)
        except PilothouseError as error:
            result = error.refusal
    st.session_state[check.key] = result


def _outcome(check: Check) -> None:
    """The rows of this visit's run, else those of when the question was answered; the SQL."""
    found = st.session_state.get(check.key)
    if isinstance(found, Refusal):
        refusal_card(found)
    elif isinstance(found, Rows):
        st.markdown(f":green[:material/check:] Ran just now: {_many(len(found.rows))}.")
        _rows(found)
    ran = f"Rows with the answer ({number(check.ran.row_count)}) and SQL" if check.ran else "SQL"
    with st.expander(ran, icon=":material/table_rows:" if check.ran else ":material/code:"):
        if check.ran:
            _rows(Rows(check.ran.columns, [*check.ran.rows]))
        st.code(check.sql, language="sql", wrap_lines=True)


def _many(rows: int) -> str:
    return "1 row" if rows == 1 else f"{number(rows)} rows"


def _rows(found: Rows) -> None:
    shown = found.rows[:SHOWN_ROWS]
    values = {
        name: [_value(row[place]) for row in shown] for place, name in enumerate(found.columns)
    }
    alt = f"{_many(len(found.rows))}: {', '.join(found.columns)}"
    st.dataframe(values, hide_index=True, alt=alt, key=None)
    if len(found.rows) > SHOWN_ROWS:
        st.caption(f"The first {SHOWN_ROWS} of {number(len(found.rows))} rows.")


def _value(value: object) -> object:
    return value if value is None or isinstance(value, int | float | str) else str(value)


@st.cache_data(show_spinner=False, max_entries=parts.KEPT)
def _rest(_found: Diagnosis, run_id: str, asked_at: str) -> None:
    """What has nothing to press, below the causes."""
    report = _found.report
    if report.exposure:
        _boxed(parts.exposure, report)
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        parts.excluded(report)
    with right.container(border=True, height="stretch"):
        parts.trust(report)


def _actions(book: Diagnosed, found: Diagnosis) -> None:
    report, asked = found.report, (found.prompt, found.report, found.result.sql)
    prompt = rule_prompt(report)
    with st.container(horizontal=True, gap="small"):
        if prompt and st.button(
            "Draft a rule from this",
            key="draft_rule",
            type="primary",
            icon=":material/rule:",
            help=plain(f"Opens Ask with: {prompt}"),
        ):
            st.session_state["prompt"] = prompt
            st.switch_page(st.session_state["pages"]["ask"])
        st.download_button(
            "Download to read",
            data=lambda: as_markdown(*asked),
            file_name=f"diagnosis-{found.run_id}.md",
            mime="text/markdown",
            icon=":material/download:",
            key="download_markdown",
        )
        st.download_button(
            "Download as JSON",
            data=lambda: as_json(*asked),
            file_name=f"diagnosis-{found.run_id}.json",
            mime="application/json",
            icon=":material/data_object:",
            key="download_json",
        )
    st.caption("Anybody here who may see it can open this page by its address.")
    sql_fold(found.result.sql, "Every query of this diagnosis")
