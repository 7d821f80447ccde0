"""What a server sent, read piece by piece: any part of it may be missing or of a wrong type."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from core.conditions import Frozen

MAX_REPLY_CHARACTERS = 60_000


class Completion(Frozen):
    """What came back, as text, and what it cost in tokens. ``flaw`` says why it is no use."""

    text: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    """The tokens were counted by length: the server's count was missing or cannot be right."""
    flaw: str | None = None


@dataclass
class Heard:
    """An answer as far as it came."""

    content: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    refused: bool = False
    finish: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    is_completion: bool = False
    flaw: str | None = None
    """Why nothing more was read."""

    @property
    def characters(self) -> int:
        """How much came so far."""
        return sum(map(len, self.content)) + sum(map(len, self.arguments))

    @property
    def text(self) -> str:
        """The reply: the arguments of the tool call, or the content of models that wrote there."""
        return unfenced("".join(self.arguments) or "".join(self.content))

    def hear(self, piece: Any) -> None:
        """Take in a whole answer or one chunk of a stream, whatever its types are."""
        self._count(_of(piece, "usage"))
        choices = _of(piece, "choices")
        if not isinstance(choices, list) or not choices:
            return
        said = _of(choices[0], "message") or _of(choices[0], "delta")
        if said is None:
            return
        self.is_completion = True
        finish = _of(choices[0], "finish_reason")
        self.finish = finish if isinstance(finish, str) else self.finish
        self.refused = self.refused or bool(_of(said, "refusal"))
        self.content += _texts([_of(said, "content")])
        calls = _of(said, "tool_calls")
        functions = [_of(call, "function") for call in calls] if isinstance(calls, list) else []
        self.arguments += _texts(_of(function, "arguments") for function in functions)

    def _count(self, usage: Any) -> None:
        for name in ("prompt_tokens", "completion_tokens"):
            count = _of(usage, name)
            if isinstance(count, int) and not isinstance(count, bool):
                setattr(self, name, count)

    def why_useless(self) -> str | None:
        """What is wrong with the answer as a whole; None when its text may be read."""
        if self.flaw:
            return self.flaw
        if not self.is_completion:
            return "the answer was not a chat completion"
        if self.finish == "length":
            return "the answer was cut off at its length limit"
        if self.refused or self.finish == "content_filter":
            return "the model refused to answer"
        if not self.text:
            return "the answer was empty"
        return "the answer was too long" if self.characters > MAX_REPLY_CHARACTERS else None


def unfenced(text: str) -> str:
    """The JSON object of a text: models wrap it in a code fence or a sentence where nothing
    holds them to JSON. A text without one comes back as it is."""
    text = text.strip()
    start, end = text.find("{"), text.rfind("}")
    if text.startswith("{") or not 0 <= start < end:
        return text
    inner = text[start : end + 1]
    try:
        json.loads(inner)
    except (ValueError, RecursionError):
        return text
    return inner


def _of(thing: Any, name: str) -> Any:
    return thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)


def _texts(pieces: Iterable[Any]) -> list[str]:
    return [piece for piece in pieces if isinstance(piece, str)]
