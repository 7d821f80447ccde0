"""What a grader is: a kind's case, how it is planned, and what its verdicts mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, TypeVar

from agent.guard import guard
from agent.planners.port import Plan, Planner, PlanRequest
from evals.bench import Bench, Users
from evals.cases import Case

Verdict = Literal["exact", "asked_back", "silently_wrong", "failed"]
"""``exact``: what the case expects. ``asked_back``: asked or refused where it expects an answer.
``silently_wrong``: another audience, another order, or an answer where none may be given.
``failed``: the audience is right and something else is not, or it could not be graded."""

SHOWN = 5
"""So many users of a difference are named."""


class Graded(NamedTuple):
    """How a case came out, and what people need to see why."""

    verdict: Verdict
    detail: str = ""
    extra: tuple[str, ...] = ()
    """Some users who were selected and should not have been."""
    missing: tuple[str, ...] = ()
    """Some users who should have been selected."""


def planned(case: Case, planner: Planner, bench: Bench) -> Plan:
    """As in the graph: what the guard refuses no planner gets to see."""
    if refusals := guard(case.prompt):
        return Plan(intent="refused", refusals=refusals)
    return planner.plan(PlanRequest(prompt=case.prompt, as_of=bench.as_of))


C = TypeVar("C", bound=Case)


@dataclass(frozen=True)
class Grader(Generic[C]):
    """One kind of case: its fields, how a plan comes about, and how that is judged."""

    case: type[C]
    grade: Callable[[C, Plan, Bench], Graded]
    plan: Callable[[C, Planner, Bench], Plan] = planned


def asked(plan: Plan) -> str:
    """What a plan asks or refuses, as one line."""
    return " | ".join([*plan.questions, *(str(refusal) for refusal in plan.refusals)])


def without_answer(case: Case, plan: Plan) -> Graded:
    """The verdict on a plan that asks or refuses."""
    return Graded("asked_back" if case.expect == "understood" else "exact", asked(plan))


def uncalled_for(plan: Plan) -> Graded:
    """The verdict on an answer of another kind, or where none may be given."""
    return Graded("silently_wrong", f"it drafted a {drafted(plan)}")


def drafted(plan: Plan) -> str:
    """What a plan drafted, its type and its JSON without defaults; what it asks without a draft."""
    if plan.draft is None:
        return asked(plan)
    return f"{type(plan.draft).__name__} {plan.draft.model_dump_json(exclude_defaults=True)}"


def compared(got: Users, wanted: Users) -> Graded:
    """The verdict on an audience."""
    if got == wanted:
        return Graded("exact", f"{len(got)} users")
    more, fewer = sorted(got - wanted), sorted(wanted - got)
    detail = (
        f"{len(got)} users instead of {len(wanted)}: {len(more)} too many, {len(fewer)} missing."
    )
    return Graded("silently_wrong", detail, tuple(more[:SHOWN]), tuple(fewer[:SHOWN]))
