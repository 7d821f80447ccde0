"""Follow-up: what a draft is after everything that was said; and what a question offers."""

from __future__ import annotations

from datetime import date

from agent.conversation.fragments import Fragments
from agent.conversation.held import NOTHING, Conversation
from agent.conversation.offering import candidates
from agent.conversation.taking import after, replacing
from agent.conversation.turn import Taken, follow, picked
from agent.guard import guard
from agent.planners.grammar import GrammarPlanner
from agent.planners.port import CountQuestion, DebugQuestion, Drafted, Plan, Planner, PlanRequest
from core.conditions import And
from core.rules import DecisionPolicy, EligibilityRule
from evals.bench import Bench, Users
from evals.cases import Case
from evals.graders.grader import Graded, Grader, asked, compared, uncalled_for, without_answer


class FollowupCase(Case):
    """A prompt, what is said after it, and the draft at the end."""

    then: tuple[str, ...] = ()
    """What is said after the prompt, one after another."""
    where: str | None = None
    """Who is meant at the end: a condition over the users ``u``."""
    order: list[str] | None = None
    """The keys of the actions at the end, in order."""
    holdout: float | None = None
    channels: list[str] | None = None
    segment: str | None = None
    control: str | None = None
    start: date | None = None
    end: date | None = None
    offers: tuple[str, ...] = ()
    """Who must be among the choices of the question: conditions over the users ``u``."""

    @property
    def conditions(self) -> tuple[str, ...]:
        """Its ``where`` and what it must offer."""
        return (*(() if self.where is None else (self.where,)), *self.offers)

    @property
    def expected(self) -> str:
        """The conversation, and what must come of it."""
        said = " / ".join(self.then)
        return f"{said}: {self.where or self.order or self.offers or super().expected}"


def plan(case: FollowupCase, planner: Planner, bench: Bench) -> Plan:
    """The plan of the last thing said."""
    return _talked(case, planner, bench)[1]


def _talked(case: FollowupCase, planner: Planner, bench: Bench) -> tuple[Conversation, Plan, str]:
    """What the thread holds, the plan of the last thing said, and that."""
    fragments = Fragments(_grammar(planner, bench), bench.catalog, bench.as_of)
    conversation, last, said = NOTHING, Plan(intent="clarify"), ""
    for prompt in (case.prompt, *case.then):
        said = picked(prompt, conversation)
        taken = _taken(said, conversation, fragments, planner)
        last = taken.plan
        status = "answered" if last.draft is not None else "needs_clarification"
        conversation = after(conversation, taken.turn, last, status).asking(last.choices)
    return conversation, last, said


def _taken(said: str, conversation: Conversation, fragments: Fragments, planner: Planner) -> Taken:
    """As in the graph: the guard first, then a follow-up, then a prompt of its own."""
    turn = replacing(said, conversation)
    if refusals := guard(said):
        return Taken(turn, Plan(intent="refused", refusals=refusals))
    taken = follow(said, conversation, fragments, lambda _words: ())
    if taken is not None:
        return taken
    request = PlanRequest(prompt=said, as_of=fragments.as_of)
    return Taken(turn, planner.plan(request))


def _grammar(planner: Planner, bench: Bench) -> Planner:
    return planner if isinstance(planner, GrammarPlanner) else GrammarPlanner(bench.catalog)


def grade(case: FollowupCase, plan: Plan, bench: Bench) -> Graded:
    """The same audience, order, holdout, channels, segment and period at the end."""
    draft = plan.draft
    if draft is None:
        return _offers(case, plan, bench) if case.offers else without_answer(case, plan)
    if case.expect != "understood":
        return uncalled_for(plan)
    if case.where is not None:
        who = _users(draft, bench)
        verdict = uncalled_for(plan) if who is None else compared(who, bench.meant(case.where))
        if verdict.verdict != "exact":
            return verdict
    wrong = [
        f"{name} is {got}, not {wanted}"
        for name, got, wanted in _fields(case, draft)
        if wanted is not None and got != wanted
    ]
    return Graded("silently_wrong", "; ".join(wrong)) if wrong else Graded("exact")


def _fields(case: FollowupCase, draft: Drafted) -> list[tuple[str, object, object]]:
    match draft:
        case DecisionPolicy():
            keys = [entry.action.key for entry in draft.entries]
            share = draft.holdout.share if draft.holdout else 0.0
            return [("the order", keys, case.order), ("the holdout", share, case.holdout)]
        case EligibilityRule():
            share = draft.holdout.share if draft.holdout else 0.0
            channels = [*draft.action.channels] if draft.action else []
            return [("the holdout", share, case.holdout), ("channels", channels, case.channels)]
        case DebugQuestion():
            return [
                ("the segment", draft.segment and draft.segment.value, case.segment),
                ("the control", draft.control and draft.control.value, case.control),
                ("the start", draft.start.date(), case.start),
                ("the end", draft.end.date(), case.end),
            ]
        case _:
            return []


def _users(draft: Drafted | None, bench: Bench) -> Users | None:
    match draft:
        case EligibilityRule():
            return bench.audience(draft.members)
        case CountQuestion():
            return bench.audience(And(of=(draft.population, draft.condition)))
        case DecisionPolicy():
            return bench.audience(draft.population)
        case _:
            return None


def _offers(case: FollowupCase, plan: Plan, bench: Bench) -> Graded:
    """Whether the choices hold every reading that they must."""
    planner = GrammarPlanner(bench.catalog)
    conversation, last, said = _talked(case, planner, bench)
    fragments = Fragments(planner, bench.catalog, bench.as_of)
    given = last.choices or tuple(candidates(said, last, bench.catalog))
    drafts = (_taken(one.prompt, conversation, fragments, planner).plan.draft for one in given)
    offered = {who for who in (_users(one, bench) for one in drafts) if who is not None}
    lacking = [where for where in case.offers if bench.meant(where) not in offered]
    if lacking:
        return Graded("failed", f"no choice is {lacking[0]}: {asked(plan)}")
    return Graded("exact", asked(plan))


GRADER = Grader(FollowupCase, grade, plan)
