"""The tracking plan: which events may arrive, under which names, with which properties.

A plan is one document, in a file or as a version of the control store. The loader
reads it as rows: names, properties, checks of their values, and what becomes of
properties that nobody planned.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from collect.plan_values import PlannedProperty
from core.conditions import Frozen
from core.errors import Code, PilothouseError, refuse

BUILT_IN = Path(__file__).parent / "plans" / "workout_app.yaml"
NAME_LENGTH = 255

Others = Literal["keep", "drop", "dead_letter"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class PlannedEvent(Frozen):
    """An event, the names it is sent under, and its properties."""

    description: str = ""
    properties: dict[str, PlannedProperty] = Field(default_factory=dict)
    """A dot in a name goes one level down: ``address.city`` is ``city`` inside ``address``."""
    aliases: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Other names it is sent under, each with its property names → the plan's."""
    others: Others = "keep"
    """What becomes of properties that are not listed."""


class NameRow(NamedTuple):
    """A name that may be sent, and the event it means."""

    sent_name: str
    event_name: str


class PropertyRow(NamedTuple):
    """A property to read by its type when an event is sent under a name."""

    sent_name: str
    property: str
    sent_property: str
    type: str
    required: bool


class CheckRow(NamedTuple):
    """A property whose value is looked at beyond its type, or that stands inside another."""

    sent_name: str
    property: str
    sent_property: str
    path: str
    sent_path: str
    types: list[str] | None
    """None where the type was settled when the property was read."""
    required: bool
    nullable: bool
    texts: list[str] | None
    """The allowed values as text; numbers are compared as ``numbers`` as well."""
    numbers: list[float] | None
    pattern: str | None
    format: str | None
    format_pattern: str | None
    format_said: str | None
    items: list[str] | None
    minimum: float | None
    maximum: float | None
    min_length: int | None
    max_length: int | None


class OthersRow(NamedTuple):
    """A name under which properties that are not ``known`` are dropped or refused."""

    sent_name: str
    others: str
    known: list[str]


class TrackingPlan(Frozen):
    """A version of the plan. Keys are the names."""

    version: int = Field(default=0, ge=0)
    """The number of its version in the control store, or of the one a file was written from."""
    events: dict[str, PlannedEvent]
    junk_ids: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_mean_one_thing(self) -> Self:
        seen: dict[str, str] = {}
        for name, event in self.events.items():
            _require_name(f"events.{name}", name)
            for alias, renames in event.aliases.items():
                _require_name(f"events.{name}.aliases", alias)
                if alias == name:
                    raise ValueError(f"{name}.aliases names the event itself")
                _require_renames(f"{name}.aliases.{alias}", event, renames)
            for key in event.properties:
                _require_property(f"{name}.properties", key)
        for sent, name in self.names():
            if sent in seen:
                raise ValueError(f"the name '{sent}' means two events, {seen[sent]} and {name}")
            seen[sent] = name
        return self

    def names(self) -> list[NameRow]:
        """Every name that may be sent."""
        return [NameRow(sent, name) for name, _, sent in self._sent()]

    def properties(self) -> list[PropertyRow]:
        """Every property that stands at the top, by the name its event is sent under."""
        return [
            PropertyRow(
                sent,
                key,
                _sent_as(event, sent, key),
                planned.type,
                planned.required and not planned.nullable,
            )
            for _, event, sent in self._sent()
            for key, planned in event.properties.items()
            if "." not in key
        ]

    def checks(self) -> list[CheckRow]:
        """Every property with more to check than a type at the top."""
        return [
            _check(sent, key, _sent_as(event, sent, key), planned)
            for _, event, sent in self._sent()
            for key, planned in event.properties.items()
            if "." in key or planned.is_bounded or planned.nullable
        ]

    def closed(self) -> list[OthersRow]:
        """Every name whose event keeps only what is planned."""
        return [
            OthersRow(
                sent,
                event.others,
                sorted({key.partition(".")[0] for key in event.properties} | {*renames}),
            )
            for _, event, sent in self._sent()
            if event.others != "keep"
            for renames in [event.aliases.get(sent, {})]
        ]

    def document(self) -> dict[str, Any]:
        """The plan as plain data without its number: what a version of it says."""
        return self.model_dump(mode="json", exclude_defaults=True, exclude={"version"})

    def _sent(self) -> list[tuple[str, PlannedEvent, str]]:
        return [
            (name, event, sent)
            for name, event in self.events.items()
            for sent in (name, *event.aliases)
        ]


def _check(sent: str, key: str, sent_key: str, planned: PlannedProperty) -> CheckRow:
    open_type = planned.types is not None or ("." in key and planned.type != "any")
    shape = planned.shape
    return CheckRow(
        sent,
        key,
        sent_key,
        _path(key),
        _path(sent_key),
        [*planned.kinds] if open_type else None,
        planned.required,
        planned.nullable,
        planned.texts,
        planned.numbers,
        planned.pattern,
        planned.format,
        shape.pattern if shape else None,
        shape.said if shape else None,
        [*planned.items] if planned.items else None,
        planned.minimum,
        planned.maximum,
        planned.min_length,
        planned.max_length,
    )


def _path(key: str) -> str:
    return "$" + "".join(f'."{part}"' for part in key.split("."))


def _sent_as(event: PlannedEvent, sent: str, key: str) -> str:
    renames = event.aliases.get(sent, {})
    return next((theirs for theirs, ours in renames.items() if ours == key), key)


def _require_name(where: str, name: str) -> None:
    if not name.strip() or len(name) > NAME_LENGTH or _CONTROL.search(name):
        raise ValueError(
            f"{where}: a name is a text of 1 to {NAME_LENGTH} characters without control codes"
        )


def _require_property(where: str, key: str) -> None:
    _require_name(f"{where}.{key}", key)
    if '"' in key:
        raise ValueError(f"the property {key} has a quote in its name")
    if key.count(".") > 1 or not all(key.split(".")):
        raise ValueError(f"{where}.{key}: a property stands at the top or inside one other")


def _require_renames(where: str, event: PlannedEvent, renames: dict[str, str]) -> None:
    """Every name points at one property, and no name is moved that means something itself."""
    for theirs, ours in renames.items():
        _require_property(where, theirs)
        if theirs == ours:
            raise ValueError(f"{where} renames {theirs} onto itself")
        if ours not in event.properties:
            raise ValueError(f"{where} renames to unknown {ours}")
        if "." in theirs + ours:
            raise ValueError(f"{where}.{theirs}: only properties at the top can be renamed")
        if theirs in event.properties:
            raise ValueError(f"{where} renames {theirs}, which is a property of the event itself")
        if list(renames.values()).count(ours) > 1:
            raise ValueError(f"{where} renames two properties to {ours}")


def load_plan(file: Path = BUILT_IN) -> TrackingPlan:
    """Read and check a plan; refuses with the file and the path of what is wrong."""
    return plan_from(read_yaml(file), file)


def read_yaml(file: Path) -> Any:
    """What a YAML file says; refuses one that cannot be read, with its name."""
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise _invalid(file, f"{error.strerror}", str(file)) from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise _invalid(file, f"{error}", str(file)) from error


def plan_from(document: Any, file: Path) -> TrackingPlan:
    """A plan of a document that came from a file; refuses with the path of what is wrong."""
    try:
        return TrackingPlan.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        raise _invalid(file, first["msg"], ".".join(map(str, first["loc"]))) from error


def _invalid(file: Path, why: str, where: str) -> PilothouseError:
    return refuse(
        Code.SETTINGS_INVALID,
        f"The tracking plan {file.name} is not valid: {why}.",
        span=where or str(file),
        fix="Correct the file.",
    )
