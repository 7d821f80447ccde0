"""An empty warehouse and short ways to import a file into it and look."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.errors import PilothouseError, Refusal
from warehouse.catalog import load_catalog
from warehouse.connect.checking import Reading
from warehouse.connect.files import opened
from warehouse.connect.importing import Imported, Request, create_empty, import_rows
from warehouse.connect.source import Source
from warehouse.engines.duckdb import DuckDBWarehouse

NOON = datetime(2026, 6, 29, 12, 0, 0)


class ImportsWorld:
    """A warehouse of its own in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalog = load_catalog()
        self.warehouse = DuckDBWarehouse(folder / "warehouse.duckdb", must_exist=False)
        self.rejected_file = folder / "rejected.csv"
        create_empty(self.warehouse, self.catalog)

    def file(self, name: str, content: str | bytes) -> Path:
        """A file somebody exported."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def bring(
        self,
        table: str,
        source: Path | Source,
        *,
        columns: dict[str, str] | None = None,
        formats: tuple[str, ...] = (),
        decimal: str | None = None,
        encoding: str | None = None,
        dry_run: bool = False,
    ) -> Imported:
        """Import a file or another source."""
        if isinstance(source, Path):
            spool = self.folder / f"spool-{len(list(self.folder.iterdir()))}"
            spool.mkdir()
            source = opened(source, spool, encoding=encoding)
        reading = Reading(formats, decimal)
        request = Request(table, columns or {}, reading, dry_run)
        return import_rows(
            self.warehouse,
            self.catalog,
            source,
            request,
            rejected_file=self.rejected_file,
            now=NOON,
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the warehouse says."""
        return self.warehouse.fetch(sql).rows

    def rejected(self) -> list[list[str]]:
        """The rejected rows as they lie in their file."""
        with self.rejected_file.open(newline="") as opened_file:
            return list(csv.reader(opened_file))[1:]


def refused(world: ImportsWorld, table: str, file: Path, **how: Any) -> Refusal:
    """Why an import was refused, which also says what to do."""
    with pytest.raises(PilothouseError) as error:
        world.bring(table, file, **how)
    assert error.value.refusal.fix
    return error.value.refusal
