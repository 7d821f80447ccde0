"""``demo-data``: make the demo's warehouse."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from core.errors import Code, refuse
from core.settings import Settings
from ui import clock
from ui.cli.session import Output, Session, common
from ui.own_warehouse import warehouse_path
from warehouse.catalog import load_catalog
from warehouse.demo.generate import AS_OF, SCENARIOS, generate
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.published import publish

_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'"


def make_demo_data(
    settings: Settings,
    *,
    users: int,
    days: int,
    seed: int,
    as_of: date,
    scenario: str,
) -> dict[str, Any]:
    """Write the demo warehouse of a workspace and publish its copy; gives truth and sizes."""
    path = warehouse_path(settings)
    make_folder(path.parent)
    started = time.perf_counter()
    # A file appears under its name only when it is whole: Ctrl-C leaves no half of a demo.
    making = path if path.exists() else path.with_name(f".{path.name}.making")
    if making != path:
        making.unlink(missing_ok=True)
    warehouse = DuckDBWarehouse(
        making,
        memory_limit_mb=settings.memory_limit_mb,
        threads=settings.threads,
        must_exist=False,
    )
    try:
        _require_demo(warehouse, path)
        with warehouse.cursor() as cursor:
            truth = generate(
                cursor, users=users, days=days, seed=seed, as_of=as_of, scenario=scenario
            )
        events = warehouse.fetch("SELECT COUNT(*) FROM fct_events").scalar()
        publish(warehouse, load_catalog(settings.catalog), settings.workspace / "published")
    finally:
        warehouse.close()
    making.replace(path)
    wall = datetime.now(UTC).replace(tzinfo=None)
    clock.start(settings.workspace, at=truth.as_of, wall=wall)
    return {
        "warehouse": str(path),
        "users": users,
        "events": events,
        "seconds": round(time.perf_counter() - started, 1),
        "truth": truth.model_dump(mode="json"),
    }


def _require_demo(warehouse: DuckDBWarehouse, path: Path) -> None:
    """Demo data replaces demo data only: tables of somebody's own are left alone."""
    names = {name for (name,) in warehouse.fetch(_TABLES).rows}
    if names and "meta" not in names:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The warehouse holds tables that are no demo data, such as '{min(names)}'.",
            span=str(path),
            fix="Make the demo in a workspace of its own with --workspace.",
        )


@click.command("demo-data")
@click.option("--users", type=click.IntRange(1), default=20_000, show_default=True)
@click.option("--days", type=click.IntRange(1), default=120, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=7, show_default=True)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day the data ends.")
@click.option("--scenario", type=click.Choice(list(SCENARIOS)), default="ios_checkout")
@common
def demo_data(
    session: Session, users: int, days: int, seed: int, as_of: datetime | None, scenario: str
) -> Output:
    """Write the demo warehouse; the same arguments give the same data."""
    document = make_demo_data(
        session.settings(),
        users=users,
        days=days,
        seed=seed,
        as_of=as_of.date() if as_of else AS_OF,
        scenario=scenario,
    )
    text = (
        f"{document['users']:,} users and {document['events']:,} events in "
        f"{document['seconds']} s: {document['warehouse']}"
    )
    return Output(text, document)


def make_folder(folder: Path) -> None:
    """Make the folder of a workspace; refuses where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refuse(
            Code.SETTINGS_INVALID,
            f"The folder {folder} cannot be made: {error.strerror}.",
            span=str(folder),
            fix="Choose another one with --workspace.",
        ) from error
