"""``collect volume`` and ``collect unread``: what arrives, what leaves, and what nobody reads."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from collect.volume import Volume, log_bytes, volumes
from control import routing, sources
from ui.cli.session import Output, Session, common
from ui.event_readers import readers_of_events

if TYPE_CHECKING:
    from ui.workspace import Workspace

_UNITS = ("B", "KB", "MB", "GB", "TB")


class Left(NamedTuple):
    """What was handed to a destination, by event."""

    destination: str
    name: str
    events: int
    bytes: int


@click.command()
@click.option("--days", type=click.IntRange(1, 3650), help="Only what was received since then.")
@common
def volume(session: Session, days: int | None) -> Output:
    """Show events and bytes by event, source and destination, the largest first."""
    with session.workspace() as workspace:
        since = workspace.now() - timedelta(days=days) if days else None
        _ = workspace.intake
        names = {one.id: one.name for one in sources.list_all(workspace.store)}
        found = volumes(workspace.warehouse, since)
        left = _left(workspace, since)
        size = log_bytes(workspace.intake.log.folder)
    lines = [_line(one, names) for one in found]
    lines += [f"→ {one.destination}: {_counted(one.events, one.bytes)}  {one.name}" for one in left]
    lines.append(f"The raw log takes {_size(size)}.")
    document = {
        "events": [_document(one, names) for one in found],
        "destinations": [one._asdict() for one in left],
        "raw_log_bytes": size,
    }
    return Output("\n".join(lines), document)


@click.command()
@common
def unread(session: Session) -> Output:
    """List the events that no rule, model, audience, funnel or goal reads, the largest first."""
    with session.workspace() as workspace:
        read = readers_of_events(workspace)
        plan = workspace.intake.plan.events
        sizes: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for one in volumes(workspace.warehouse):
            if one.type in (None, "track"):
                sizes[one.name][0] += one.stored
                sizes[one.name][1] += one.bytes
    names = sorted({*plan, *(name for name, (stored, _) in sizes.items() if stored)} - {*read})
    names.sort(key=lambda name: -sizes[name][1])
    found = [
        {"event": name, "stored": sizes[name][0], "bytes": sizes[name][1], "planned": name in plan}
        for name in names
    ]
    text = "\n".join(
        f"{one['event']}: {_counted(*sizes[str(one['event'])])}"
        f"{'' if one['planned'] else ', not planned'}"
        for one in found
    )
    return Output(text or "Something reads every event.", found)


def _left(workspace: Workspace, since: datetime | None) -> list[Left]:
    first = since.date() if since else date.min
    totals: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for one in routing.volume(workspace.store):
        if one.day >= first:
            totals[one.destination, one.event_name][0] += one.events
            totals[one.destination, one.event_name][1] += one.bytes
    found = [Left(*key, *counts) for key, counts in totals.items()]
    return sorted(found, key=lambda one: (-one.bytes, one.destination, one.name))


def _line(one: Volume, names: dict[str, str]) -> str:
    source = names.get(one.source, one.source) or "no source"
    dead = f", {one.dead_letters:,} dead letters" if one.dead_letters else ""
    return f"{source}: {_counted(one.stored, one.bytes)}  {one.name}{dead}"


def _document(one: Volume, names: dict[str, str]) -> dict[str, Any]:
    return one._asdict() | {"source_name": names.get(one.source)}


def _counted(events: int, size: int) -> str:
    return f"{events:,} events, {_size(size)}"


def _size(size: float) -> str:
    for unit in _UNITS:
        if size < 1000 or unit == _UNITS[-1]:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError("the last unit takes any size")
