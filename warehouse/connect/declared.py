"""What a canonical table takes: its columns and types, its key, and the names others give them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import Field

from core.conditions import Frozen
from core.errors import Code, PilothouseError, refuse
from warehouse.catalog import Catalog, Column, unknown_name

_FILE = Path(__file__).parent / "canonical.yaml"


class TableFile(Frozen):
    """One table in the file of declarations."""

    key: tuple[str | tuple[str, ...], ...] = ()
    required: tuple[str, ...] = ()
    synonyms: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    refused: str | None = None


class Declarations(Frozen):
    """The whole file."""

    synonyms: dict[str, tuple[str, ...]]
    tables: dict[str, TableFile]


class Target(NamedTuple):
    """A table to import into."""

    table: str
    columns: dict[str, Column]
    key: tuple[tuple[str, ...], ...]
    """The parts of the key; of each, the first column that is given."""
    required: tuple[str, ...]
    """Columns that every row needs; those of the key that stand alone among them."""
    synonyms: dict[str, tuple[str, ...]]
    values: dict[str, dict[str, str]]
    """Column → word in lower case → the catalog's value."""


def target(catalog: Catalog, table: str) -> Target:
    """What a table takes; refuses tables the catalog lacks or that nobody imports into."""
    if table not in catalog.tables:
        raise PilothouseError(unknown_name(Code.UNKNOWN_TABLE, "table", table, importable(catalog)))
    declared = declarations().tables.get(table, TableFile())
    if declared.refused:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"Nothing is imported into {table}.",
            span=table,
            fix=declared.refused,
        )
    columns = catalog.tables[table].columns
    key = _key(declared, catalog, table)
    alone = tuple(part[0] for part in key if len(part) == 1)
    return Target(
        table,
        columns,
        key,
        required=tuple(dict.fromkeys((*alone, *declared.required))),
        synonyms=_synonyms(declared, columns),
        values={name: words for name in columns if (words := _values(catalog, table, name))},
    )


def importable(catalog: Catalog) -> list[str]:
    """The tables that take imports."""
    known = declarations().tables
    return [name for name in catalog.tables if not (name in known and known[name].refused)]


@cache
def declarations() -> Declarations:
    """The file beside this module."""
    content: Any = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return Declarations.model_validate(content)


def _key(declared: TableFile, catalog: Catalog, table: str) -> tuple[tuple[str, ...], ...]:
    parts = declared.key or tuple(catalog.tables[table].grain.replace(" ", "").split(","))
    key = tuple((part,) if isinstance(part, str) else part for part in parts)
    for name in (name for part in key for name in part):
        if name not in catalog.tables[table].columns:
            raise refuse(
                Code.SETTINGS_INVALID,
                f"The grain of {table} names '{name}', which is not a column of it.",
                span=f"tables.{table}.grain",
                fix="Write the columns that make a row unique, with commas between them.",
            )
    return key


def _synonyms(declared: TableFile, columns: dict[str, Column]) -> dict[str, tuple[str, ...]]:
    shared = declarations().synonyms
    return {name: (*declared.synonyms.get(name, ()), *shared.get(name, ())) for name in columns}


def _values(catalog: Catalog, table: str, column: str) -> dict[str, str]:
    """The words for the values of a column, as its table or an entity over it lists them."""
    listed = [catalog.tables[table].columns[column].values or {}]
    for entity in catalog.entities.values():
        if entity.table == table and column in entity.columns:
            listed.append(entity.columns[column].values or {})
    return {
        word.lower(): value
        for values in listed
        for value, words in values.items()
        for word in (*words, value)
    }
