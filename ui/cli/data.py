"""``demo-data`` and ``doctor``: make the demo's warehouse, and check what a workspace stands on."""

from __future__ import annotations

import platform
import time
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import click
import duckdb
import httpx

from control import holds
from control.store import open_store
from core.errors import Code, PilothouseError, refuse
from core.settings import Settings
from ui import clock, own_warehouse
from ui.anchoring import Anchors
from ui.cli.session import Output, Session, common
from ui.restoring import older
from ui.workspace import warehouse_path
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


class Check(NamedTuple):
    """One thing that was looked at. ``fix`` says what to do when it is not fine."""

    name: str
    fine: bool
    detail: str
    fix: str | None = None


@click.command()
@common
def doctor(session: Session) -> Output:
    """Check versions, settings, warehouse, control store, model endpoint, port and destinations."""
    checks = [Check("python", True, platform.python_version())]
    checks += [Check(name, True, version(name)) for name in ("duckdb", "sqlglot", "langgraph")]
    try:
        settings = session.settings()
    except PilothouseError as error:
        checks.append(_failed("settings", error))
    else:
        checks += [
            Check("settings", True, str(settings.workspace)),
            _warehouse(settings),
            _control(settings),
            _model(settings),
            _port(settings),
            *_destinations(settings),
            *_notifications(settings),
            *_kept(settings),
        ]
    lines = [
        f"{'ok ' if check.fine else 'NOT'} {check.name:<12} {check.detail}"
        + (f"\n                 {check.fix}" if check.fix and not check.fine else "")
        for check in checks
    ]
    fine = all(check.fine for check in checks)
    document = {"fine": fine, "checks": [check._asdict() for check in checks]}
    return Output("\n".join(lines), document, 0 if fine else 1)


def _failed(name: str, error: PilothouseError) -> Check:
    return Check(name, False, error.refusal.message, error.refusal.fix)


def _warehouse(settings: Settings) -> Check:
    try:
        path: Path = warehouse_path(settings)
        opened = own_warehouse.open_warehouse(settings, read_only=True)
    except PilothouseError as error:
        return _failed("warehouse", error)
    try:
        users = load_catalog(settings.catalog).layout.users.table
        with opened.cursor() as cursor:
            count = cursor.table(users).count("*").fetchall()[0][0]
        return Check("warehouse", True, f"{path}: {count:,} rows in {users}")
    except (duckdb.Error, PilothouseError) as error:
        return Check("warehouse", False, str(error).splitlines()[0], "Run 'pilothouse demo-data'.")
    finally:
        opened.close()


def _control(settings: Settings) -> Check:
    try:
        store = open_store(settings.control_url)
    except PilothouseError as error:
        return _failed("control", error)
    held = holds.of(store)
    why = held.why if held else older(store, Anchors(settings.workspace))
    store.close()
    if why:
        return Check("control", False, f"nothing goes live and nothing is sent: {why}", holds.FIX)
    return Check("control", True, settings.control_url)


def _model(settings: Settings) -> Check:
    model = settings.model
    if not model.configured:
        return Check("model", True, "none configured: the grammar planner answers")
    if not model.base_url:
        return Check("model", True, f"{model.name} at OpenAI (not called)")
    try:
        httpx.get(model.base_url.rstrip("/") + "/models", timeout=5, trust_env=False)
    except httpx.HTTPError as error:
        return Check(
            "model",
            False,
            f"{model.base_url} does not answer: {error}",
            "Start the server, or correct OPENAI_BASE_URL.",
        )
    return Check("model", True, f"{model.name} at {model.base_url}")


def _port(settings: Settings) -> Check:
    from ui.ports import require_free

    try:
        require_free(settings.host, settings.port)
    except PilothouseError as error:
        return _failed("port", error)
    return Check("port", True, f"{settings.host}:{settings.port} is free")


def _kept(settings: Settings) -> list[Check]:
    """Files that say something else than what was approved; what cannot be opened was said."""
    from ui.file_parts import Files
    from ui.governed_files import differing

    try:
        files, store = (
            Files(load_catalog(settings.catalog), settings),
            open_store(settings.control_url),
        )
    except PilothouseError:
        return []
    found = differing(store, files)
    store.close()
    told = [f"{one.file} is not what is in force (v{one.version})" for one in found]
    said = f"{', '.join(told)}: 'pilothouse catalog diff'" if told else "as approved"
    return [Check("files", True, said)]


def _notifications(settings: Settings) -> list[Check]:
    """The ways of telling people; letters that do not arrive are an alert."""
    from ui.notifying.ways import ways_of

    found = ways_of(settings)
    ways = [f"{name} by {one.place}" for name, one in found.usable.items()]
    said = f"{', '.join(ways)} (not tried: 'pilothouse notify test')" if ways else "none set up"
    refused = [Check("notify", False, one.message, one.fix) for one in found.refused.values()]
    return refused or [Check("notify", True, said)]


def _destinations(settings: Settings) -> list[Check]:
    from deliver.registry import checked

    found = checked(settings)
    fine = f"{', '.join(found.usable)} (credentials not tried)"
    checks = [Check("destinations", True, fine)]
    for refusal in found.refused.values():
        checks.append(Check("destinations", False, refusal.message, refusal.fix))
    return checks
