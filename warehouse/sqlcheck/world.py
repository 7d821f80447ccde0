"""The closed world of one catalog: its tables, columns and JSON keys, ready for checking."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

from sqlglot.schema import MappingSchema

from warehouse.catalog import Catalog, Column, DataType

Role = Literal["marketer", "analyst", "approver", "admin", "system"]

SCHEMA = "main"
"""The one schema of a warehouse that may be read."""

_PEOPLE = frozenset({"public"})
READABLE = {
    "marketer": _PEOPLE,
    "analyst": _PEOPLE,
    "approver": _PEOPLE,
    "admin": frozenset({"public", "personal", "sensitive"}),
    "system": frozenset({"public", "personal", "sensitive", "protected"}),
}
"""The classes of columns each role may read, even only to filter or sort by."""

_TYPES: dict[DataType, str] = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "json": "JSON",
}


@dataclass(frozen=True)
class ClosedWorld:
    """Every name that SQL may use. Names are lower case: the engine ignores case."""

    tables: dict[str, dict[str, Column]]
    json_keys: dict[str, frozenset[str]]
    """Each property of an event, with the classes it has across events."""
    schema: MappingSchema

    def json_key_is_readable(self, key: str, role: Role) -> bool:
        """A property that is personal in one event is personal everywhere."""
        classes = self.json_keys.get(key)
        return classes is not None and classes <= READABLE[role]


_WORLDS: OrderedDict[int, tuple[Catalog, ClosedWorld]] = OrderedDict()
_KEPT = 8


def world_of(catalog: Catalog) -> ClosedWorld:
    """The closed world of a catalog, built once per catalog object."""
    kept = _WORLDS.get(id(catalog))
    if kept is not None:
        return kept[1]
    world = _build(catalog)
    # Keeping the catalog keeps its id from being given to another one.
    _WORLDS[id(catalog)] = (catalog, world)
    while len(_WORLDS) > _KEPT:
        _WORLDS.popitem(last=False)
    return world


def _build(catalog: Catalog) -> ClosedWorld:
    tables = {
        name.lower(): {key.lower(): column for key, column in table.columns.items()}
        for name, table in catalog.tables.items()
    }
    types = {
        name: {key: _TYPES[column.type] for key, column in columns.items()}
        for name, columns in tables.items()
    }
    keys: dict[str, set[str]] = {}
    for event in catalog.events.values():
        for key, column in event.properties.items():
            keys.setdefault(key, set()).add(column.data_class)
    return ClosedWorld(
        tables=tables,
        json_keys={key: frozenset(classes) for key, classes in keys.items()},
        schema=MappingSchema({SCHEMA: types}, dialect="duckdb", normalize=False),
    )
