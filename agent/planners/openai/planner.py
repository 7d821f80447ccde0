"""The planner that asks a model: one structured reply, checked, or the grammar planner instead."""

from __future__ import annotations

from collections import Counter
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from agent.explaining import is_explanation
from agent.planners.canonical import meaning_of
from agent.planners.openai.asking import PROMPT, Nearest, messages, none_known, rendered, retry
from agent.planners.openai.drafts import plan_of
from agent.planners.openai.failures import (
    ModelFailed,
    Problem,
    host_of,
    not_configured,
    unusable,
)
from agent.planners.openai.schema import reply_schema, schema_of
from agent.planners.openai.spending import Ledger, Purse, Spent, usd
from agent.planners.openai.wire import Better, Reply
from agent.planners.port import Drafted, Plan, Planner, PlanRequest
from agent.planners.watching import watcher
from agent.redaction import Redacted, redact
from core.artifacts import Usage
from core.rules import DecisionPolicy, EligibilityRule
from core.settings import ModelSettings
from prompts import load
from warehouse.catalog import Catalog
from warehouse.stopping import left_when_stopped

if TYPE_CHECKING:
    from agent.planners.openai.client import Completion, Message, ModelClient

TRIES = 2
"""Calls for one plan: the second one is told what was wrong with the first reply."""
VOTED_FROM = 3
"""From this attempt on, after the check refused the drafts before, several readings vote."""
VOTERS = 3


class OpenAIPlanner:
    """Drafts with a model on any OpenAI-compatible endpoint.

    Where the model gives nothing usable, ``fallback`` plans and the plan says
    so; with ``when_unusable = "refuse"`` an endpoint that gives nothing is a
    refusal instead.
    """

    def __init__(
        self,
        settings: ModelSettings,
        catalog: Catalog,
        fallback: Planner,
        *,
        ledger: Ledger | None = None,
        nearest: Nearest = none_known,
        max_retries: int = 2,
    ) -> None:
        self.settings = settings
        self._catalog = catalog
        self._fallback = fallback
        self._purse = Purse(settings, ledger)
        self._nearest = nearest
        self._max_retries = max_retries
        self._schema = reply_schema(catalog)

    @property
    def name(self) -> Literal["openai"]:
        """Which planner is speaking."""
        return "openai"

    def plan(self, request: PlanRequest) -> Plan:
        """One draft from the model, with what it cost; or from the fallback, saying why."""
        if is_explanation(request.prompt):
            # Its words mean one artifact: there is nothing to ask a model.
            return self._fallback.plan(request)
        spent = Spent()
        try:
            return self.read(request, spent)
        except ModelFailed as failed:
            if self.settings.when_unusable == "refuse" and failed.problem.is_of_the_endpoint:
                return self._refused(failed.problem, spent)
            return self._by_fallback(request, failed.problem, spent)

    def read(self, request: PlanRequest, spent: Spent) -> Plan:
        """The model's own reading, with what it cost. Raises ModelFailed when there is none."""
        if not self.settings.configured:
            raise ModelFailed(not_configured())
        prompt = redact(request.prompt)
        if request.refusals and request.attempt >= VOTED_FROM:
            plan = self._voted(request, spent)
        else:
            plan = self._asked(request, spent)
        notes = (*_withheld(prompt), *plan.assumptions)
        drafted = None if plan.draft is None else self._stamped(plan.draft)
        return plan.model_copy(
            update={"assumptions": notes, "draft": drafted, "usage": self.usage(spent)}
        )

    def better(self, request: PlanRequest, readings: tuple[str, str], spent: Spent) -> int | None:
        """Which of two readings the model holds for right: 0, 1, or None when it cannot tell."""
        said = load("compare").render(prompt=request.prompt, first=readings[0], second=readings[1])
        schema = schema_of(Better, self._catalog)
        try:
            completion = self._completed(request, messages(said), schema)
        except ModelFailed:
            return None
        spent.add(completion)
        try:
            chosen = Better.model_validate_json(completion.text).better
        except ValidationError:
            return None
        return {"first": 0, "second": 1}.get(chosen)

    def usage(self, spent: Spent, model: str | None = None) -> Usage:
        """What a plan cost, and who drafted it."""
        tokens = (spent.prompt_tokens, spent.completion_tokens)
        return Usage(
            model=model or self.settings.name,
            prompt_tokens=tokens[0],
            completion_tokens=tokens[1],
            cost_usd=usd(*tokens, self.settings.price),
            prompt=load(PROMPT).stamp,
            estimated=spent.estimated,
        )

    def close(self) -> None:
        """Give the connections to the endpoint back, if any were made."""
        if "_client" in self.__dict__:
            self._client.close()

    @cached_property
    def _client(self) -> ModelClient:
        # The SDK takes a second to import: only a planner that is asked pays for it.
        from agent.planners.openai.client import ModelClient

        return ModelClient(self.settings, max_retries=self._max_retries)

    def _asked(self, request: PlanRequest, spent: Spent) -> Plan:
        """The plan of the first usable reply. Raises ModelFailed when none was usable."""
        asked = messages(rendered(request, self._catalog, self._nearest))
        flaw = ""
        for _ in range(TRIES):
            again = retry(flaw) if flaw else ()
            read = self._once(request, (*asked, *again), spent)
            if isinstance(read, Plan):
                return read
            flaw = read
        raise ModelFailed(unusable(host_of(self.settings), flaw, is_of_the_endpoint=False))

    def _voted(self, request: PlanRequest, spent: Spent) -> Plan:
        """What most of several readings say; without a majority what was refused is asked back."""
        asked = messages(rendered(request, self._catalog, self._nearest))
        read = [self._once(request, asked, spent, sample=n + 1) for n in range(VOTERS)]
        plans = [one for one in read if isinstance(one, Plan) and one.draft is not None]
        votes = Counter(meaning_of(one.draft) for one in plans if one.draft is not None)
        most, count = votes.most_common(1)[0] if votes else ("", 0)
        if 2 * count <= VOTERS:
            return Plan(intent="clarify", refusals=request.refusals)
        won = next(one for one in plans if one.draft and meaning_of(one.draft) == most)
        said = f"{count} of {VOTERS} readings of the model agree on it."
        return won.model_copy(update={"assumptions": (*won.assumptions, said)})

    def _once(
        self,
        request: PlanRequest,
        asked: tuple[Message, ...],
        spent: Spent,
        *,
        sample: int = 0,
    ) -> Plan | str:
        """One call: its plan, or what was wrong with the reply."""
        completion = self._completed(request, asked, self._schema, sample)
        spent.add(completion)
        if completion.flaw:
            return completion.flaw
        try:
            reply = Reply.model_validate_json(completion.text)
        except ValidationError as error:
            self._client.show_the_schema()
            return _flaw(error)
        try:
            return plan_of(reply, request, self._catalog)
        except ValueError as error:
            return _flaw(error)

    def _completed(
        self,
        request: PlanRequest,
        asked: tuple[Message, ...],
        schema: dict[str, Any],
        sample: int = 0,
    ) -> Completion:
        """One call within the budget, entered before and after. Raises ModelFailed."""
        most = self._client.at_most(asked, schema)
        call = self._purse.reserve(request.thread, *most)
        try:
            calling = partial(self._client.complete, asked, schema, sample=sample)
            completion = left_when_stopped(partial(calling, on_text=watcher()))
        except ModelFailed as failed:
            # A call that was broken off may have cost something: it stays as it was entered.
            if not failed.problem.may_have_cost:
                self._purse.settle(call, None)
            raise
        self._purse.settle(call, completion)
        return completion

    def _stamped(self, draft: Drafted) -> Drafted:
        """The draft with the sentence that says who drafted it: it stays with the rule."""
        if not isinstance(draft, EligibilityRule | DecisionPolicy):
            return draft
        said = f"Drafted by the model {self.settings.name} with prompt {load(PROMPT).stamp}."
        return draft.model_copy(update={"assumptions": (*draft.assumptions, said)})

    def _refused(self, problem: Problem, spent: Spent) -> Plan:
        return Plan(intent="refused", refusals=(problem.refusal,), usage=self.usage(spent))

    def _by_fallback(self, request: PlanRequest, problem: Problem, spent: Spent) -> Plan:
        """The fallback's plan. Its model is the fallback, so nobody asks it to learn."""
        plan = self._fallback.plan(request)
        note = fallback_note(problem, self.settings, self._fallback.name)
        usage = self.usage(spent, self._fallback.name).model_copy(update={"fell_back": note})
        return plan.model_copy(update={"assumptions": (note, *plan.assumptions), "usage": usage})


def fallback_note(problem: Problem, settings: ModelSettings, name: str) -> str:
    """The sentence that says why another planner answered."""
    host = host_of(settings)
    return f"The model at {host} was not usable ({problem.reason}); the {name} planner answered."


def _flaw(error: ValueError) -> str:
    """What is wrong with a reply, by path; the reply's own words are not repeated."""
    if not isinstance(error, ValidationError):
        return f"the answer made no draft: {error}"
    listed: list[Any] = error.errors(include_url=False, include_input=False, include_context=False)
    paths = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in listed[:3]]
    return f"the answer did not fit its schema ({'; '.join(paths)})"


def _withheld(prompt: Redacted) -> tuple[str, ...]:
    if not prompt.kinds:
        return ()
    return (f"Not sent to the model: {', '.join(prompt.kinds)} in the prompt.",)
