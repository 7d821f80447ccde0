"""A workspace over a team's own warehouse: theirs is attached and only read, ours is beside it.

What Pilothouse writes (decisions, messages, events that arrive here) lies in the
workspace's own file. The catalog's views bring the team's tables into it under
the names that rules use; nothing is copied.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import structlog
from sqlglot import exp

from core.errors import Code, refuse
from core.settings import Settings
from warehouse.catalog import Catalog, load_catalog
from warehouse.engines.duckdb import DIALECT, DuckDBWarehouse
from warehouse.models.sources import CANONICAL, Sources, sources_of
from warehouse.models.words import listing_only
from warehouse.views import FOLDER, SOURCE, create_views, load_views

log = structlog.get_logger(__name__)

URL = "duckdb:///"
_COLUMNS = """
    SELECT column_name FROM information_schema.columns
    WHERE table_schema = 'main' AND table_catalog = CURRENT_DATABASE() AND table_name = $table
"""


def path_in(url: str, settings: Settings, setting: str) -> Path:
    """The DuckDB file of a URL; refuses engines that are not there yet."""
    if not url.startswith(URL):
        raise refuse(
            Code.SETTINGS_INVALID,
            f"The warehouse '{url.split(':', 1)[0]}' is not supported yet.",
            span=setting,
            fix="Use duckdb:///path/to/file.duckdb.",
        )
    path = Path(url.removeprefix(URL))
    return path if path.is_absolute() else settings.workspace.parent / path


def warehouse_path(settings: Settings) -> Path:
    """The DuckDB file that a workspace uses; refuses engines that are not there yet."""
    return path_in(settings.warehouse_url, settings, "warehouse")


def open_warehouse(settings: Settings, *, read_only: bool = False) -> DuckDBWarehouse:
    """The workspace's own warehouse, with the team's attached when the settings name one."""
    attached = {}
    if settings.source_url is not None:
        attached[SOURCE] = path_in(settings.source_url, settings, "source")
    return DuckDBWarehouse(
        warehouse_path(settings),
        memory_limit_mb=settings.memory_limit_mb,
        threads=settings.threads,
        read_only=read_only,
        must_exist=not attached or read_only,
        attached=attached,
    )


def open_mapped(settings: Settings) -> DuckDBWarehouse:
    """The workspace's warehouse with the catalog's views over the team's tables made anew."""
    opened = open_warehouse(settings)
    if settings.source_url is None or settings.catalog is None:
        return opened
    with ExitStack() as undo:
        undo.callback(opened.close)
        create_views(opened, load_views(settings.catalog))
        undo.pop_all()
    return opened


def is_newer(settings: Settings, copy: Path) -> bool:
    """Whether the team's file, a view over it or the catalog changed after the published copy."""
    if settings.source_url is None or settings.catalog is None:
        return False
    read = [path_in(settings.source_url, settings, "source")]
    read += [*settings.catalog.glob("*.yaml"), *(settings.catalog / FOLDER).glob("*.sql")]
    made = copy.stat().st_mtime_ns
    return any(file.stat().st_mtime_ns > made for file in read)


def ground_of_models(settings: Settings) -> Sources:
    """What trait models may read: the team's own tables over its warehouse, else the canonical."""
    if settings.source_url is None or settings.catalog is None:
        return CANONICAL
    files = sorted(settings.catalog.glob("*.yaml"))
    return _ground(settings.catalog, max((file.stat().st_mtime_ns for file in files), default=0))


@lru_cache(maxsize=8)
def _ground(catalog: Path, _changed: int) -> Sources:
    return sources_of(load_catalog(catalog))


def with_built_traits(catalog: Catalog, warehouse: DuckDBWarehouse, settings: Settings) -> Catalog:
    """Over a team's own tables the catalog lists the traits that a model gives, and their table.

    What its file lists beside these is named in the log: nothing can be asked of it yet.
    """
    if settings.source_url is None:
        return catalog
    table = catalog.layout.traits.table
    built = {name for (name,) in warehouse.fetch(_COLUMNS, {"table": table}).rows}
    if missing := sorted(catalog.traits.keys() - built):
        log.warning("traits_not_built", traits=missing, fix="pilothouse model apply --dir DIR")
    return listing_only(catalog, built)


def end_of_events(warehouse: DuckDBWarehouse, catalog: Catalog, now: datetime) -> datetime:
    """The second after the newest event that is not in the future; ``now`` without any."""
    events = catalog.layout.events
    time = exp.column(events.time)
    query = exp.select(exp.Max(this=time)).from_(exp.table_(events.table))
    query = query.where(exp.LTE(this=time.copy(), expression=exp.Placeholder(this="now")))
    newest = warehouse.fetch(query.sql(DIALECT), {"now": now}).scalar()
    if not isinstance(newest, datetime):
        return now
    return min(now, newest.replace(microsecond=0) + timedelta(seconds=1))
