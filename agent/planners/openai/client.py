"""One call of a chat completion, on whatever part of the protocol the server speaks.

What worked is remembered for the endpoint. Whatever comes back is only text
here. No message leaves without its secrets taken out.
"""

from __future__ import annotations

import json
import time
from functools import cached_property, partial
from typing import Any, Literal

import httpx
import openai

from agent.planners.openai.answers import MAX_REPLY_CHARACTERS, Completion, Heard
from agent.planners.openai.failures import (
    PUBLIC,
    ModelFailed,
    Problem,
    host_of,
    problem_of,
    unreachable,
    unusable,
)
from agent.planners.openai.patience import patiently
from agent.planners.openai.tokens import believed, estimated, estimated_of
from agent.planners.openai.ways import Mode, format_for, modes_for, needs_words, way_of
from agent.planners.watching import OnText
from agent.redaction import redact
from core.conditions import Frozen
from core.settings import ModelSettings
from prompts import load

SEED = 7
WARM = 0.8
"""The temperature of several readings of one request, which are then compared."""


class Message(Frozen):
    """One message to the model."""

    role: Literal["system", "user"]
    content: str


class ModelClient:
    """An endpoint and a model. Safe to share between threads."""

    def __init__(self, settings: ModelSettings, *, max_retries: int = 2) -> None:
        self._settings = settings
        self._max_retries = max_retries
        self._way = way_of(settings)

    def complete(
        self,
        messages: tuple[Message, ...],
        schema: dict[str, Any],
        *,
        sample: int = 0,
        on_text: OnText | None = None,
    ) -> Completion:
        """One reply. ``sample`` 0 is the likeliest one, others differ from each other.

        Raises ModelFailed when the endpoint gives none, however it is asked.
        """
        rejected: openai.OpenAIError | None = None
        for mode in modes_for(self._settings, self._way):
            sending = partial(self._call, mode, messages, schema, sample, on_text)
            try:
                completion = patiently(
                    sending, retries=self._max_retries, seconds=self._settings.timeout_seconds
                )
            except openai.OpenAIError as error:
                if not _is_about_the_way(error):
                    raise ModelFailed(problem_of(rejected or error, self._settings)) from error
                rejected = rejected or error
            except (httpx.InvalidURL, UnicodeEncodeError) as error:
                why = "base_url or the API key cannot be used as written"
                raise ModelFailed(unusable(host_of(self._settings), why)) from error
            except httpx.HTTPError as error:
                raise ModelFailed(self._broken_off(error)) from error
            else:
                self._way.mode = mode
                return completion
        assert rejected is not None
        raise ModelFailed(problem_of(rejected, self._settings)) from rejected

    def show_the_schema(self) -> None:
        """Write the schema into the prompt from now on: a reply did not keep to it."""
        self._way.shown = True

    def at_most(self, messages: tuple[Message, ...], schema: dict[str, Any]) -> tuple[int, int]:
        """The tokens of a prompt by its length, and those of the longest reply."""
        said = [one.content for one in self._said(self._way.mode, messages, schema)]
        return estimated_of(said), self._settings.max_reply_tokens

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
            max_retries=0,  # patience.py waits as long as the server asks
            http_client=transport,
        )

    def _call(
        self,
        mode: Mode,
        messages: tuple[Message, ...],
        schema: dict[str, Any],
        sample: int,
        on_text: OnText | None,
    ) -> Completion:
        """A call in one way, again without each option that the server says it does not take."""
        said = self._said(mode, messages, schema)
        while True:
            try:
                heard = self._heard(mode, said, schema, sample, on_text)
            except openai.BadRequestError as error:
                if not self._leaves_out(error.param or ""):
                    raise
            else:
                characters = sum(len(one.content) for one in said)
                return _completed(heard, characters, self._settings.max_reply_tokens)

    def _leaves_out(self, option: str) -> bool:
        """Whether a rejected option can be done without, which is then remembered."""
        if option.startswith("stream"):
            was, self._way.streams = self._way.streams, False
            return was
        known = option in self._options(0) and option not in self._way.left_out
        self._way.left_out.add(option)
        return known

    def _options(self, sample: int) -> dict[str, Any]:
        limit = "max_tokens" if self._settings.base_url else "max_completion_tokens"
        return {
            "temperature": WARM if sample else 0,
            "seed": SEED + sample,
            limit: self._settings.max_reply_tokens,
        }

    def _said(
        self, mode: Mode, messages: tuple[Message, ...], schema: dict[str, Any]
    ) -> tuple[Message, ...]:
        """The messages as they leave: with the schema in words where needed, without secrets."""
        said = [message.content for message in messages]
        if needs_words(mode, self._way):
            shape = load("shape").render(schema=json.dumps(schema, separators=(",", ":")))
            # Into the first message: chat templates of many models know one system message.
            said[0] = f"{said[0]}\n\n{shape.system}"
        return tuple(
            Message(role=message.role, content=redact(content).text)
            for message, content in zip(messages, said, strict=True)
        )

    def _heard(
        self,
        mode: Mode,
        said: tuple[Message, ...],
        schema: dict[str, Any],
        sample: int,
        on_text: OnText | None,
    ) -> Heard:
        options = self._options(sample)
        for option in self._way.left_out:
            options.pop(option, None)
        if streams := self._settings.stream and self._way.streams:
            options |= {"stream": True, "stream_options": {"include_usage": True}}
        # The library has a type for each role; ours has the role as data.
        messages: Any = [message.model_dump() for message in said]
        answered = self._client.chat.completions.with_raw_response.create(
            model=self._settings.name, messages=messages, **format_for(mode, schema), **options
        )
        kind = answered.headers.get("content-type", "")
        if streams and kind.startswith("text/event-stream"):
            return _streamed(answered.parse(), self._settings.timeout_seconds, on_text)
        return _whole(answered.http_response)

    def _broken_off(self, error: httpx.HTTPError) -> Problem:
        late = isinstance(error, httpx.TimeoutException)
        seconds = self._settings.timeout_seconds
        reason = f"no answer within {seconds:g} s" if late else "the connection broke off"
        fix = "Raise timeout_seconds of the model" if late else "Look at the model server's log"
        return unreachable(host_of(self._settings), reason, fix, may_have_cost=True)


def _is_about_the_way(error: openai.OpenAIError) -> bool:
    """Whether the same request may be taken when JSON is asked for in another way.

    Some servers answer 500 instead of 400 to a response format they do not know.
    """
    if not isinstance(error, openai.APIStatusError) or _is_too_long(error):
        return False
    return error.status_code in (400, 422, 500, 501)


def _is_too_long(error: openai.APIStatusError) -> bool:
    return "context" in f"{error.code} {error.type} {error.message}".lower()


def _whole(response: Any) -> Heard:
    """An answer in one piece."""
    heard = Heard()
    try:
        heard.hear(json.loads(response.read()))
    except (ValueError, RecursionError):
        heard.flaw = "the answer was not JSON"
    return heard


def _streamed(chunks: Any, seconds: float, on_text: OnText | None) -> Heard:
    """An answer as it is written, given up when it runs too long or takes too much time."""
    heard, started = Heard(), time.monotonic()
    try:
        for chunk in chunks:
            heard.hear(chunk)
            if on_text is not None:
                on_text(heard.characters)
            if heard.characters > MAX_REPLY_CHARACTERS:
                break
            if time.monotonic() - started > seconds:
                heard.flaw = f"the answer was not complete after {seconds:g} s"
                break
    except ValueError:
        heard.flaw = "the answer was not JSON"
    finally:
        chunks.close()
    if heard.is_completion and heard.finish is None and heard.flaw is None:
        heard.flaw = "the answer broke off"
    return heard


def _completed(heard: Heard, characters: int, most: int) -> Completion:
    """The completion of an answer, with its tokens: the server's count where it can be right."""
    prompt = believed(heard.prompt_tokens, characters)
    # Thinking that nobody sees is paid for too, but never beyond what was allowed.
    written = believed(heard.completion_tokens, heard.characters, most=2 * most)
    flaw = heard.why_useless()
    return Completion(
        text="" if flaw else heard.text,
        prompt_tokens=estimated(characters) if prompt is None else prompt,
        completion_tokens=estimated(heard.characters) if written is None else written,
        estimated=prompt is None or written is None,
        flaw=flaw,
    )
