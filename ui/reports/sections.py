"""A report as sections that people read: pairs of a name and words, and tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from core.reasons import BY_CODE
from measure.account import Decision
from ui.reports.shapes import Approval, DecisionReport, RuleReport


class Table(NamedTuple):
    """Rows under names of columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Section(NamedTuple):
    """One step on the way from data to outcome."""

    title: str
    pairs: tuple[tuple[str, str], ...] = ()
    table: Table | None = None
    note: str | None = None


def rule_sections(report: RuleReport) -> Iterator[Section]:
    """The report on a rule, from its data to what came of it."""
    yield _reads(report)
    yield Section("What it says", tuple((one.what, one.words) for one in report.says))
    yield _approval(report.approval)
    yield _history(report)
    yield _decided(report)
    yield _messages(report)
    lift = report.lift.verdict if report.lift else report.no_lift
    yield Section("What it changed", note=lift)
    yield _deeds(report)
    yield _sql(report)


def decision_sections(report: DecisionReport) -> Iterator[Section]:
    """The report on a decision, from its data to what came of it."""
    yield _decision(report.decision, report)
    yield _stages(report)
    yield _why(report)
    if report.rule is None:
        yield Section("The rule", note=report.no_rule)
    else:
        yield _reads(report.rule)
        yield Section("What it says", tuple((one.what, one.words) for one in report.rule.says))
        yield _approval(report.rule.approval)
    yield posted_section(report)
    yield goal_section(report)
    if report.rule is not None:
        yield _deeds(report.rule)
    yield _sql(report)


def _reads(report: RuleReport) -> Section:
    rows = tuple(
        (
            one.kind,
            one.name,
            one.meaning or "",
            one.data_class or "",
            one.model[:12] if one.model else "",
            ", ".join(one.feeds),
        )
        for one in sorted(report.reads, key=lambda one: (-one.steps, one.kind, one.name))
    )
    columns = ("what", "name", "meaning", "class", "model", "goes into")
    note = None if rows else "A version that is no longer in force reads nothing."
    return Section("What it is made of", table=Table(columns, rows), note=note)


def _approval(approval: Approval | None) -> Section:
    if approval is None:
        note = "It has the content of an older version of this key, which was approved."
        return Section("Why it may be in force", note=note)
    verdict = approval.verdict
    pairs = [
        ("Change request", approval.change_request),
        ("Proposed by", f"{approval.author}, {_moment(approval.proposed_at)}"),
        ("In the words", approval.prompt),
        *(("Assumed", one) for one in approval.assumptions),
        *((f"Guardrail ({one.severity})", one.message) for one in approval.findings),
    ]
    if verdict is not None:
        said = f"{verdict.verdict.replace('_', ' ')} by {verdict.by}, {_moment(verdict.at)}"
        pairs.append(("Verdict", f"{said}. {verdict.comment}".strip()))
    pairs.append(("Approved content", approval.binds))
    pairs += [(f"Rests on {name}", hashed) for name, hashed in approval.dependencies.items()]
    return Section("Why it may be in force", tuple(pairs))


def _history(report: RuleReport) -> Section:
    rows = tuple(
        (
            str(one.version), one.state, _moment(one.published_at), one.published_by,
            one.content_hash[:12],
        )
        for one in report.history
    )  # fmt: skip
    return Section("Versions", table=Table(("version", "state", "since", "by", "content"), rows))


def _decided(report: RuleReport) -> Section:
    rows = tuple(
        (
            one.action, one.outcome + (" (ghost)" if one.ghost else ""), one.reason_code,
            _sentence(one.reason_code), f"{one.users:,}", f"{one.decisions:,}",
        )
        for one in report.decided
    )  # fmt: skip
    columns = ("action", "outcome", "reason", "meaning", "users", "decisions")
    return Section("What it decided", table=Table(columns, rows), note=_none(rows))


def _messages(report: RuleReport) -> Section:
    rows = tuple(
        (
            one.action, one.channel, *(f"{number:,}" for number in (
                one.sent, one.delivered, one.opened, one.clicked, one.failed)),
        )
        for one in report.messages
    )  # fmt: skip
    columns = ("action", "channel", "sent", "delivered", "opened", "clicked", "failed")
    return Section("Its messages", table=Table(columns, rows), note=_none(rows))


def _deeds(report: RuleReport) -> Section:
    rows = tuple(
        (str(one.seq), _moment(one.at), one.who, one.what, one.subject, one.note)
        for one in report.deeds
    )
    columns = ("entry", "when", "who", "what", "of", "note")
    return Section("In the audit log", table=Table(columns, rows), note=_none(rows))


def _sql(report: RuleReport | DecisionReport) -> Section:
    pairs = tuple((f"{one.id}: {one.purpose}", one.text) for one in report.sql)
    return Section("Behind the numbers", pairs)


def _decision(one: Decision, report: DecisionReport) -> Section:
    pairs = (
        ("User", one.user_id),
        ("Decided", f"{_moment(one.decided_at)} UTC, in cycle {one.cycle_id}"),
        ("By", f"{one.policy_key} version {one.policy_version}"),
        ("Action", one.action_key),
        ("Outcome", one.outcome.replace("_", " ") + (", as a ghost" if one.ghost else "")),
        ("Because", f"{one.reason_code}: {_sentence(one.reason_code)}"),
    )
    return Section("The decision", pairs)


def _stages(report: DecisionReport) -> Section:
    rows = tuple(
        (one.policy, one.action, one.stage, one.reason_code, one.sentence) for one in report.stages
    )
    note = report.no_record
    if report.replays is not None:
        note = (
            "Decided once more from this record alone, it comes out the same."
            if report.replays
            else "Decided once more from this record alone, it comes out otherwise."
        )
    columns = ("rule", "action", "stage", "reason", "meaning")
    return Section("Every candidate", table=Table(columns, rows), note=note)


def _why(report: DecisionReport) -> Section:
    if report.why is None:
        return Section("Why", note=report.no_why)
    pairs: list[tuple[str, str]] = []
    for one in report.why["candidates"]:
        said = [one["sentence"]]
        if one["failed_leaf"]:
            said.append(f"Not met: {one['failed_leaf']} (read: {one['value_read']}).")
        if one["flip"]:
            flip = one["flip"]
            said.append(f"With {flip['change']} it would be {flip['would_become']}.")
        pairs.append((one["action"], " ".join(said)))
    return Section("Why", tuple(pairs))


def posted_section(report: DecisionReport) -> Section:
    """What became of the message of a decision."""
    one = report.decision
    pairs = [
        (f"Message {posted.intent_id}", _standing(posted.state, posted.reason_code))
        for posted in report.posted
    ]
    pairs += [(said.kind, _moment(said.at)) for posted in report.posted for said in posted.receipts]
    moments = {
        "Sent": one.sent_at, "Delivered": one.delivered_at, "Opened": one.opened_at,
        "Clicked": one.clicked_at,
    }  # fmt: skip
    pairs += [(name, _moment(at)) for name, at in moments.items() if at is not None]
    if one.failed_reason:
        pairs.append(("Failed", one.failed_reason))
    return Section("The message", tuple(pairs), note=None if pairs else "There was none.")


def goal_section(report: DecisionReport) -> Section:
    """Whether the user did what the message is for."""
    goal = report.goal
    if goal is None:
        return Section("What came of it", note="The action has no goal.")
    if goal.first_at is not None:
        return Section("What came of it", note=f"{goal.event} on {_moment(goal.first_at)} UTC.")
    ends = "" if goal.over else f"; it still may, until {_moment(goal.until)} UTC"
    return Section("What came of it", note=f"No {goal.event} within 7 days of the decision{ends}.")


def _standing(state: str, reason: str | None) -> str:
    return f"{state}, {_sentence(reason)}" if reason else state


def _sentence(code: str) -> str:
    reason = BY_CODE.get(code)
    return reason.sentence if reason else code


def _none(rows: Sequence[object]) -> str | None:
    return None if rows else "Nothing yet."


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
