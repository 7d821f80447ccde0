"""Graders: the same audience, the same winners, the same fields; judged by running both sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import duckdb

from agent.planners.port import DebugQuestion, Plan
from core.conditions import And, Condition, Not, Or
from core.rules import DecisionPolicy, EligibilityRule
from evals.cases import Case
from evals.report import Verdict
from warehouse.catalog import Catalog
from warehouse.compile import compile_audience

Graded = tuple[Verdict, str]
Grader = Callable[[Case, Plan, "Bench"], Graded]


@dataclass
class Bench:
    """A demo warehouse at a moment, for both the compiled and the hand-written SQL."""

    connection: duckdb.DuckDBPyConnection
    catalog: Catalog
    as_of: datetime

    def prepare(self, reference: str) -> None:
        """Load the shorthands of the hand-written references."""
        self.connection.execute(self._at(reference))

    def _at(self, sql: str) -> str:
        return sql.replace("{{as_of}}", f"TIMESTAMP '{self.as_of:%Y-%m-%d %H:%M:%S}'")

    def audience(self, condition: Condition) -> frozenset[str]:
        """Who meets a condition, by our compiler."""
        sql = compile_audience(condition, self.catalog, as_of=self.as_of)
        return self._users(sql)

    def meant(self, where: str) -> frozenset[str]:
        """Who meets a hand-written condition over ``dim_users u``."""
        head = "SELECT u.user_id FROM dim_users AS u WHERE u.merged_into IS NULL AND "
        return self._users(self._at(f"{head} ({where})"))

    def selected(self, sql: str) -> frozenset[str]:
        """The users of a whole hand-written query."""
        return self._users(self._at(sql))

    def _users(self, sql: str) -> frozenset[str]:
        return frozenset(row[0] for row in self.connection.execute(sql).fetchall())


def asked(plan: Plan) -> str:
    """What a plan asks or refuses, as one line."""
    return " | ".join([*plan.questions, *(str(refusal) for refusal in plan.refusals)])


def _not_understood(case: Case, plan: Plan) -> Graded:
    if case.may_ask or case.expect != "understood":
        return "asked_back", asked(plan)
    return "asked_needlessly", asked(plan)


def grade_eligibility(case: Case, plan: Plan, bench: Bench) -> Graded:
    """Exactly the users of the reference; channels and action where the case names them."""
    rule = plan.draft
    if not isinstance(rule, EligibilityRule):
        return _not_understood(case, plan) if rule is None else ("silently_wrong", rule.kind)
    got = bench.audience(rule.members)
    wanted = (
        bench.selected(case.reference_sql)
        if case.reference_sql
        else bench.meant(case.where or "true")
    )
    if got != wanted:
        return "silently_wrong", _difference(got, wanted) + " " + rule.condition.model_dump_json(
            exclude_defaults=True
        )
    action = rule.action.key if rule.action else None
    if case.action is not None and action != case.action:
        return "failed", f"the action is {action}, not {case.action}"
    channels = [*rule.action.channels] if rule.action else []
    if case.channels is not None and channels != case.channels:
        return "failed", f"the channels are {channels}, not {case.channels}"
    return "exact", f"{len(got)} users"


def _difference(got: frozenset[str], wanted: frozenset[str]) -> str:
    more, fewer = len(got - wanted), len(wanted - got)
    return f"{len(got)} users instead of {len(wanted)}: {more} too many, {fewer} missing."


def grade_decision(case: Case, plan: Plan, bench: Bench) -> Graded:
    """The same order of actions, and for every user the same winner."""
    policy = plan.draft
    if not isinstance(policy, DecisionPolicy):
        return _not_understood(case, plan) if policy is None else ("silently_wrong", policy.kind)
    order = [key for key, _ in case.order or []]
    keys = [entry.action.key for entry in policy.entries]
    if keys != order:
        return "silently_wrong", f"the order is {keys}, not {order}"
    got = _winners(
        [
            (e.action.key, bench.audience(_selecting(policy, k)))
            for k, e in enumerate(policy.entries)
        ]
    )
    reference = [
        (key, bench.meant(f"({case.population}) AND ({where})")) for key, where in case.order or []
    ]
    wanted = _winners(reference)
    if got != wanted:
        changed = [u for u in {*got, *wanted} if got.get(u) != wanted.get(u)]
        return (
            "silently_wrong",
            f"{len(changed)} users get another message, e.g. "
            f"{got.get(changed[0])} instead of {wanted.get(changed[0])}",
        )
    return "exact", f"{len(got)} winners"


def _selecting(policy: DecisionPolicy, k: int) -> Condition:
    entry = policy.entries[k]
    held = [one.when for one in policy.suppressions_of(entry) if one.when is not None]
    stops = [one.when for one in policy.stops_of(entry)]
    parts: list[Condition] = [policy.population, entry.eligibility]
    if held or stops:
        parts.append(Not(of=Or(of=(*held, *stops))))
    return And(of=tuple(parts))


def _winners(entries: list[tuple[str, frozenset[str]]]) -> dict[str, str]:
    winners: dict[str, str] = {}
    for key, users in entries:
        winners |= {user: key for user in users if user not in winners}
    return winners


def grade_debug(case: Case, plan: Plan, bench: Bench) -> Graded:
    """Metric, segment, control, direction and period."""
    draft = plan.draft
    if case.expect == "not_understood":
        return ("asked_back", asked(plan)) if draft is None else ("silently_wrong", draft.kind)
    if not isinstance(draft, DebugQuestion):
        return _not_understood(case, plan) if draft is None else ("silently_wrong", draft.kind)
    got = (
        draft.metric, draft.segment and draft.segment.value, draft.control and draft.control.value,
        draft.direction, draft.start.date(), draft.end.date(),
    )  # fmt: skip
    wanted = (case.metric, case.segment, case.control, case.direction, case.start, case.end)
    return ("exact", "") if got == wanted else ("silently_wrong", f"{got} instead of {wanted}")


def grade_clarify(case: Case, plan: Plan, bench: Bench) -> Graded:
    """No draft, and the question or refusal names the words."""
    if plan.draft is not None:
        return "silently_wrong", plan.draft.model_dump_json(exclude_defaults=True)[:400]
    said = asked(plan)
    if case.mentions and case.mentions.lower() not in said.lower():
        return "failed", f"'{case.mentions}' is not named: {said}"
    return "exact", said


def grade_guard(case: Case, plan: Plan, bench: Bench) -> Graded:
    """Refused with the code that the case names."""
    if plan.draft is not None:
        return "silently_wrong", plan.draft.model_dump_json(exclude_defaults=True)[:400]
    codes = [refusal.code.value for refusal in plan.refusals]
    return (
        ("exact", "")
        if case.code in codes
        else ("failed", f"{codes}, not {case.code}: {asked(plan)}")
    )


GRADERS: dict[str, Grader] = {
    "eligibility": grade_eligibility,
    "decision": grade_decision,
    "debug": grade_debug,
    "clarify": grade_clarify,
    "guard": grade_guard,
}
