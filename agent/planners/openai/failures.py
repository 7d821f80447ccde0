"""Why a model gave no usable reply: told apart by who has to do something about it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.conditions import Frozen
from core.errors import Code, Refusal
from core.settings import ModelSettings

if TYPE_CHECKING:
    import openai

PUBLIC = "https://api.openai.com/v1"
GRAMMAR = 'or set planner = "grammar" in pilothouse.toml to work without a model'


class Problem(Frozen):
    """One failure: a short reason that stands in a sentence, the whole message, and the fix."""

    code: Code
    reason: str
    message: str
    fix: str
    span: str
    is_of_the_endpoint: bool = True
    """It gave no reply at all; False: it replied, but to no use."""
    may_have_cost: bool = False
    """The call was under way when it failed."""

    @property
    def refusal(self) -> Refusal:
        """The problem as the person is told it."""
        return Refusal(code=self.code, message=self.message, span=self.span, fix=self.fix)


class ModelFailed(Exception):
    """The endpoint gave no reply: it is unreachable, refuses us or is out of order."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def host_of(settings: ModelSettings) -> str:
    """The host and port of the endpoint, without user name, password or path."""
    parts = urlsplit(settings.base_url or PUBLIC)
    return f"{parts.hostname or settings.base_url}{f':{parts.port}' if parts.port else ''}"


def unusable(host: str, reason: str, *, is_of_the_endpoint: bool = True) -> Problem:
    """The endpoint answers, but not as a model server would, or not as the model was told to."""
    return Problem(
        code=Code.MODEL_UNUSABLE,
        reason=reason,
        message=f"The model at {host} was not usable: {reason}.",
        fix=f"Check base_url (it usually ends in /v1) and the model's name, {GRAMMAR}.",
        span=host,
        is_of_the_endpoint=is_of_the_endpoint,
    )


def not_configured() -> Problem:
    """The workspace names no endpoint: nothing may be sent anywhere."""
    return Problem(
        code=Code.MODEL_UNREACHABLE,
        reason="none is configured",
        message="No model is configured: there is neither a base URL nor an API key.",
        fix=f"Set OPENAI_BASE_URL or OPENAI_API_KEY, {GRAMMAR}.",
        span="model",
    )


def unreachable(host: str, reason: str, fix: str, *, may_have_cost: bool = False) -> Problem:
    """Nobody answered, or not in time."""
    return Problem(
        code=Code.MODEL_UNREACHABLE,
        reason=reason,
        message=f"The model at {host} could not be reached: {reason}.",
        fix=f"{fix}, {GRAMMAR}.",
        span=host,
        may_have_cost=may_have_cost,
    )


def over_budget(host: str, what: str, spent: str) -> Problem:
    """The call was not made: it could cost more than the settings allow."""
    return Problem(
        code=Code.MODEL_UNUSABLE,
        reason=f"the budget of {what} is used up: {spent} so far",
        message=f"The model at {host} was not asked: the budget of {what} is used up "
        f"({spent} so far).",
        fix=f"Raise [model.budget] in pilothouse.toml, ask again tomorrow, {GRAMMAR}.",
        span=host,
    )


def problem_of(error: openai.OpenAIError, settings: ModelSettings) -> Problem:
    """The problem behind an error. What the server wrote is not repeated: it may hold a key."""
    import openai

    from agent.planners.openai.patience import asked_wait

    host = host_of(settings)
    if isinstance(error, openai.APITimeoutError):
        reason = f"no answer within {settings.timeout_seconds:g} s"
        return unreachable(host, reason, "Raise timeout_seconds of the model", may_have_cost=True)
    if isinstance(error, openai.APIStatusError):
        return by_status(error.status_code, host, settings.name, asked_wait(error))
    if isinstance(error, openai.APIConnectionError):
        return unreachable(host, "no connection", "Start the model server or correct base_url")
    return unusable(host, "an answer that is no chat completion")


def by_status(status: int, host: str, model: str, wait: float | None = None) -> Problem:
    """What an HTTP status of the endpoint means for the person; ``wait`` is in seconds."""
    if status == 429:
        asks = f"{wait:.0f} seconds" if wait and wait > 1 else "a minute"
        return unreachable(host, "too many requests (429)", f"Wait {asks} and ask again")
    if status >= 500:
        return unreachable(host, f"server error ({status})", "Look at the model server's log")
    reasons = {
        401: ("the API key was refused (401)", "Set OPENAI_API_KEY to a valid key"),
        403: (f"the key may not use '{model}' (403)", "Use a key that may, or name another model"),
        404: (
            f"no model '{model}' or no such path (404)",
            "Correct the model's name, or base_url (it usually ends in /v1)",
        ),
    }
    reason, fix = reasons.get(
        status,
        (f"the request was rejected ({status})", "Use a model with a larger context, or another"),
    )
    return Problem(
        code=Code.MODEL_UNUSABLE,
        reason=reason,
        message=f"The model at {host} was not usable: {reason}.",
        fix=f"{fix}, {GRAMMAR}.",
        span=host,
    )
