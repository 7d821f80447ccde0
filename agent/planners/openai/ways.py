"""How an endpoint is best asked for JSON: found out by asking, remembered for the process.

From the strongest to the weakest: a strict JSON schema, a tool whose arguments
are the reply, JSON mode, and plain text with the schema in words. Whatever the
way, the reply is checked again when it comes: a server may take a schema and
not hold the model to it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Literal

from core.settings import ModelSettings

Mode = Literal["json_schema", "tool", "json_object", "text"]
MODES: tuple[Mode, ...] = ("json_schema", "tool", "json_object", "text")
NAME = "reply"


@dataclass
class Way:
    """What is known of an endpoint and a model."""

    mode: Mode = "json_schema"
    streams: bool = True
    shown: bool = False
    """The schema is written into the prompt too: replies did not keep to it."""
    left_out: set[str] = field(default_factory=set)
    """Options that the server does not take."""

    def modes(self) -> tuple[Mode, ...]:
        """The ways to try, the one that worked first."""
        return (self.mode, *(mode for mode in MODES if mode != self.mode))


_WAYS: dict[tuple[str, str], Way] = {}
_GUARD = threading.Lock()


def way_of(settings: ModelSettings) -> Way:
    """What was found out of the endpoint and model so far, shared by the whole process."""
    key = (settings.base_url or "", settings.name)
    with _GUARD:
        return _WAYS.setdefault(key, Way())


def modes_for(settings: ModelSettings, way: Way) -> tuple[Mode, ...]:
    """The ways to try: the one that the settings name, else all of them."""
    chosen = settings.structured_output
    return way.modes() if chosen == "auto" else (chosen,)


def needs_words(mode: Mode, way: Way) -> bool:
    """Whether the schema has to stand in the prompt as well."""
    return mode != "json_schema" or way.shown


def format_for(mode: Mode, schema: dict[str, Any]) -> dict[str, Any]:
    """The part of a request that asks for the reply in a way."""
    if mode == "json_schema":
        named = {"name": NAME, "strict": True, "schema": schema}
        return {"response_format": {"type": "json_schema", "json_schema": named}}
    if mode == "json_object":
        return {"response_format": {"type": "json_object"}}
    if mode == "text":
        return {}
    function = {"name": NAME, "description": "Give the reply.", "parameters": schema}
    return {
        "tools": [{"type": "function", "function": function}],
        "tool_choice": {"type": "function", "function": {"name": NAME}},
    }
