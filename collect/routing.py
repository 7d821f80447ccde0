"""Which events go to which destination: an allow list, written by people, checked before use.

What is not listed never leaves: neither events, nor properties, nor columns of
the user. Names are those of the tracking plan and the catalog, everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from collect.plan import TrackingPlan
from core.conditions import Frozen
from core.errors import Code, Refusal, refuse
from warehouse.catalog import Catalog, Column, unknown_name

PERSONAL_WORDS = frozenset(
    "email phone mobile first_name last_name full_name birthday birthdate date_of_birth ip "
    "ip_address address street postal_code zip latitude longitude device_id idfa idfv gaid "
    "advertising_id ssn iban card_number password".split()
)
"""Properties of these names are personal even where no catalog says so."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


class Destination(Frozen):
    """What one destination gets."""

    kind: Literal["ndjson"] = "ndjson"
    """``ndjson`` writes files into the workspace."""
    events: dict[str, tuple[str, ...]] = Field(min_length=1)
    """Event → its properties that go along."""
    user: tuple[str, ...] = ()
    """Columns of the user, traits included, that go along."""
    purpose: str | None = None
    """Only events of people who granted this; needed as soon as something personal is listed."""
    channel: str | None = None
    """The channel for which they granted it."""
    history: bool = False
    """Whether events that were there before the destination go too."""


class RoutingPlan(Frozen):
    """Every destination, by name."""

    destinations: dict[str, Destination] = Field(default_factory=dict)


def load_routing(file: Path) -> RoutingPlan:
    """Read a routing file; one that is not there routes nothing. Refuses one that is wrong."""
    try:
        content: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
        return RoutingPlan.model_validate(content or {})
    except FileNotFoundError:
        return RoutingPlan()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise refuse(
            Code.SETTINGS_INVALID,
            f"{file.name} is not valid: {first['msg']}.",
            span=where or file.name,
            fix=f"Correct it in {file}.",
        ) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise refuse(
            Code.SETTINGS_INVALID,
            f"{file.name} cannot be read: {error}.",
            span=file.name,
            fix=f"Correct {file}, or remove it to route nothing.",
        ) from error


def problems(routing: RoutingPlan, plan: TrackingPlan, catalog: Catalog) -> list[Refusal]:
    """Everything that is wrong with a routing plan; nothing is routed while there is anything."""
    return [
        refusal
        for name, destination in routing.destinations.items()
        for refusal in _problems(name, destination, plan, catalog)
    ]


def user_columns(catalog: Catalog) -> dict[str, Column]:
    """The columns that may be listed: those of the users table and of the traits table."""
    traits = catalog.tables.get(catalog.layout.traits.table)
    return (traits.columns if traits else {}) | catalog.user_columns()


def _problems(
    name: str, destination: Destination, plan: TrackingPlan, catalog: Catalog
) -> Iterator[Refusal]:
    if not _NAME.fullmatch(name):
        yield Refusal(
            code=Code.SETTINGS_INVALID,
            message=f"'{name}' cannot be the name of a destination.",
            span=name,
            fix="Use lower-case letters, digits and underscores.",
        )
    for event, properties in destination.events.items():
        yield from _event_problems(name, event, properties, plan, catalog)
    known = user_columns(catalog)
    for column in destination.user:
        if column not in known:
            yield unknown_name(Code.UNKNOWN_COLUMN, "column of a user", column, [*known])
    yield from _personal_problems(name, destination, catalog)
    yield from _consent_problems(name, destination, catalog)


def _event_problems(
    name: str, event: str, properties: Iterable[str], plan: TrackingPlan, catalog: Catalog
) -> Iterator[Refusal]:
    planned, listed = plan.events.get(event), catalog.events.get(event)
    if planned is None and listed is None:
        canonical = catalog.event_named(event)
        if canonical is None:
            yield unknown_name(Code.UNKNOWN_EVENT, "event", event, [*plan.events])
        else:
            yield Refusal(
                code=Code.UNKNOWN_EVENT,
                message=f"{name} lists '{event}', another name of {canonical}.",
                span=event,
                fix=f"Write {canonical}: an event has one name everywhere.",
            )
        return
    known = [*(planned.properties if planned else ()), *(listed.properties if listed else ())]
    for one in properties:
        if one not in known:
            yield unknown_name(Code.UNKNOWN_COLUMN, f"property of {event}", one, known)


def _personal_problems(name: str, destination: Destination, catalog: Catalog) -> Iterator[Refusal]:
    classes = _classes(destination, catalog)
    for listed, data_class in classes.items():
        if data_class == "protected":
            yield Refusal(
                code=Code.PROTECTED_ATTRIBUTE,
                message=f"{listed} is protected and never leaves for {name}.",
                span=listed,
                fix="Take it off the list.",
            )
    personal = [listed for listed, data_class in classes.items() if data_class != "public"]
    if personal and destination.purpose is None:
        yield Refusal(
            code=Code.SETTINGS_INVALID,
            message=f"{name} would get {', '.join(personal)}, which is personal, for no purpose.",
            span=f"destinations.{name}.purpose",
            fix="Name the consent purpose it is for, or take it off the list.",
        )


def _classes(destination: Destination, catalog: Catalog) -> dict[str, str]:
    """What is listed → its data class."""
    columns = user_columns(catalog)
    found = {one: columns[one].data_class for one in destination.user if one in columns}
    classes: dict[str, str] = {one: _class(one, column) for one, column in found.items()}
    for event, properties in destination.events.items():
        listed = catalog.events[event].properties if event in catalog.events else {}
        for one in properties:
            known = listed[one].data_class if one in listed else "public"
            classes[f"{event}.{one}"] = _class(one, known)
    return classes


def _class(name: str, known: str) -> str:
    word = name.rpartition(".")[2].lower()
    return "personal" if known == "public" and word in PERSONAL_WORDS else known


def _consent_problems(name: str, destination: Destination, catalog: Catalog) -> Iterator[Refusal]:
    asked = [one.consent_purpose for one in catalog.channels.values()]
    purposes = sorted({purpose for purpose in asked if purpose is not None})
    if destination.purpose is not None and destination.purpose not in purposes:
        yield unknown_name(Code.UNKNOWN_VALUE, "consent purpose", destination.purpose, purposes)
    if destination.channel is not None and destination.channel not in catalog.channels:
        yield unknown_name(Code.UNKNOWN_VALUE, "channel", destination.channel, [*catalog.channels])
    if (destination.purpose is None) != (destination.channel is None):
        yield Refusal(
            code=Code.SETTINGS_INVALID,
            message=f"{name} names a purpose without a channel, or a channel without a purpose.",
            span=f"destinations.{name}",
            fix="Consent is given for a purpose on a channel: name both, or neither.",
        )
