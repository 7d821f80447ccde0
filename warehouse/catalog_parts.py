"""Parts of the catalog that people approve like rules: read as a document, put back from one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pydantic import JsonValue, ValidationError

from core.conditions import Frozen
from core.errors import Code, PilothouseError, refuse
from core.rules import ContactPolicy
from core.templates import Template
from warehouse.catalog import Audience, Catalog, Channel, Funnel, Metric

Document = dict[str, JsonValue]


class CatalogPart(NamedTuple):
    """One part: what it is called, and how it is read and put."""

    title: str
    file: str
    read: Callable[[Catalog], Document]
    put: Callable[[Catalog, Document], Mapping[str, Any]]
    """The fields of a catalog with the document in them."""


def with_parts(catalog: Catalog, documents: Mapping[str, Document]) -> Catalog:
    """The catalog with documents in the place of its parts, by kind; refuses what does not fit.

    Together: a template may name a channel that only another document has.
    """
    fields = dict(catalog)
    try:
        for kind, document in documents.items():
            fields |= CATALOG_PARTS[kind].put(catalog, document)
        return Catalog.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        files = " or ".join(CATALOG_PARTS[kind].file for kind in documents)
        raise refuse(
            Code.INVALID_FILE,
            f"What is approved does not fit the rest of the catalog: {first['msg']}.",
            span=where or ", ".join(documents),
            fix=f"Correct {files}, or put back what it names.",
        ) from error


def kept_over(catalog: Catalog, documents: Mapping[str, Document]) -> Catalog:
    """The catalog with what was approved over edited files, whatever these say by then.

    What would name something that is not there is left out until somebody approves the rest: an
    action by a channel that only a file has, a funnel of an event that a file lost.
    """
    fields: dict[str, Any] = dict(catalog)
    for kind, document in documents.items():
        fields |= CATALOG_PARTS[kind].put(catalog, document)
    return Catalog.model_validate(_fitting(fields))


def with_part(catalog: Catalog, kind: str, document: Document) -> Catalog:
    """The same for one part."""
    return with_parts(catalog, {kind: document})


def says(catalog: Catalog, kind: str, document: Document) -> bool:
    """Whether a catalog says of a part what a document says."""
    try:
        written = with_part(catalog, kind, document)
    except PilothouseError:
        return False
    read = CATALOG_PARTS[kind].read
    return read(written) == read(catalog)


def _fitting(fields: dict[str, Any]) -> dict[str, Any]:
    """Without what names a channel, an event or a funnel that is not there."""
    channels, events = fields["channels"], fields["events"]
    actions = {k: one for k, one in fields["actions"].items() if channels.keys() >= {*one.channels}}
    templates = {
        k: one for k, one in fields["templates"].items() if channels.keys() >= {*one.channels}
    }
    funnels = {k: one for k, one in fields["funnels"].items() if events.keys() >= _events(one)}
    metrics = {k: one for k, one in fields["metrics"].items() if one.funnel in funnels}
    sections = ("phrases", "eligibility", "assumptions", "stop")
    about = {
        name: {key: one for key, one in fields[name].items() if key in actions}
        for name in (f"action_{section}" for section in sections)
    }
    usual = tuple(one for one in fields["defaults"].channels if one in channels)
    return {
        **fields,
        **about,
        "actions": actions,
        "templates": templates,
        "funnels": funnels,
        "metrics": metrics,
        "defaults": fields["defaults"].model_copy(update={"channels": usual}),
    }


def _events(funnel: Funnel) -> set[str]:
    return {*funnel.steps, *(failure.event for failure in funnel.failures.values())}


def _contact(catalog: Catalog) -> Document:
    return catalog.defaults.contact_policy.model_dump(mode="json")


def _put_contact(catalog: Catalog, document: Document) -> Mapping[str, Any]:
    policy = ContactPolicy.model_validate(document)
    return {"defaults": catalog.defaults.model_copy(update={"contact_policy": policy})}


def _templates(catalog: Catalog) -> Document:
    return {key: one.model_dump(mode="json") for key, one in catalog.templates.items()}


def _put_templates(_catalog: Catalog, document: Document) -> Mapping[str, Any]:
    return {"templates": {key: Template.model_validate(one) for key, one in document.items()}}


def _funnels(catalog: Catalog) -> Document:
    return {
        "funnels": {key: one.model_dump(mode="json") for key, one in catalog.funnels.items()},
        "metrics": {key: one.model_dump(mode="json") for key, one in catalog.metrics.items()},
    }


def _put_funnels(_catalog: Catalog, document: Document) -> Mapping[str, Any]:
    found = _Funnels.model_validate(document)
    return {"funnels": found.funnels, "metrics": found.metrics}


class _Funnels(Frozen):
    """Both files as one document: a metric names a funnel."""

    funnels: dict[str, Funnel]
    metrics: dict[str, Metric]


def _audiences(catalog: Catalog) -> Document:
    return {key: one.model_dump(mode="json") for key, one in catalog.audiences.items()}


def _put_audiences(_catalog: Catalog, document: Document) -> Mapping[str, Any]:
    return {"audiences": {key: Audience.model_validate(one) for key, one in document.items()}}


def _channels(catalog: Catalog) -> Document:
    return {key: one.model_dump(mode="json") for key, one in catalog.channels.items()}


def _put_channels(_catalog: Catalog, document: Document) -> Mapping[str, Any]:
    return {"channels": {key: Channel.model_validate(one) for key, one in document.items()}}


CATALOG_PARTS: dict[str, CatalogPart] = {
    "contact_policy": CatalogPart("Contact policy", "defaults.yaml", _contact, _put_contact),
    "templates": CatalogPart("Templates", "templates.yaml", _templates, _put_templates),
    "audiences": CatalogPart("Audiences", "audiences.yaml", _audiences, _put_audiences),
    "channels": CatalogPart("Channels", "channels.yaml", _channels, _put_channels),
    "funnels": CatalogPart(
        "Funnels and metrics", "funnels.yaml and metrics.yaml", _funnels, _put_funnels
    ),
}
"""Kind of the change requests → part; one line each."""
