"""Imports of a workspace: which source, where rejected rows go, and the copy that others read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from control.forgetting import tombstones_of
from ui import modelling
from ui.workspace import Workspace
from warehouse.connect.checking import Tombstones
from warehouse.connect.files import opened
from warehouse.connect.importing import Imported, Request, import_rows
from warehouse.connect.imports import Since, read_up_to
from warehouse.connect.postgres import PostgresTable, source_name
from warehouse.connect.source import Source

log = structlog.get_logger(__name__)

FOLDER = "rejected"
"""Where rejected rows lie, in the workspace."""
_NOT_IN_A_NAME = re.compile(r"[^\w.-]+")


@contextmanager
def file_source(path: Path, *, encoding: str | None, separator: str | None) -> Iterator[Source]:
    """A file as a source, for as long as it is read."""
    with TemporaryDirectory() as spool:
        yield opened(path, Path(spool), encoding=encoding, separator=separator)


def postgres_source(
    workspace: Workspace, into: str, url: str, table: str, since: str | None
) -> Source:
    """A table of a PostgreSQL database; with ``since``, from where its last import ended."""
    start: Since | None = None
    if since is not None:
        start = read_up_to(workspace.warehouse, into, source_name(url, table), since)
    return PostgresTable(url, table, start)


def bring_in(
    workspace: Workspace, source: Source, request: Request, rejected: Path | None
) -> Imported:
    """Import a source, and let readers see it."""
    stones = tombstones_of(workspace.store)
    done = import_rows(
        workspace.warehouse,
        workspace.catalog,
        source,
        replace(request, tombstones=Tombstones(stones.salt, stones.hashes)),
        rejected_file=rejected or rejected_file(workspace, request.table, source.name),
        now=workspace.now(),
    )
    log.info("imported", table=done.table, dry_run=done.dry_run, **done.counts._asdict())
    if not request.dry_run and done.counts.inserted + done.counts.updated:
        modelling.follow(workspace)
    return done


def rejected_file(workspace: Workspace, table: str, source: str) -> Path:
    """Where rejected rows go: one file a table and source, which the same file overwrites."""
    name = _NOT_IN_A_NAME.sub("_", source)
    return workspace.settings.workspace / FOLDER / f"{table}-{name}.csv"
