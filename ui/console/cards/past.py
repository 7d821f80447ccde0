"""What was decided on a user before, and one of these decisions made once more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st

from core.reasons import BY_CODE
from measure.account import Decision
from ui.console.cards.parts import badges, heading, page_of
from ui.console.cards.waterfall import waterfall_body
from ui.console.casebook import MOST_PAST, Case, Casebook, Past
from ui.console.view.state import Badge
from ui.console.view.text import clock, moment, plain, title
from ui.reports.sections import Section, goal_section, posted_section
from ui.reports.shapes import DecisionReport

OUTCOME: dict[str, Badge] = {
    "selected": Badge("Sent on", "green", "send"),
    "suppressed": Badge("Stopped", "orange", "block"),
    "held_out": Badge("Held out", "blue", "science"),
    "lost": Badge("Another one won", "gray", "low_priority"),
}
SAME = Badge("Replays the same", "green", "verified")
OTHERWISE = Badge("Replays otherwise", "red", "error")
KNOWN_SINCE = "What is known of that moment today leads to another answer than then."
NO_RECORD = Badge("No record to replay", "gray", "history_toggle_off")


def past_card(book: Casebook, case: Case, names: Mapping[str, str]) -> None:
    """The newest decisions, each opened by a click, with what became of its message."""
    with st.container(border=True):
        heading("Decided before")
        if not case.past:
            st.markdown("No cycle has considered a message for this user yet.")
            st.caption("Whoever is not eligible for any message is in no list of decisions.")
            return
        with st.container(key="inbox"):
            for one in page_of(case.past, f"past_{case.user}"):
                _row(case, one, names)
        if len(case.past) == MOST_PAST:
            st.caption(f"The newest {MOST_PAST}.")


def _row(case: Case, one: Past, names: Mapping[str, str]) -> None:
    decision = one.decision
    name = names.get(decision.action_key) or title(decision.action_key)
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left, st.container(gap="xxsmall"):
        st.button(
            f"**{plain(name)}**",
            key=f"decision_{one.id}",
            type="tertiary",
            wrap=False,
            on_click=st.query_params.from_dict,
            args=({"user": case.user, "decision": one.id},),
        )
        by = f"{plain(decision.policy_key)} v{decision.policy_version}"
        fate = _fate(decision) or _waits(case, decision)
        st.caption(f"{clock(decision.decided_at)} UTC · {by}{fate}")
    with right, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        badge = OUTCOME.get(decision.outcome, Badge(title(decision.outcome), "gray", "info"))
        st.badge(badge.label, color=badge.colour, icon=f":material/{badge.icon}:")


def _fate(decision: Decision) -> str:
    """What became of the message, the furthest that is known."""
    if decision.outcome != "selected":
        return f" · {plain(_sentence(decision.reason_code))}"
    if decision.failed_reason:
        return f" · failed: {plain(decision.failed_reason)}"
    steps = {
        "clicked": decision.clicked_at, "opened": decision.opened_at,
        "delivered": decision.delivered_at, "sent": decision.sent_at,
    }  # fmt: skip
    by = f" by {plain(decision.sent_by)}" if decision.sent_by else ""
    return next((f" · {word}{by}, {clock(at)}" for word, at in steps.items() if at), "")


def _waits(case: Case, decision: Decision) -> str:
    """Where its message is in the outbox, while nothing else is known of it."""
    wanted = (decision.policy_key, decision.action_key, decision.decided_at.isoformat())
    for one in case.told.get("messages", ()):
        if (one["policy"], one["action"], one["decided_at"]) == wanted:
            until = f" until {moment(one['not_before'])}" if one["state"] == "pending" else ""
            why = f": {plain(one['sentence'])}" if one["sentence"] else ""
            return f" · {plain(one['state'])}{until}{why}"
    return ""


def replay_card(book: Casebook, user: str, decision_id: str) -> None:
    """One decision: its way, whether its record decides the same again, and what came of it."""
    st.button(
        f"All of {plain(user)}",
        key="back",
        icon=":material/arrow_back:",
        on_click=st.query_params.from_dict,
        args=({"user": user},),
    )
    report = book.report(user, decision_id)
    decision, names = report.decision, book.office.catalog.actions
    named = names.get(decision.action_key)
    name = named.name if named else title(decision.action_key)
    with st.container(border=True):
        heading(plain(name))
        badges(OUTCOME.get(decision.outcome, NO_RECORD), _replays(report))
        by = f"{plain(decision.policy_key)} v{decision.policy_version}"
        st.caption(f"Decided {clock(decision.decided_at)} UTC for {plain(user)} by {by}.")
        st.markdown(_replay_words(report))
        candidate = _candidate(report)
        waterfall_body(candidate, name)
        if candidate["clauses"] is None:
            st.caption(plain(f"Clauses and values are not shown: {report.no_why or KNOWN_SINCE}"))
    _others(report)
    for section in (posted_section(report), goal_section(report)):
        _section(section)
    st.download_button(
        "Download the report",
        data=lambda: book.download(report),
        file_name=f"decision-{decision_id}.html",
        mime="text/html",
        icon=":material/download:",
        key="download_report",
    )


def _replays(report: DecisionReport) -> Badge:
    return NO_RECORD if report.replays is None else SAME if report.replays else OTHERWISE


def _replay_words(report: DecisionReport) -> str:
    if report.replays is None:
        return plain(report.no_record or "")
    if report.replays:
        return "Decided once more from its own record alone, every stage comes out **the same**."
    return (
        "Decided once more from its own record alone, it comes out **otherwise**: the record was "
        "changed, or decisions are made in another way since."
    )


def _candidate(report: DecisionReport) -> dict[str, Any]:
    """The decision as ``explain`` tells it, with clauses where the rule says the same today."""
    decision = report.decision
    tried: list[dict[str, Any]] = (report.why or {}).get("candidates", [])
    told = next((one for one in tried if _is_it(one, decision)), {})
    reason = BY_CODE[decision.reason_code]
    return {
        "clauses": told.get("clauses"),
        "flip": told.get("flip"),
        "reason_code": reason.code,
        "stage": reason.stage,
        "sentence": reason.sentence,
        "ghost": decision.ghost,
    }


def _is_it(candidate: Mapping[str, Any], decision: Decision) -> bool:
    """Explained with what is known now it must still come to what was decided then."""
    wanted = decision.action_key, decision.reason_code
    return (candidate["action"], candidate["reason_code"]) == wanted


def _others(report: DecisionReport) -> None:
    """What became of every candidate of that cycle for the user."""
    rows = [*_stage_rows(report)]
    if len(rows) < 2:
        return
    with st.container(border=True):
        heading("Every message of that moment")
        st.table(
            {"Message": [row[0] for row in rows], "Became": [row[1] for row in rows]},
            border="horizontal",
            hide_index=True,
            alt=f"What became of {len(rows)} messages",
        )


def _stage_rows(report: DecisionReport) -> Iterator[tuple[str, str]]:
    for one in report.stages:
        ghost = " (as a ghost)" if one.ghost else ""
        yield plain(f"{title(one.action)} of {one.policy}"), plain(f"{one.sentence}{ghost}")


def _section(section: Section) -> None:
    with st.container(border=True):
        heading(section.title)
        if section.pairs:
            st.table(
                {
                    "What": [plain(name) for name, _ in section.pairs],
                    "When, or how it stands": [plain(words) for _, words in section.pairs],
                },
                border="horizontal",
                hide_index=True,
                alt=section.title,
            )
        if section.note:
            st.markdown(plain(section.note))


def _sentence(code: str) -> str:
    return BY_CODE[code].sentence if code in BY_CODE else title(code.lower())
