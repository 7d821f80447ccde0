"""The planner that asks a model: one structured reply, checked, or the grammar planner instead."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from agent.planners.openai.drafts import plan_of
from agent.planners.openai.failures import (
    ModelFailed,
    Problem,
    host_of,
    not_configured,
    unusable,
)
from agent.planners.openai.schema import reply_schema
from agent.planners.openai.vocabulary import found, vocabulary
from agent.planners.openai.wire import Reply
from agent.planners.port import Plan, Planner, PlanRequest
from agent.redaction import Redacted, redact
from core.artifacts import Usage
from core.errors import Refusal
from core.settings import ModelSettings
from prompts import Rendered, load
from warehouse.catalog import Catalog

if TYPE_CHECKING:
    from agent.planners.openai.client import Completion, Message, ModelClient

PROMPT = "plan"
TRIES = 2
"""Calls for one plan: the second one is told what was wrong with the first reply."""


@dataclass
class _Spent:
    prompt_tokens: int = 0
    completion_tokens: int = 0
    flaws: list[str] = field(default_factory=list)

    def add(self, completion: Completion) -> None:
        self.prompt_tokens += completion.prompt_tokens
        self.completion_tokens += completion.completion_tokens


class OpenAIPlanner:
    """Drafts with a model on any OpenAI-compatible endpoint.

    ``explicit`` says that the workspace names this planner: an endpoint that
    gives nothing is then a refusal. Otherwise, and whenever the model answers
    but not usably, ``fallback`` plans and the plan says so.
    """

    def __init__(
        self,
        settings: ModelSettings,
        catalog: Catalog,
        fallback: Planner,
        *,
        explicit: bool = False,
        max_retries: int = 2,
    ) -> None:
        self._settings = settings
        self._catalog = catalog
        self._fallback = fallback
        self._explicit = explicit
        self._max_retries = max_retries
        self._schema = reply_schema(catalog)

    @property
    def name(self) -> Literal["openai"]:
        """Which planner is speaking."""
        return "openai"

    def plan(self, request: PlanRequest) -> Plan:
        """One draft from the model, with what it cost; or from the fallback, saying why."""
        spent = _Spent()
        prompt = redact(request.prompt)
        try:
            plan = self._asked(request, prompt, spent)
        except ModelFailed as failed:
            if self._explicit:
                return self._refused(failed.problem, spent)
            return self._by_fallback(request, failed.problem, spent)
        if plan is None:
            problem = unusable(host_of(self._settings), spent.flaws[-1])
            return self._by_fallback(request, problem, spent)
        notes = (*_withheld(prompt), *plan.assumptions)
        return plan.model_copy(update={"assumptions": notes, "usage": self._usage(spent)})

    def close(self) -> None:
        """Give the connections to the endpoint back, if any were made."""
        if "_client" in self.__dict__:
            self._client.close()

    @cached_property
    def _client(self) -> ModelClient:
        # The SDK takes a second to import: only a planner that is asked pays for it.
        from agent.planners.openai.client import ModelClient

        return ModelClient(self._settings, max_retries=self._max_retries)

    def _asked(self, request: PlanRequest, prompt: Redacted, spent: _Spent) -> Plan | None:
        """The plan of the first usable reply; None when no reply was usable."""
        if not self._settings.configured:
            raise ModelFailed(not_configured())
        messages = _messages(self._rendered(request, prompt))
        for _ in range(TRIES):
            again = _retry(spent.flaws[-1]) if spent.flaws else ()
            completion = self._client.complete((*messages, *again), self._schema)
            spent.add(completion)
            if completion.flaw:
                spent.flaws.append(completion.flaw)
                continue
            try:
                reply = Reply.model_validate_json(completion.text)
                return plan_of(reply, request, self._catalog)
            except ValueError as error:
                spent.flaws.append(_flaw(error))
        return None

    def _rendered(self, request: PlanRequest, prompt: Redacted) -> Rendered:
        return load(PROMPT).render(
            vocabulary=vocabulary(self._catalog, request.grounding),
            as_of=request.as_of.isoformat(sep=" ", timespec="minutes"),
            grounding=found(request.grounding),
            feedback=_feedback(request.refusals),
            prompt=prompt.text,
        )

    def _usage(self, spent: _Spent, model: str | None = None) -> Usage:
        rates = (
            (spent.prompt_tokens, self._settings.usd_per_million_prompt_tokens),
            (spent.completion_tokens, self._settings.usd_per_million_completion_tokens),
        )
        return Usage(
            model=model or self._settings.name,
            prompt_tokens=spent.prompt_tokens,
            completion_tokens=spent.completion_tokens,
            cost_usd=sum(tokens * rate for tokens, rate in rates) / 1_000_000,
            prompt=load(PROMPT).stamp,
        )

    def _refused(self, problem: Problem, spent: _Spent) -> Plan:
        return Plan(intent="refused", refusals=(problem.refusal,), usage=self._usage(spent))

    def _by_fallback(self, request: PlanRequest, problem: Problem, spent: _Spent) -> Plan:
        """The fallback's plan. Its model is the fallback, so nobody asks it to learn."""
        plan = self._fallback.plan(request)
        host = host_of(self._settings)
        note = (
            f"The model at {host} was not usable ({problem.reason}); "
            f"the {self._fallback.name} planner answered."
        )
        usage = self._usage(spent, self._fallback.name)
        return plan.model_copy(update={"assumptions": (note, *plan.assumptions), "usage": usage})


def _messages(rendered: Rendered) -> tuple[Message, ...]:
    from agent.planners.openai.client import Message

    return (
        Message(role="system", content=rendered.system),
        Message(role="user", content=rendered.user),
    )


def _retry(flaw: str) -> tuple[Message, ...]:
    return _messages(load("retry").render(flaw=flaw))[1:]


def _flaw(error: ValueError) -> str:
    """What is wrong with a reply, by path; the reply's own words are not repeated."""
    if not isinstance(error, ValidationError):
        return f"the answer made no draft: {error}"
    listed: list[Any] = error.errors(include_url=False, include_input=False, include_context=False)
    paths = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in listed[:3]]
    return f"the answer did not fit its schema ({'; '.join(paths)})"


def _feedback(refusals: tuple[Refusal, ...]) -> str:
    lines = [f"- {one.code}: {redact(str(one)).text}" for one in refusals]
    return "\n".join(lines) or "- none: this is the first draft"


def _withheld(prompt: Redacted) -> tuple[str, ...]:
    if not prompt.kinds:
        return ()
    return (f"Not sent to the model: {', '.join(prompt.kinds)} in the prompt.",)
