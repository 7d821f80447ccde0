"""Why a model gave no usable reply: told apart by who has to do something about it."""

from __future__ import annotations

from urllib.parse import urlsplit

from core.conditions import Frozen
from core.errors import Code, Refusal
from core.settings import ModelSettings

PUBLIC = "https://api.openai.com/v1"
GRAMMAR = 'or set planner = "grammar" in pilothouse.toml to work without a model'


class Problem(Frozen):
    """One failure: a short reason that stands in a sentence, the whole message, and the fix."""

    code: Code
    reason: str
    message: str
    fix: str
    span: str

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


def unusable(host: str, reason: str) -> Problem:
    """The endpoint answers, but not as a model server would."""
    return Problem(
        code=Code.MODEL_UNUSABLE,
        reason=reason,
        message=f"The model at {host} was not usable: {reason}.",
        fix=f"Check base_url (it usually ends in /v1) and the model's name, {GRAMMAR}.",
        span=host,
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


def unreachable(host: str, reason: str, fix: str) -> Problem:
    """Nobody answered, or not in time."""
    return Problem(
        code=Code.MODEL_UNREACHABLE,
        reason=reason,
        message=f"The model at {host} could not be reached: {reason}.",
        fix=f"{fix}, {GRAMMAR}.",
        span=host,
    )


def by_status(status: int, host: str, model: str) -> Problem:
    """What an HTTP status of the endpoint means for the person."""
    if status == 429:
        return unreachable(host, "too many requests (429)", "Wait a minute and ask again")
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
