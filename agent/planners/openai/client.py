"""One call of a chat completion, on whatever part of the protocol the server speaks.

Strict JSON schema first; a server that rejects it gets plain JSON mode, then a
tool call. What worked is remembered. Whatever comes back is only text here.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any, Literal

import openai

from agent.planners.openai.failures import (
    PUBLIC,
    ModelFailed,
    Problem,
    by_status,
    host_of,
    unreachable,
    unusable,
)
from core.conditions import Frozen
from core.settings import ModelSettings
from prompts import load

Mode = Literal["json_schema", "json_object", "tool"]
MODES: tuple[Mode, ...] = ("json_schema", "json_object", "tool")
MAX_REPLY_TOKENS = 2_500
MAX_REPLY_CHARACTERS = 60_000
NAME = "reply"


class Message(Frozen):
    """One message to the model."""

    role: Literal["system", "user"]
    content: str


class Completion(Frozen):
    """What came back, as text, and what it cost in tokens. ``flaw`` says why it is no use."""

    text: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    flaw: str | None = None


class ModelClient:
    """An endpoint and a model. Safe to share between threads."""

    def __init__(self, settings: ModelSettings, *, max_retries: int = 2) -> None:
        self._settings = settings
        self._max_retries = max_retries
        self._mode: Mode = "json_schema"
        self._options: dict[str, Any] = {"temperature": 0, "seed": 7}
        limit = "max_tokens" if settings.base_url else "max_completion_tokens"
        self._options[limit] = MAX_REPLY_TOKENS

    def complete(self, messages: tuple[Message, ...], schema: dict[str, Any]) -> Completion:
        """One reply. Raises ModelFailed when there is none after the client's retries."""
        rejected: openai.APIStatusError | None = None
        for mode in MODES[MODES.index(self._mode) :]:
            try:
                completion = self._call(mode, messages, schema)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                rejected = error
            except openai.InternalServerError as error:
                # Some servers answer 500 instead of 400 to a response format they do not know.
                if error.status_code != 500 or mode == MODES[-1]:
                    raise ModelFailed(self._problem(rejected or error)) from error
                rejected = error
            except openai.OpenAIError as error:
                raise ModelFailed(self._problem(error)) from error
            else:
                self._mode = mode
                return completion
        assert rejected is not None
        raise ModelFailed(self._problem(rejected)) from rejected

    def close(self) -> None:
        """Give the connections back."""
        if "_client" in self.__dict__:
            self._client.close()

    @cached_property
    def _client(self) -> openai.OpenAI:
        # A proxy or a redirect must not carry prompts to another host than the configured one.
        transport = openai.DefaultHttpxClient(
            trust_env=False, follow_redirects=False, timeout=self._settings.timeout_seconds
        )
        return openai.OpenAI(
            base_url=self._settings.base_url or PUBLIC,
            api_key=self._settings.api_key or "none",
            timeout=self._settings.timeout_seconds,
            max_retries=self._max_retries,
            http_client=transport,
        )

    def _call(
        self, mode: Mode, messages: tuple[Message, ...], schema: dict[str, Any]
    ) -> Completion:
        """A call in one mode, again without each option that the server says it does not take."""
        while True:
            try:
                return self._send(mode, messages, schema)
            except openai.BadRequestError as error:
                if self._options.pop(error.param or "", None) is None:
                    raise

    def _send(
        self, mode: Mode, messages: tuple[Message, ...], schema: dict[str, Any]
    ) -> Completion:
        if mode != "json_schema":
            shape = load("shape").render(schema=json.dumps(schema, separators=(",", ":")))
            messages = (*messages, Message(role="system", content=shape.system))
        # The library has a type for each role; ours has the role as data.
        said: Any = [message.model_dump() for message in messages]
        try:
            answered: Any = self._client.chat.completions.create(
                model=self._settings.name,
                messages=said,
                **_format(mode, schema),
                **self._options,
            )
        except ValueError:
            return Completion(flaw="the answer was not JSON")
        return _read(answered, mode)

    def _problem(self, error: openai.OpenAIError) -> Problem:
        """The problem behind an error. What the server wrote is not repeated: it may hold a key."""
        host = host_of(self._settings)
        if isinstance(error, openai.APITimeoutError):
            reason = f"no answer within {self._settings.timeout_seconds:g} s"
            return unreachable(host, reason, "Raise timeout_seconds of the model")
        if isinstance(error, openai.APIStatusError):
            return by_status(error.status_code, host, self._settings.name)
        if isinstance(error, openai.APIConnectionError):
            return unreachable(host, "no connection", "Start the model server or correct base_url")
        return unusable(host, "an answer that is no chat completion")


def _format(mode: Mode, schema: dict[str, Any]) -> dict[str, Any]:
    if mode == "json_schema":
        named = {"name": NAME, "strict": True, "schema": schema}
        return {"response_format": {"type": "json_schema", "json_schema": named}}
    if mode == "json_object":
        return {"response_format": {"type": "json_object"}}
    function = {"name": NAME, "description": "Give the reply.", "parameters": schema}
    return {
        "tools": [{"type": "function", "function": function}],
        "tool_choice": {"type": "function", "function": {"name": NAME}},
    }


def _read(answered: Any, mode: Mode) -> Completion:
    """The text of an answer; the SDK does not check its types, so any step may be None."""
    usage = getattr(answered, "usage", None)
    spent = {
        key: count
        for key in ("prompt_tokens", "completion_tokens")
        if isinstance(count := getattr(usage, key, 0), int) and count >= 0
    }
    choices = getattr(answered, "choices", None)
    if not isinstance(choices, list) or not choices or getattr(choices[0], "message", None) is None:
        return Completion(flaw="the answer was not a chat completion", **spent)
    choice = choices[0]
    if choice.finish_reason == "length":
        return Completion(flaw="the answer was cut off at its length limit", **spent)
    if choice.message.refusal or choice.finish_reason == "content_filter":
        return Completion(flaw="the model refused to answer", **spent)
    text = _tool_text(choice.message) if mode == "tool" else choice.message.content
    if not isinstance(text, str) or not text.strip():
        return Completion(flaw="the answer was empty", **spent)
    if len(text) > MAX_REPLY_CHARACTERS:
        return Completion(flaw="the answer was too long", **spent)
    return Completion(text=_unfenced(text), **spent)


def _tool_text(message: Any) -> Any:
    """The arguments of the tool call; models without tool support write them as content."""
    calls = message.tool_calls or []
    return calls[0].function.arguments if calls else message.content


def _unfenced(text: str) -> str:
    """Without the code fence that models put around JSON where no schema holds them."""
    text = text.strip()
    if text.startswith("```") and text.endswith("```"):
        return text.removeprefix("```json").strip("`").strip()
    return text
