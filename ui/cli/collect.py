"""``collect``: plan, sources and their keys, events of files, the ledger, dead letters, replay."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import click

from collect.body import parsed
from collect.load import Loaded, shown
from control import sources
from control.sources import Source
from core.errors import Code, refuse
from core.masking import masked_event, masked_text
from ui import modelling
from ui.cli.plan import plan
from ui.cli.radar import radar
from ui.cli.session import Listing, Output, Session, common, looked_at_by, said_by
from ui.cli.volume import unread, volume
from ui.row_limits import require_unlimited
from ui.workspace import Workspace
from warehouse.catalog import public_properties

DEED = "change what is collected"
IMPORT_EVENTS = 1_000
"""Events of a file that are taken in together, as one request of an SDK would be."""


@click.group(cls=Listing)
def collect() -> None:
    """Events that SDKs send: plan, sources, import, dead letters, replay."""


collect.add_command(plan)
collect.add_command(radar)
collect.add_command(volume)
collect.add_command(unread)


@collect.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", "name", default="Workout app", show_default=True)
@common
def import_file(session: Session, file: Path, name: str) -> Output:
    """Take in the events of an NDJSON file, as if an SDK had sent them now, and load them."""
    with session.workspace() as workspace:
        intake, source = workspace.intake, _source(workspace, name)
        loaded = intake.take_in(source, _chunks(session.folder / file))
        if loaded.stored:
            modelling.follow(workspace)
    return Output(_said(loaded), loaded._asdict())


def _said(loaded: Loaded) -> str:
    return (
        f"{loaded.received:,} received = {loaded.stored:,} stored + "
        f"{loaded.duplicate:,} duplicates + {loaded.dead_letter:,} dead letters + "
        f"{loaded.suppressed:,} suppressed"
    )


def _chunks(file: Path) -> Iterator[list[Any]]:
    try:
        with file.open("rb") as opened:
            events = (_event(line) for line in opened if line.strip())
            while chunk := list(islice(events, IMPORT_EVENTS)):
                yield chunk
    except OSError as error:
        raise refuse(
            Code.INVALID_FILE,
            f"{file} cannot be read: {error.strerror}.",
            span=str(file),
            fix="Name a file of one JSON event a line.",
        ) from error


def _event(line: bytes) -> Any:
    """A line as an event; one that is no JSON stays a text, and becomes a dead letter."""
    try:
        return parsed(line)
    except (ValueError, RecursionError):
        return line.decode(errors="replace")


def _source(workspace: Workspace, name: str) -> Source:
    known = sources.list_all(workspace.store)
    found = next((source for source in known if source.name == name), None)
    if found is None:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"There is no source named '{name}'.",
            span=name,
            fix=f"Known: {', '.join(source.name for source in known) or 'none'}; "
            "add one with 'pilothouse collect add-source'.",
        )
    return found


@collect.command("sources")
@common
def list_sources(session: Session) -> Output:
    """List the sources with the write keys that their SDKs show."""
    with session.workspace() as workspace:
        known = sources.list_all(workspace.store)
    text = "\n".join(
        f"{one.name}  {one.write_key}  {'enabled' if one.enabled else 'disabled'}  "
        f"unplanned: {one.unplanned}"
        for one in known
    )
    return Output(text or "No source yet.", [one.model_dump() for one in known])


@collect.command("add-source")
@click.argument("name")
@click.option(
    "--unplanned",
    type=click.Choice(["accept", "dead_letter", "suppress"]),
    default="dead_letter",
    show_default=True,
    help="What becomes of events that the tracking plan does not list.",
)
@said_by("ada@demo", "Who changes it.")
@common
def add_source(session: Session, name: str, unplanned: sources.Unplanned, email: str) -> Output:
    """Add a source; its new write key is printed."""
    with session.workspace() as workspace:
        who, intake = session.admin(workspace, email, DEED).email, workspace.intake
        key = secrets.token_urlsafe(20)
        source = Source(id=key[:12], name=name, write_key=key, unplanned=unplanned)
        sources.add(workspace.store, source, who=who, now=workspace.now())
        intake.refresh()
    return Output(f"{name}: write key {key}", source.model_dump())


@collect.command("enable-source")
@click.argument("name")
@said_by("ada@demo", "Who changes it.")
@common
def enable_source(session: Session, name: str, email: str) -> Output:
    """Let a source send again."""
    return _set_enabled(session, name, True, email)


@collect.command("disable-source")
@click.argument("name")
@said_by("ada@demo", "Who changes it.")
@common
def disable_source(session: Session, name: str, email: str) -> Output:
    """Refuse what a source sends; its SDKs drop it."""
    return _set_enabled(session, name, False, email)


def _set_enabled(session: Session, name: str, enabled: bool, email: str) -> Output:
    with session.workspace() as workspace:
        who = session.admin(workspace, email, DEED).email
        sources.set_enabled(workspace.store, name, enabled, who=who, now=workspace.now())
        workspace.intake.refresh()
    word = "enabled" if enabled else "disabled"
    return Output(f"{name} is {word}.", {"name": name, "enabled": enabled})


@collect.command()
@common
def ledger(session: Session) -> Output:
    """Show what became of every event received, by source."""
    found = _rows(session, "ledger_by_source")
    text = "\n".join(
        f"{row['source_id']}: {_said(Loaded(*(row[name] for name in Loaded._fields)))}"
        for row in found
    )
    return Output(text or "Nothing was received yet.", found)


@collect.group("dead-letters")
def dead_letters() -> None:
    """Events that were not accepted, kept whole with the reason."""


@dead_letters.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@looked_at_by
@common
def list_dead_letters(session: Session, limit: int, email: str | None) -> Output:
    """The newest dead letters, with code, path and reason; their values in the clear only for
    whoever sees personal data."""
    with session.workspace() as workspace:
        _ = workspace.intake
        sight = session.sight(workspace, email)
        require_unlimited(sight, "read events that belong to nobody yet")
        found = shown(workspace.warehouse, "dead_letters", {"limit": limit})
        public = public_properties(workspace.catalog)
    for row in found:
        row["body"] = json.loads(row["body"])
        if not sight.clear:
            row["body"] = masked_event(row["body"], public)
            row["message"] = masked_text(row["message"])
    if sight.clear and found:
        session.record(f"{len(found)} dead letters")
    text = "\n".join(
        f"{row['received_at']:%Y-%m-%d %H:%M:%S}  {row['code']}  {row['path']}  {row['message']}  "
        f"({row['message_id']})"
        for row in found
    )
    return Output(text or "No dead letters.", found)


@collect.command()
@said_by("ada@demo", "Who changes it.")
@common
def replay(session: Session, email: str) -> Output:
    """Load the whole raw log again under the tracking plan as it is now."""
    with session.workspace() as workspace:
        session.admin(workspace, email, DEED)
        loaded = workspace.intake.reprocess(workspace.intake.plan).loaded
        modelling.follow(workspace)
    return Output(_said(loaded), loaded._asdict())


def _rows(
    session: Session, query: str, params: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    with session.workspace() as workspace:
        _ = workspace.intake
        return shown(workspace.warehouse, query, params)
