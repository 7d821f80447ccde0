"""The draft of a catalog from the tables of a team's own warehouse, with every choice told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp

from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.introspect.choices import Choice
from warehouse.introspect.consent import find_consent
from warehouse.introspect.funnel import find_steps
from warehouse.introspect.links import find_links
from warehouse.introspect.mapping import CONSENT, EVENTS, Mapping, events_view, lay_out, table_view
from warehouse.introspect.people import nothing_happens, people_of
from warehouse.introspect.reading import open_source, read_tables
from warehouse.introspect.roles import Roles, assign
from warehouse.introspect.sections import Drafted, Entry, build
from warehouse.views import create_views


@dataclass(frozen=True)
class Draft:
    """A catalog folder before it is written."""

    source: Path
    sections: dict[str, dict[str, Entry]]
    views: dict[str, exp.Query]
    choices: tuple[Choice, ...]

    @property
    def to_confirm(self) -> tuple[Choice, ...]:
        """What a person should look at, the least certain first."""
        order = {"low": 0, "medium": 1}
        unsure = [choice for choice in self.choices if choice.to_confirm]
        return tuple(sorted(unsure, key=lambda choice: order[choice.confidence]))


def draft_catalog(
    url: str, folder: Path, *, users: str | None = None, events: str | None = None
) -> Draft:
    """Read a warehouse and draft its catalog; nothing is written.

    ``users`` and ``events`` name tables where the draft would otherwise decide.
    Refuses what cannot be opened, an empty warehouse, and one without users.
    """
    engine, path = open_source(url, folder)
    try:
        return _drafted(engine, path, users, events)
    finally:
        engine.close()


def _drafted(engine: DuckDBWarehouse, path: Path, users: str | None, events: str | None) -> Draft:
    reserved = _reserved(engine)
    tables = read_tables(engine)
    roles = assign(tables, find_links(engine, tables), reserved, users=users, events=events)
    mapping = lay_out(roles, tables, reserved)
    people = people_of(roles)
    consent = find_consent(roles, mapping, people.signup)
    views = {
        view: table_view(mapping.sources[view], columns) for view, columns in mapping.tables.items()
    }
    views[CONSENT] = consent.view
    if not mapping.happenings:
        raise nothing_happens(roles)
    views[EVENTS] = events_view(mapping)
    # Tried before they are told: a view that the engine refuses is a fault of the draft.
    create_views(engine, views)
    steps = find_steps(engine)
    facts = Drafted(roles, mapping, people, consent, steps, engine)
    return Draft(path, build(facts), views, _choices(roles, mapping, facts))


def _choices(roles: Roles, mapping: Mapping, facts: Drafted) -> tuple[Choice, ...]:
    found = [*roles.choices, *facts.people.choices]
    for one in mapping.happenings:
        found += one.choices
    for owned in roles.owned:
        found += owned.choices
    found += facts.consent.choices
    found += [facts.steps.choice] if facts.steps.choice else []
    for columns in mapping.tables.values():
        found += [choice for column in columns.values() for choice in column.choices]
    return tuple(dict.fromkeys(found))


def _reserved(engine: DuckDBWarehouse) -> frozenset[str]:
    found = engine.fetch(
        "SELECT keyword_name FROM DUCKDB_KEYWORDS() "
        "WHERE keyword_category IN ('reserved', 'type_function')"
    ).rows
    return frozenset(row[0] for row in found)
