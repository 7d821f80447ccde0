"""What a catalog has to count and to group by: its own words, and those of its tables.

Tables without an entity (decisions, spending) can be counted too, and the columns
that an entity leaves out can be grouped by: they are known by their names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from agent.planners.grammar.lexicon import Lexicon
from core.questions import Rows
from warehouse.catalog import Catalog, Column, Entity, Table
from warehouse.questions import countable

_IDS = ("_id", "_key")


@dataclass(frozen=True, slots=True)
class World:
    """The words of a catalog for questions."""

    lexicon: Lexicon
    """With every countable table as an entity, and every column of its table."""
    tables: frozenset[str]
    """The entities that stand for a table of the catalog."""
    moments: dict[str, dict[str, str]]
    """Entity → what happened to a row, as a verb → the column that says when."""

    def to_one(self, owner: str) -> bool:
        """Whether an owner of columns is an entity of which each user has one."""
        entity = self.lexicon.catalog.entities.get(owner.removeprefix("entity:"))
        return owner.startswith("entity:") and entity is not None and entity.cardinality == "one"

    def userless(self, owner: str) -> bool:
        """Whether rows belong to no user."""
        name = owner.removeprefix("entity:")
        if not owner.startswith("entity:") or name not in self.tables:
            return False
        found = countable(Rows(of="table", name=name), self.lexicon.catalog)
        return found is not None and found.user is None

    def rows(self, entity: str) -> Rows:
        """Rows of an entity or table."""
        return Rows(of="table" if entity in self.tables else "entity", name=entity)


@lru_cache(maxsize=8)
def world_of(lexicon: Lexicon) -> World:
    """The words of a lexicon's catalog, with the tables in it; built once a lexicon."""
    catalog = lexicon.catalog
    entities: dict[str, Entity] = {}
    for name, entity in catalog.entities.items():
        if entity.cardinality == "many":
            columns = {**_named(catalog.tables[entity.table], catalog), **entity.columns}
            entities[name] = entity.model_copy(update={"columns": columns})
        else:
            # A user has one of these: its columns are like the user's own.
            entities[name] = entity
    tables = _tables(catalog)
    extended = catalog.model_copy(update={"entities": {**entities, **tables}})
    many = {name: e for name, e in extended.entities.items() if e.cardinality == "many"}
    moments = {name: _moments(one, catalog) for name, one in many.items()}
    return World(Lexicon(extended), frozenset(tables), moments)


def _tables(catalog: Catalog) -> dict[str, Entity]:
    layout = catalog.layout
    known = {entity.table for entity in catalog.entities.values()}
    apart = {layout.users.table, layout.events.table, layout.traits.table, *known}
    return {
        name: Entity(
            table=name, cardinality="many", visible="TRUE", description=table.description,
            phrases=table.phrases, columns=_named(table, catalog),
        )
        for name, table in catalog.tables.items()
        if name not in apart and _has_time(name, catalog)
    }  # fmt: skip


def _has_time(table: str, catalog: Catalog) -> bool:
    found = countable(Rows(of="table", name=table), catalog)
    return found is not None and found.time is not None


def _named(table: Table, catalog: Catalog) -> dict[str, Column]:
    """The columns of a table that people may group by: no keys of other things."""
    hidden = {catalog.layout.users.key, "user_id"}
    return {
        name: column
        for name, column in table.columns.items()
        if name not in hidden and column.type != "json" and column.data_class == "public"
        and (not name.endswith("_id") or column.phrases)
    }  # fmt: skip


def _moments(entity: Entity, catalog: Catalog) -> dict[str, str]:
    """'opened' → opened_at, and the words that the catalog has for it."""
    own = countable(Rows(of="table", name=entity.table), catalog)
    default = own.time.sql() if own is not None and own.time is not None else ""
    found: dict[str, str] = {}
    for name, column in entity.columns.items():
        if column.type != "timestamp" or column.expression:
            continue
        words = [phrase for phrase in column.phrases if " " not in phrase]
        if name.endswith("_at"):
            words.append(name.removesuffix("_at"))
        for word in words:
            if "_" not in word:
                found.setdefault(word, "" if name == default else name)
    return found
