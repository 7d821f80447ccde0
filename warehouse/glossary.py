"""The catalog as a list of things to be found by words."""

from __future__ import annotations

from collections.abc import Iterator

from core.conditions import Frozen
from warehouse.catalog import Catalog


class Term(Frozen):
    """One thing of the catalog: what it is, its name, and what is said of it."""

    kind: str
    name: str
    text: str


def glossary(catalog: Catalog) -> tuple[Term, ...]:
    """Every event, property, trait, column, entity, audience, funnel, metric, channel, action."""
    return tuple(_terms(catalog))


def _terms(catalog: Catalog) -> Iterator[Term]:
    for name, event in catalog.events.items():
        aliases = f" Also sent as {', '.join(event.aliases)}." if event.aliases else ""
        yield _term("event", name, event.description + aliases, event.phrases)
        for property_name, column in event.properties.items():
            yield _term("property", f"{name}.{property_name}", column.description, column.phrases)
    for name, trait in catalog.traits.items():
        values = f" One of {', '.join(trait.values)}." if trait.values else ""
        yield _term("trait", name, trait.description + values, trait.phrases)
    for name, table in catalog.tables.items():
        for column_name, column in table.columns.items():
            if column.data_class == "public":
                yield _term("column", f"{name}.{column_name}", column.description, column.phrases)
    for kind, section in (
        ("entity", catalog.entities),
        ("audience", catalog.audiences),
        ("funnel", catalog.funnels),
        ("metric", catalog.metrics),
        ("channel", catalog.channels),
    ):
        for name, thing in section.items():
            yield _term(kind, name, thing.description, thing.phrases)
    for name, action in catalog.actions.items():
        yield _term("action", name, action.name, catalog.action_phrases.get(name, ()))


def _term(kind: str, name: str, description: str, phrases: tuple[str, ...]) -> Term:
    words = f" ({', '.join(phrases)})" if phrases else ""
    return Term(kind=kind, name=name, text=f"{description}{words}")
