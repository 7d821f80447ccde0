"""``journeys``: paths of steps that users go through; looked at, proposed, paused and migrated."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from control import journeys as runs
from control import versions
from control.versions import JourneyVersion
from core.errors import Code, refuse
from core.journeys import Journey
from orchestrate import rulebook
from orchestrate.journeys.changing import Migration, migrate, planned_migration
from ui import journeys as desk
from ui.cli.session import MOMENT, Listing, Output, Session, common, looked_at_by
from ui.console.view.journey import effect_lines, step_lines
from ui.row_limits import within
from ui.rulebook_files import read_file

APPROVER = "ada@demo"


@click.group(cls=Listing)
def journeys() -> None:
    """Paths of steps that users go through: propose, look, pause, migrate."""


@journeys.command("list")
@common
def list_command(session: Session) -> Output:
    """List every journey with its runs under way and ended."""
    with session.workspace() as workspace:
        found = versions.journeys(workspace.store)
        counted = runs.counts(workspace.store)
    documents = [_document(one) | _sums(counted, one.key) for one in found]
    lines = [
        f"{one['key']:<28} v{one['version']:<4} {one['state']:<8} "
        f"{one['active']:>8,} under way {sum(one['ended'].values()):>8,} ended"
        for one in documents
    ]
    return Output("\n".join(lines) or "No journeys yet.", documents)


@journeys.command("show")
@click.argument("key")
@click.option("--version", type=click.IntRange(1), help="An older version.")
@common
def show_command(session: Session, key: str, version: int | None) -> Output:
    """Show one journey: its steps, and how many runs are where."""
    with session.workspace() as workspace:
        history = versions.journey_history(workspace.store, key)
        found = _numbered(history, version)
        counted = [one for one in runs.counts(workspace.store) if one[0] == key]
        catalog = workspace.catalog
    standing = {(v, step): n for _, v, step, reason, n in counted if reason is None}
    lines = [f"{key} v{found.version} ({found.state})", *step_lines(found.artifact, catalog)]
    lines += [f"{n:,} at {step} of v{v}" for (v, step), n in sorted(standing.items())]
    document = _document(found) | _sums(counted, key)
    document["standing"] = [
        {"version": v, "step": step, "runs": n} for (v, step), n in sorted(standing.items())
    ]
    lines += [f"{n:,} ended: {reason}" for reason, n in document["ended"].items()]
    return Output("\n".join(lines), document)


@journeys.command("run")
@click.option("--as-of", type=MOMENT, help="The moment (UTC); now by default.")
@common
def run_command(session: Session, as_of: datetime | None) -> Output:
    """Look at every journey once: who enters, who goes on, which messages are due.

    Due messages are decided on by the next cycle, as candidates like any other.
    """
    with session.workspace() as workspace:
        report = desk.look(workspace, as_of or workspace.now())
    if report.skipped:
        return Output("Nothing to do: no journey is live, or a later moment was looked at.", report)
    ended = ", ".join(f"{n:,} {reason}" for reason, n in report.ended.items()) or "none"
    lines = [
        f"{report.entered:,} entered, {report.moved:,} went on, {report.due:,} messages due, "
        f"{report.active:,} under way. Ended: {ended}.",
        *(f"{name} stands still: {why}" for name, why in report.held.items()),
    ]
    return Output("\n".join(lines), report)


@journeys.command("runs")
@click.argument("key")
@click.option("--user", help="Only this user's.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@looked_at_by
@common
def runs_command(
    session: Session, key: str, user: str | None, limit: int, email: str | None
) -> Output:
    """List runs of a journey, the newest first: where each is, or why it ended."""
    with session.workspace() as workspace:
        versions.journey_history(workspace.store, key)
        sight = session.sight(workspace, email)
        found = runs.listed(workspace.store, key, user=user, limit=limit)
        seen = within(workspace, sight, {str(one["user_id"]) for one in found})
    found = [one for one in found if one["user_id"] in seen]
    lines = [run_line(one) for one in found]
    return Output("\n".join(lines) or "No runs.", found)


@journeys.command("propose")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--as", "email", default="mara@demo", show_default=True, help="Who proposes it.")
@click.option("--reason", default="", help="Why, for the approver.")
@click.option("--dry-run", is_flag=True, help="Show what it would do; propose nothing.")
@click.option("--as-of", type=MOMENT, help="The moment that it is judged at (UTC).")
@common
def propose_command(
    session: Session, path: Path, email: str, reason: str, dry_run: bool, as_of: datetime | None
) -> Output:
    """Send a journey, as YAML or JSON in PATH, for approval, with what it would do."""
    journey = _read(session.folder / path)
    with session.workspace() as workspace:
        author = session.person(workspace, email)
        effect = desk.effect_of(workspace, journey, as_of or workspace.as_of())
        document: dict[str, Any] = {"change_request": None, "effect": effect}
        told = effect_lines(effect)
        if not dry_run:
            why = reason or f"The journey of {path.name}."
            request = desk.propose(workspace, journey, effect, author=author, reason=why)
            document["change_request"] = {"id": request.id, "state": request.state}
            told.append(f"{request.id} waits: 'pilothouse approvals show {request.id}'.")
    return Output("\n".join(told), document)


@journeys.command("migrate")
@click.argument("key")
@click.option("--to", type=click.IntRange(1), required=True, help="The version to move to.")
@click.option("--step", "steps", multiple=True, metavar="OLD=NEW", help="A step that was renamed.")
@click.option("--dry-run", is_flag=True, help="Count; move nobody.")
@click.option("--as", "email", default=APPROVER, show_default=True, help="Who moves them.")
@common
def migrate_command(
    session: Session, key: str, to: int, steps: tuple[str, ...], dry_run: bool, email: str
) -> Output:
    """Put the runs under way on another version; those whose step it lacks stay where they are."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        planned = planned_migration(workspace.store, key, to, _renamed(steps))
        if not dry_run:
            planned = migrate(workspace.store, planned, person=person, now=workspace.now())
    return Output(_told(planned, dry_run), _counted(planned, dry_run))


@journeys.command("rollback")
@click.argument("key")
@click.argument("number", type=click.IntRange(1))
@click.option("--as", "email", default=APPROVER, show_default=True, help="Who rolls back.")
@common
def rollback_command(session: Session, key: str, number: int, email: str) -> Output:
    """Put version NUMBER into force again, as a new version; runs under way stay where they are."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        found = desk.roll_back(workspace, key, number, person=person)
    text = f"{key} v{found.version} is live with the content of v{number}."
    return Output(text, _document(found))


@journeys.command("pause")
@click.argument("key")
@click.option("--as", "email", default=APPROVER, show_default=True, help="Who pauses it.")
@common
def pause_command(session: Session, key: str, email: str) -> Output:
    """Let nobody enter and no run go on until it is resumed."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        versions.journey_history(workspace.store, key)
        desk.look(workspace, workspace.now())
        rulebook.pause(workspace.store, key, person=person, now=workspace.now())
        found = versions.journey_history(workspace.store, key)[0]
    return Output(f"{key} is paused.", _document(found))


@journeys.command("resume")
@click.argument("key")
@click.option("--backfill", "backfill", flag_value=True, default=None, type=bool,
              help="Let those enter who qualified meanwhile.")  # fmt: skip
@click.option("--skip", "backfill", flag_value=False, type=bool, help="Leave them out.")
@click.option("--as", "email", default=APPROVER, show_default=True, help="Who resumes it.")
@common
def resume_command(session: Session, key: str, backfill: bool | None, email: str) -> Output:
    """Go on after a pause; asks, with their number, what becomes of those who qualified then."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        _, entered = desk.resume(workspace, key, person=person, backfill=backfill)
    document = {"key": key, "state": "live", "entered": entered}
    return Output(f"{key} goes on; {entered:,} enter who qualified meanwhile.", document)


def _read(file: Path) -> Journey:
    found = read_file(file).artifact
    if not isinstance(found, Journey):
        raise refuse(
            Code.INVALID_FILE,
            f"{file.name} is no journey, but a {found.kind.replace('_', ' ')}.",
            span=found.key,
            fix="See docs/journeys.md for the shape of a journey.",
        )
    return found


def _numbered(history: list[JourneyVersion], number: int | None) -> JourneyVersion:
    for one in history:
        if number in (None, one.version):
            return one
    raise refuse(
        Code.UNKNOWN_KEY,
        f"There is no version {number} of '{history[0].key}'.",
        span=str(number),
        fix=f"The newest is version {history[0].version}.",
    )


def _renamed(steps: tuple[str, ...]) -> dict[str, str]:
    pairs = [one.partition("=") for one in steps]
    for old, equals, new in pairs:
        if not (old and equals and new):
            raise refuse(
                Code.INVALID_ARGUMENT,
                f"'{old}{equals}{new}' does not say which step became which.",
                span=f"{old}{equals}{new}",
                fix="Write OLD=NEW, such as --step push=first_push.",
            )
    return {old: new for old, _, new in pairs}


def _told(planned: Migration, dry_run: bool) -> str:
    would = "would move" if dry_run else "moved"
    lines = [
        f"{planned.moved:,} runs {would} to version {planned.to_version}, {planned.stays:,} stay."
    ]
    for one in planned.moving:
        where = f"to {one.to}" if one.to else "stay: it has no such step"
        lines.append(f"  v{one.version} at {one.step:<24} {one.runs:>8,}  {where}")
    return "\n".join(lines)


def _counted(planned: Migration, dry_run: bool) -> dict[str, Any]:
    moving = [one._asdict() for one in planned.moving]
    sums = {"moved": planned.moved, "stay": planned.stays, "dry_run": dry_run}
    return {"key": planned.journey_key, "to": planned.to_version, **sums, "moving": moving}


def _document(found: JourneyVersion) -> dict[str, Any]:
    document = found._asdict()
    document["artifact"] = found.artifact.model_dump(mode="json")
    return document


def _sums(counted: list[runs.Count], key: str) -> dict[str, Any]:
    ended: dict[str, int] = {}
    for found, _, _, reason, n in counted:
        if found == key and reason is not None:
            ended[reason] = ended.get(reason, 0) + n
    active = sum(n for found, _, _, reason, n in counted if found == key and reason is None)
    return {"active": active, "ended": dict(sorted(ended.items()))}


def run_line(run: dict[str, Any]) -> str:
    """One run: where it is, or why it ended."""
    key = f" {run['entry_key']}" if run["entry_key"] else ""
    where = run["exit_reason"] or f"at {run['step']} since {run['step_at']:%Y-%m-%d %H:%M}"
    why = f" ({run['reason_code']})" if run["reason_code"] and not run["exit_reason"] else ""
    entered = f"{run['entered_at']:%Y-%m-%d %H:%M}"
    return f"{run['user_id']:<20} v{run['version']}{key}  entered {entered}  {where}{why}"
