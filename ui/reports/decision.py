"""The report on one decision: why it was made, on what, by which rule, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from control import versions
from core.errors import PilothouseError
from core.proposal import actions_of
from core.reasons import BY_CODE
from deliver.posted import posted
from measure import account
from measure.account import Decision
from orchestrate.replay import Replay, replay
from ui.reports.rule import rule_report
from ui.reports.shapes import DecisionReport, RuleReport, Stage

if TYPE_CHECKING:
    from ui.workspace import Workspace


def decision_report(
    workspace: Workspace, decision_id: str, *, values: bool = True
) -> DecisionReport:
    """One decision of a cycle, an event or a seeded past; refuses with UNKNOWN_KEY.

    Without ``values`` nothing says what was read of the user.
    """
    runner = workspace.runner()
    found = account.decision(runner, workspace.catalog, decision_id)
    record, no_record = _record(workspace, decision_id)
    rule, no_rule = _rule(workspace, found)
    why, no_why = _why(workspace, found, rule, values=values)
    event = _goal_event(workspace, found, known=rule is not None)
    horizon = {"as_of": workspace.as_of()}
    goal = account.goal(runner, workspace.catalog, found, event, **horizon) if event else None
    return DecisionReport(
        decision_id=decision_id,
        as_of=workspace.as_of(),
        decision=found,
        stages=tuple(_stages(record)),
        replays=record.is_equal if record else None,
        no_record=no_record,
        why=why,
        no_why=no_why,
        rule=rule,
        no_rule=no_rule,
        posted=posted(workspace.store, decision_id),
        goal=goal,
        sql=tuple(runner.ran),
    )


def _record(workspace: Workspace, decision_id: str) -> tuple[Replay | None, str | None]:
    try:
        return replay(workspace.warehouse, decision_id), None
    except PilothouseError as error:
        return None, error.refusal.message


def _stages(record: Replay | None) -> Iterator[Stage]:
    for line in record.recorded if record else ():
        yield Stage(
            policy=line.policy,
            action=line.action,
            stage=line.stage,
            reason_code=line.reason_code,
            sentence=BY_CODE[line.reason_code].sentence,
            ghost=line.ghost,
            channel=line.channel,
        )


def _rule(workspace: Workspace, one: Decision) -> tuple[RuleReport | None, str | None]:
    try:
        return rule_report(workspace, one.policy_key, one.policy_version, counts=False), None
    except PilothouseError as error:
        return None, error.refusal.message


def _why(
    workspace: Workspace, one: Decision, rule: RuleReport | None, *, values: bool
) -> tuple[dict[str, Any] | None, str | None]:
    """What ``explain`` says of the rule at that moment, if the rule in force is still the same."""
    if rule is None:
        return None, "The version that decided is not kept here."
    live = versions.current(workspace.store, one.policy_key)
    if live is None or live.content_hash != rule.content_hash:
        return None, "The rule in force says something else than the one that decided."
    try:
        asked: dict[str, Any] = {"policy": one.policy_key, "at": one.decided_at}
        told = workspace.explain(one.user_id, **asked, values=values)
    except PilothouseError as error:
        return None, error.refusal.message
    ours = [part for part in told["decisions"] if part["policy"] == one.policy_key]
    return (ours[0], None) if ours else (None, "The rule is not in force.")


def _goal_event(workspace: Workspace, one: Decision, *, known: bool) -> str | None:
    """What the action of a decision is for, by its rule, or by the catalog where that is not known;
    None where it is for nothing."""
    actions = workspace.catalog.actions
    if known:
        version = versions.version(workspace.store, one.policy_key, one.policy_version)
        actions = {action.key: action for action in actions_of(version.artifact)}
    named = actions[one.action_key].goal_event if one.action_key in actions else None
    return workspace.catalog.event_named(named) if named else None
