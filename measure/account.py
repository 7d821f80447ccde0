"""What came of a rule, or of one decision, read from decisions, messages and events."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.conditions import Frozen
from core.errors import Code, refuse
from measure.lift import HORIZON_DAYS
from measure.queries import Fetched, Runner, query, text
from warehouse.catalog import Catalog


class Outcome(Frozen):
    """How often a version decided one thing of one action."""

    action: str
    outcome: str
    reason_code: str
    ghost: bool
    decisions: int
    users: int
    first_at: datetime
    last_at: datetime


class Sent(Frozen):
    """What became of the messages of one action by one channel."""

    action: str
    channel: str
    sent: int
    delivered: int
    opened: int
    clicked: int
    failed: int


class Decision(Frozen):
    """One decision, and the message that came of it."""

    user_id: str
    cycle_id: str
    decided_at: datetime
    policy_key: str
    policy_version: int
    action_key: str
    channel: str | None
    outcome: str
    reason_code: str
    ghost: bool
    message_id: str | None
    sent_by: str | None
    """The channel that the message went by."""
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    failed_reason: str | None


class Goal(Frozen):
    """Whether a user did what an action is for, within the horizon of a decision."""

    event: str
    since: datetime
    until: datetime
    over: bool
    """Whether the horizon had ended by the moment of the account."""
    first_at: datetime | None
    times: int


def outcomes(runner: Runner, catalog: Catalog, policy: str, version: int) -> tuple[Outcome, ...]:
    """What a version decided so far, the most frequent first."""
    sql = query("told_decisions", policy_key=policy, policy_version=version)
    found = runner.fetch(text(sql, catalog), purpose=f"what {policy} version {version} decided")
    return tuple(Outcome(**one) for one in _named(found, {"action_key": "action"}))


def sent(runner: Runner, catalog: Catalog, policy: str, version: int) -> tuple[Sent, ...]:
    """What became of a version's messages, the most frequent first."""
    sql = query("told_messages", policy_key=policy, policy_version=version)
    purpose = f"what became of the messages of {policy} version {version}"
    found = runner.fetch(text(sql, catalog), purpose=purpose)
    return tuple(Sent(**one) for one in _named(found, {"action_key": "action"}))


def decision(runner: Runner, catalog: Catalog, decision_id: str) -> Decision:
    """One decision; refuses with UNKNOWN_KEY one that was never written."""
    sql = query("told_decision", decision_id=decision_id)
    found = runner.fetch(text(sql, catalog), purpose=f"the decision {decision_id}")
    if not found.rows:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no decision '{decision_id}'.",
            span=decision_id,
            fix="Take a decision_id from the table 'decisions'.",
        )
    return Decision(**_named(found, {})[0])


def history(
    runner: Runner, catalog: Catalog, user_id: str, *, limit: int
) -> tuple[tuple[str, Decision], ...]:
    """The newest decisions on one user, each with its id and the message that came of it."""
    sql = query("told_history", user_id=user_id, most=limit)
    found = runner.fetch(text(sql, catalog), purpose=f"the decisions on {user_id}")
    rows = [{**one} for one in _named(found, {})]
    return tuple((str(one.pop("decision_id")), Decision(**one)) for one in rows)


def examples(runner: Runner, catalog: Catalog) -> tuple[tuple[str, str], ...]:
    """For each outcome of the latest decisions one user that had it, what was sent first."""
    found = runner.fetch(text(query("told_examples"), catalog), purpose="users to look at")
    return tuple((str(outcome), str(user)) for outcome, user in found.rows)


def goal(runner: Runner, catalog: Catalog, one: Decision, event: str, *, as_of: datetime) -> Goal:
    """Whether the user of a decision reached a goal within 7 days of it, as known ``as_of``."""
    until = one.decided_at + timedelta(days=HORIZON_DAYS)
    sql = query(
        "told_goal", user_id=one.user_id, goal_event=event, since=one.decided_at,
        until=min(until, as_of),
    )  # fmt: skip
    purpose = f"whether the user reached {event} after the decision"
    ((first_at, times),) = runner.fetch(text(sql, catalog), purpose=purpose).rows
    return Goal(
        event=event, since=one.decided_at, until=until, over=until <= as_of, first_at=first_at,
        times=times,
    )  # fmt: skip


def _named(found: Fetched, other: dict[str, str]) -> list[dict[str, object]]:
    names = [other.get(name, name) for name in found.columns]
    return [dict(zip(names, row, strict=True)) for row in found.rows]
