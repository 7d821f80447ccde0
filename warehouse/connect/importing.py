"""An import: match, stage, check, then write in one transaction what the table lacks.

The same source again changes nothing: rows are known by the table's natural key,
and a row that says what the table says already is left alone.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import duckdb
from sqlglot import exp

from warehouse.catalog import Catalog
from warehouse.connect import checking, imports
from warehouse.connect.checking import Reading, Tombstones
from warehouse.connect.declared import Target, target
from warehouse.connect.imports import Counts
from warehouse.connect.matching import match
from warehouse.connect.source import STAGED, Rejected, Source
from warehouse.connect.writing import count, create, refuse_view, types_of, write
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.transactions import all_or_nothing, undone

CREATED_EMPTY = ("dim_campaigns", "external_signals")
"""Canonical tables that nothing but an import fills."""


class Imported(NamedTuple):
    """What one import did."""

    table: str
    source: str
    counts: Counts
    columns: dict[str, str]
    """Ours → theirs."""
    ignored: tuple[str, ...]
    """Their columns that nothing here stands for."""
    notes: tuple[str, ...]
    rejected_file: str | None
    dry_run: bool


@dataclass(frozen=True)
class Request:
    """What somebody asked to import, and how."""

    table: str
    columns: Mapping[str, str] = field(default_factory=dict)
    """Theirs → ours, where the names do not say it."""
    reading: Reading = field(default_factory=Reading)
    dry_run: bool = False
    tombstones: Tombstones = field(default_factory=Tombstones)
    """Who was forgotten and must not come back."""


def create_empty(warehouse: DuckDBWarehouse, catalog: Catalog) -> None:
    """Make the tables that only imports fill, where the catalog lists them."""
    for table in CREATED_EMPTY:
        if table in catalog.tables:
            with warehouse.cursor() as cursor:
                create(cursor, target(catalog, table))


def import_rows(
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    source: Source,
    request: Request,
    *,
    rejected_file: Path,
    now: datetime,
) -> Imported:
    """Import a source into a table; refusals come before anything is written."""
    into = target(catalog, request.table)
    matched = match(source.names, into, request.columns)
    columns = list(matched.places)
    with warehouse.cursor() as cursor, TemporaryDirectory() as spool:
        refuse_view(cursor, into)
        checking.prepare(cursor)
        broken = source.stage(cursor, matched.places, Path(spool))
        problems = checking.check(
            cursor, into, columns, types_of(cursor, into), request.reading, request.tombstones
        )
        rejected = sorted((*broken, *problems), key=lambda one: (one.row, one.column or ""))
        counts = Counts(
            rows=count(cursor, exp.to_table(STAGED)) + len(broken),
            rejected=len({one.row for one in rejected}),
        )
        with (undone if request.dry_run else all_or_nothing)(cursor):
            counts = write(cursor, into, columns, counts)
            imports.log(cursor, into.table, source.name, counts, source.since, now)
        notes = _notes(cursor, into, columns)
    return Imported(
        table=into.table,
        source=source.name,
        counts=counts,
        columns={ours: source.names[place] for ours, place in matched.places.items()},
        ignored=matched.ignored,
        notes=notes,
        rejected_file=keep_rejected(rejected_file, rejected),
        dry_run=request.dry_run,
    )


def _notes(
    cursor: duckdb.DuckDBPyConnection, into: Target, columns: Sequence[str]
) -> tuple[str, ...]:
    """What somebody should know although nothing is wrong."""
    found = {name: checking.unlisted(cursor, into, name) for name in columns if name in into.values}
    return tuple(
        f"{name} has values that the catalog does not list: {', '.join(values)}"
        for name, values in found.items()
        if values
    )


def keep_rejected(file: Path, rejected: Sequence[Rejected]) -> str | None:
    """Write what was rejected; a file of an earlier time goes when nothing is. Gives the file."""
    if not rejected:
        file.unlink(missing_ok=True)
        return None
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(("row", "column", "value", "reason"))
        writer.writerows(rejected)
    return str(file)
