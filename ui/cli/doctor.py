"""``doctor``: check what a workspace stands on, and say what to do about what is not fine."""

from __future__ import annotations

import platform
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import click
import duckdb
import httpx
import sqlalchemy as sa

from control import holds
from control.store import open_store
from control.tables import audit
from core.errors import Code, PilothouseError
from core.settings import Settings
from ui import clock, own_warehouse
from ui.anchoring import Anchors
from ui.cli import remote
from ui.cli.session import Output, Session, common
from ui.restoring import older
from warehouse.catalog import load_catalog

PACKAGES = ("pilothouse", "duckdb", "sqlglot", "langgraph", "streamlit", "sqlalchemy")
OLDEST, TOO_NEW = (3, 11), (3, 14)
"""Versions of Python that Pilothouse runs on: from the one, and below the other."""
OPENAI = "https://api.openai.com/v1"
OFF = timedelta(minutes=1)
"""Clocks that differ by less are alike."""
SECONDS = 5.0


class Check(NamedTuple):
    """One thing that was looked at. ``fix`` says what to do when it is not fine."""

    name: str
    fine: bool
    detail: str
    fix: str | None = None


@click.command()
@common
def doctor(session: Session) -> Output:
    """Check versions, settings, folder, clock, warehouse, control store, model endpoint, port,
    destinations and notifications."""
    checks = [_python(), *map(_package, PACKAGES)]
    try:
        settings = session.settings()
    except PilothouseError as error:
        checks.append(_failed("settings", error))
    else:
        checks += [Check("settings", True, str(settings.workspace)), *_of_settings(settings)]
    lines = [
        f"{'ok ' if check.fine else 'NOT'} {check.name:<12} {check.detail}"
        + (f"\n                 {check.fix}" if check.fix and not check.fine else "")
        for check in checks
    ]
    fine = all(check.fine for check in checks)
    document = {"fine": fine, "checks": [check._asdict() for check in checks]}
    return Output("\n".join(lines), document, 0 if fine else 1)


def _of_settings(settings: Settings) -> list[Check]:
    return [
        _folder(settings),
        _clock(settings),
        _warehouse(settings),
        _control(settings),
        _model(settings),
        _port(settings),
        *_destinations(settings),
        *_notifications(settings),
        *_kept(settings),
    ]


def _failed(name: str, error: PilothouseError) -> Check:
    return Check(name, False, error.refusal.message, error.refusal.fix)


def _python() -> Check:
    fits = OLDEST <= sys.version_info[:2] < TOO_NEW
    fix = "Use Python 3.11 to 3.13: 'make up' finds one."
    return Check("python", fits, platform.python_version(), fix)


def _package(name: str) -> Check:
    try:
        return Check(name, True, version(name))
    except PackageNotFoundError:
        return Check(name, False, "not installed", "Install what is missing with 'make up'.")


def _folder(settings: Settings) -> Check:
    """Whether the workspace can be written to; one that is not there yet, where it would be."""
    folder = settings.workspace
    there = next(one for one in (folder, *folder.parents) if one.exists())
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"pilothouse")
    except OSError as error:
        fix = "Give this user the right to write there, or choose another --workspace."
        return Check("folder", False, f"{there} cannot be written to: {error.strerror}", fix)
    made = "can be written to" if there == folder else "is made on first use"
    return Check("folder", True, f"{folder} {made}")


def _clock(settings: Settings) -> Check:
    """Whether this machine's clock is that of the disk, and not behind what is written already."""
    now = datetime.now(UTC).replace(tzinfo=None)
    why = _off_disk(settings.workspace) or _behind(settings, now)
    if why:
        fix = "Set this machine's clock (UTC): windows, expiry and signatures go by it."
        return Check("clock", False, why, fix)
    demo = clock.read(settings.workspace, wall=now) if settings.identity == "demo" else None
    told = f"; the demo's is {demo:%Y-%m-%d %H:%M}" if demo else ""
    return Check("clock", True, f"{now:%Y-%m-%d %H:%M} UTC{told}")


def _off_disk(folder: Path) -> str | None:
    there = next(one for one in (folder, *folder.parents) if one.exists())
    try:
        with tempfile.NamedTemporaryFile(dir=there) as file:
            differs = abs(Path(file.name).stat().st_mtime - time.time())
    except OSError:
        return None  # that the folder cannot be written to is said of the folder
    if differs <= OFF.total_seconds():
        return None
    return f"The disk of {folder} says another time, {differs:,.0f} seconds apart."


def _behind(settings: Settings, now: datetime) -> str | None:
    """A team's control store does not know the future; a demo's has a time of its own."""
    if settings.identity == "demo":
        return None
    try:
        store = open_store(settings.control_url)
    except PilothouseError:
        return None  # said of the control store
    with store.read() as connection:
        last: datetime | None = connection.execute(sa.select(sa.func.max(audit.c.at))).scalar()
    store.close()
    if last is None or last <= now + OFF:
        return None
    return f"It is {now:%Y-%m-%d %H:%M} UTC here, but the audit log has {last:%Y-%m-%d %H:%M}."


def _warehouse(settings: Settings) -> Check:
    try:
        path = own_warehouse.warehouse_path(settings)
        opened = own_warehouse.open_warehouse(settings, read_only=True)
    except PilothouseError as error:
        server = remote.running(settings.workspace)
        if error.refusal.code is Code.WAREHOUSE_LOCKED and server:
            told = f"{path}: held by the server of this workspace, process {server['pid']}"
            return Check("warehouse", True, told)
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
    """Whether the endpoint answers and lets us in; its list of models costs nothing."""
    model = settings.model
    if not model.configured:
        return Check("model", True, "none configured: the grammar planner answers")
    base = (model.base_url or OPENAI).rstrip("/")
    sent = {"Authorization": f"Bearer {model.api_key}"} if model.api_key else {}
    try:
        answer = httpx.get(f"{base}/models", headers=sent, timeout=SECONDS, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        why, fix = f"{base} does not answer: {error}", "Start the server, or correct the URL."
        return Check("model", False, why, f"{fix} It is OPENAI_BASE_URL, or base_url of [model].")
    if answer.status_code in (401, 403):
        why = f"{base} answers and does not let us in ({answer.status_code})"
        return Check("model", False, why, "Correct OPENAI_API_KEY.")
    if answer.status_code >= 500:
        why = f"{base} answers with {answer.status_code}"
        return Check(
            "model", False, why, "Look at the model server; the grammar answers meanwhile."
        )
    return Check("model", True, f"{model.name} at {base}")


def _port(settings: Settings) -> Check:
    from ui.ports import require_free

    server, here = remote.running(settings.workspace), f"{settings.host}:{settings.port}"
    if server and str(server["url"]).endswith(here):
        told = f"{here} is the server of this workspace, process {server['pid']}"
        return Check("port", True, told)
    try:
        require_free(settings.host, settings.port)
    except PilothouseError as error:
        return _failed("port", error)
    return Check("port", True, f"{here} is free")


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
