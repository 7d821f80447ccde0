"""What people do about identity in a workspace: look, merge, un-merge, settle a conflict.

A ruling is a rule row and an audit entry; resolution, facts and users follow at
once. Nothing that resolution wrote is ever edited.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from ulid import ULID

from control import audit
from control.people import Person, require_now
from core.errors import Code, refuse
from core.lifecycle import DATA_PROPOSERS
from warehouse.identity.conflicts import conflict
from warehouse.identity.people import named
from warehouse.identity.rules import Action, Identifier, Rule, about, add, rules, withdraw
from warehouse.identity.statements import Cursor
from warehouse.identity.why import Answer, why

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ui.workspace import Workspace

Verdict = Literal["same", "apart"]
VERDICTS: tuple[str, ...] = get_args(Verdict)

_RULE_OF: dict[str, Action] = {"same": "merge", "apart": "block"}


class Ruling(NamedTuple):
    """What was ruled, and what it came to."""

    verdict: Verdict
    a: str
    b: str
    added: str | None
    """The rule that was written; None where withdrawing another was enough."""
    withdrawn: list[str]
    same: bool
    """Whether the two are one person afterwards."""
    user_ids: list[str]


def _may_rule(workspace: Workspace, person: Person) -> None:
    with workspace.store.read() as connection:
        require_now(connection, person, DATA_PROPOSERS, "rule on identity")


@contextmanager
def looking(workspace: Workspace) -> Iterator[Cursor]:
    """A cursor over identity as it is after everything that was loaded and ruled."""
    workspace.intake.consolidate()
    with workspace.warehouse.cursor() as cursor:
        yield cursor


def rule(
    workspace: Workspace, a: str, b: str, verdict: Verdict, *, person: Person, reason: str
) -> Ruling:
    """Say that two identifiers are one person, or are not; refuses what is so already."""
    _may_rule(workspace, person)
    with looking(workspace) as cursor:
        one, other, before = named(cursor, a), named(cursor, b), why(cursor, a, b)
        if before.same == (verdict == "same"):
            raise refuse(
                Code.INVALID_ARGUMENT,
                f"{a} and {b} are {'one person' if before.same else 'two people'} already.",
                span=f"{a} {b}",
                fix="See why with 'pilothouse identity why'.",
            )
    return _ruled(workspace, one, other, verdict, person=person, reason=reason)


def resolve(
    workspace: Workspace, conflict_id: str, verdict: Verdict, *, person: Person, reason: str
) -> Ruling:
    """Settle a conflict: its two are one person, or are not."""
    _may_rule(workspace, person)
    with looking(workspace) as cursor:
        found = conflict(cursor, conflict_id)
    reason = f"{reason} ({found.kind} {conflict_id})"
    return _ruled(workspace, found.a, found.b, verdict, person=person, reason=reason)


def take_back(workspace: Workspace, rule_id: str, *, person: Person, reason: str) -> Rule:
    """Withdraw a rule: everything is again as it would be without it."""
    _may_rule(workspace, person)
    with looking(workspace) as cursor:
        known = {each.rule_id: each for each in rules(cursor)}
    if rule_id not in known:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no identity rule {rule_id}.",
            span=rule_id,
            fix="List them with 'pilothouse identity rules'.",
        )
    _write(workspace, None, [known[rule_id]], person=person, reason=reason)
    return known[rule_id]


def _ruled(
    workspace: Workspace,
    a: Identifier,
    b: Identifier,
    verdict: Verdict,
    *,
    person: Person,
    reason: str,
) -> Ruling:
    """Withdraw rules that say the opposite; write one where that is not enough."""
    action = _RULE_OF[verdict]
    with workspace.warehouse.cursor() as cursor:
        contrary = [each for each in about(cursor, a, b) if each.action != action]
    if contrary:
        _write(workspace, None, contrary, person=person, reason=reason)
    after = _answer(workspace, a, b)
    added = None
    if after.same != (verdict == "same") or not contrary:
        added = Rule(str(ULID()), action, a, b, person.email, workspace.now(), reason)
        _write(workspace, added, [], person=person, reason=reason)
        after = _answer(workspace, a, b)
    ids = [each.rule_id for each in contrary]
    return Ruling(
        verdict,
        str(a),
        str(b),
        added.rule_id if added else None,
        ids,
        after.same,
        [*after.user_ids],
    )


def _answer(workspace: Workspace, a: Identifier, b: Identifier) -> Answer:
    with looking(workspace) as cursor:
        return why(cursor, str(a), str(b))


def _write(
    workspace: Workspace, new: Rule | None, old: list[Rule], *, person: Person, reason: str
) -> None:
    """Rule rows and their audit entries; the entries are kept only if the rows are."""
    now: datetime = workspace.now()
    with workspace.store.write() as connection:
        require_now(connection, person, DATA_PROPOSERS, "rule on identity")
        for each in [*old, *([new] if new else [])]:
            what = f"identity_{each.action}" if each is new else f"identity_{each.action}_withdrawn"
            pair = f"{each.a} {each.b}"
            act = audit.Act(now, person.email, what, pair, note=reason, personal=True)
            audit.append(connection, act)
        with workspace.warehouse.transaction() as cursor:
            for each in old:
                withdraw(cursor, each.rule_id)
            if new:
                add(cursor, new)
    workspace.intake.consolidate()
