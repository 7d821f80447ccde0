"""The tracking plan: which events may arrive, under which names, with which properties."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from core.conditions import Frozen
from core.errors import Code, refuse

BUILT_IN = Path(__file__).parent / "plans" / "workout_app.yaml"

PropertyType = Literal["string", "number", "integer", "boolean", "timestamp"]


class PlannedProperty(Frozen):
    """A property of an event; what can be read as its type without doubt is coerced."""

    type: PropertyType
    required: bool = False


class PlannedEvent(Frozen):
    """An event; properties that are not listed are kept as they are."""

    properties: dict[str, PlannedProperty] = Field(default_factory=dict)
    aliases: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Other names it is sent under, each with its property names → the plan's."""


class NameRow(NamedTuple):
    """A name that may be sent, and the event it means."""

    sent_name: str
    event_name: str


class PropertyRow(NamedTuple):
    """A property to check when an event is sent under a name."""

    sent_name: str
    property: str
    sent_property: str
    type: str
    required: bool


class TrackingPlan(Frozen):
    """A version of the plan. Keys are the names."""

    version: int = Field(ge=1)
    events: dict[str, PlannedEvent]
    junk_ids: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_mean_one_thing(self) -> Self:
        seen: set[str] = set()
        for name, _ in self.names():
            if name in seen:
                raise ValueError(f"the name '{name}' means two events")
            seen.add(name)
        for name, event in self.events.items():
            for alias, renames in event.aliases.items():
                if unknown := sorted(set(renames.values()) - set(event.properties)):
                    raise ValueError(f"{name}.aliases.{alias} renames to unknown {unknown[0]}")
        for row in self.properties():
            if '"' in row.property + row.sent_property:
                raise ValueError(f"the property {row.property} has a quote in its name")
        return self

    def names(self) -> list[NameRow]:
        """Every name that may be sent."""
        return [
            NameRow(sent, name)
            for name, event in self.events.items()
            for sent in (name, *event.aliases)
        ]

    def properties(self) -> list[PropertyRow]:
        """Every property by the name its event is sent under."""
        return [
            PropertyRow(sent, key, _sent_as(event, sent, key), planned.type, planned.required)
            for name, event in self.events.items()
            for sent in (name, *event.aliases)
            for key, planned in event.properties.items()
        ]


def _sent_as(event: PlannedEvent, sent: str, key: str) -> str:
    renames = event.aliases.get(sent, {})
    return next((theirs for theirs, ours in renames.items() if ours == key), key)


def load_plan(file: Path = BUILT_IN) -> TrackingPlan:
    """Read and check a plan; refuses with the file and the path of what is wrong."""
    try:
        return TrackingPlan.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else None
        raise refuse(
            Code.SETTINGS_INVALID,
            f"The tracking plan {file.name} is not valid: {first['msg'] if first else error}.",
            span=".".join(map(str, first["loc"])) if first else str(file),
            fix="Correct the file.",
        ) from error
