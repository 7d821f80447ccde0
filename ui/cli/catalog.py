"""``catalog``: what files say that is not in force, and the change requests that put it there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import yaml

from ui.cli.session import Listing, Output, Session, common, said_by
from ui.console.view.data_change import diff_words, outcome_lines, part_line, readers

if TYPE_CHECKING:
    from control.requests import DiffLine
    from ui.file_changes import Looked

NAMES = (
    "contact-policy",
    "templates",
    "audiences",
    "channels",
    "destinations",
    "syncs",
    "funnels",
)
_PART = click.argument("part", type=click.Choice(NAMES))


@click.group(cls=Listing)
def catalog() -> None:
    """What files say and what is in force: differences, proposals, versions."""


@catalog.command("status")
@common
def status_command(session: Session) -> Output:
    """List every part that is approved like a rule, and whether its file differs."""
    from ui.governed_files import standing

    with session.workspace() as workspace:
        found = standing(workspace)
    lines = [
        f"{_name(one.kind):<16} {f'v{one.version}' if one.version else 'file':<6} "
        f"{f'{one.file} differs' if one.differs else f'as in {one.file}'}"
        for one in found
    ]
    return Output("\n".join(lines), [one._asdict() | {"part": _name(one.kind)} for one in found])


@catalog.command("diff")
@common
def diff_command(session: Session) -> Output:
    """Show what files say that is not in force; exit 1 when there is anything."""
    from ui.file_changes import differences

    with session.workspace() as workspace:
        found = differences(workspace)
    lines = []
    for kind, places in found.items():
        lines += [f"{_name(kind)}:", *(f"  {line}" for one in places for line in _lines(one))]
        lines.append(f"  Propose it with 'pilothouse catalog propose {_name(kind)}'.")
    document = {
        _name(kind): [one.model_dump(mode="json") for one in places]
        for kind, places in found.items()
    }
    fine = "The files say what is in force."
    return Output("\n".join(lines) or fine, document, status=int(bool(found)))


@catalog.command("propose")
@_PART
@said_by("ana@demo", "Who proposes it.")
@click.option("--reason", default="", help="Why, for the approver.")
@click.option("--dry-run", is_flag=True, help="Show the effect; propose nothing.")
@common
def propose_command(session: Session, part: str, email: str, reason: str, dry_run: bool) -> Output:
    """Propose that what the file says of PART goes live; another person approves it."""
    from ui import file_changes

    with session.workspace() as workspace:
        author = session.person(workspace, email)
        found = file_changes.look(workspace, _kind(part))
        told = _told(found)
        document: dict[str, Any] = {"change_request": None}
        document |= {"effect": found.effect.model_dump(mode="json")}
        document |= {"findings": [one.model_dump(mode="json") for one in found.findings]}
        if dry_run:
            return Output("\n".join(told), document)
        request = file_changes.propose(workspace, _kind(part), author=author, reason=reason)
    told.append(f"{request.id} waits for approval: 'pilothouse approvals show {request.id}'.")
    document["change_request"] = {"id": request.id, "state": request.state}
    return Output("\n".join(told), document)


@catalog.command("history")
@_PART
@common
def history_command(session: Session, part: str) -> Output:
    """List the versions of PART, newest first."""
    from ui.governed_files import history

    with session.workspace() as workspace:
        found = history(workspace, _kind(part))
    lines = [
        f"{one.version:>3}  {one.state:<10}  {one.published_at:%Y-%m-%d %H:%M}  "
        f"{one.published_by:<16}  {one.change_request_id or '-':<8}  {one.name}"
        for one in found
    ]
    nothing = "Nothing was approved yet: the file applies from the next start on."
    return Output("\n".join(lines) or nothing, [one._asdict() for one in found])


@catalog.command("rollback")
@_PART
@click.argument("number", metavar="VERSION", type=click.IntRange(1))
@said_by("ada@demo", "Who rolls back.")
@common
def rollback_command(session: Session, part: str, number: int, email: str) -> Output:
    """Put an older version of PART into force again, as a new version."""
    from ui.file_changes import roll_back

    with session.workspace() as workspace:
        person = session.person(workspace, email)
        found = roll_back(workspace, _kind(part), number, person=person)
    text = f"Version {found.version} says what version {number} said, and is in force."
    return Output(text, {"version": found.version, "from": number})


@catalog.command("export")
@_PART
@common
def export_command(session: Session, part: str) -> Output:
    """Print what is in force of PART as YAML, to be reviewed or put into its file."""
    from ui.governed_files import document_in_force

    with session.workspace() as workspace:
        found = document_in_force(workspace, _kind(part))
    return Output(yaml.safe_dump(found, sort_keys=False, allow_unicode=True).rstrip(), found)


def _kind(part: str) -> str:
    return part.replace("-", "_")


def _name(kind: str) -> str:
    return kind.replace("_", "-")


def _told(found: Looked) -> list[str]:
    effect = found.effect
    places = [line for one in found.difference for line in _lines(one)]
    parts = [part_line(one) for one in effect.changed if one.note]
    uses = [f"{one.name} reads {one.reads}: {one.outcome}" for one in readers(effect.downstream)]
    judged = [f"{one.severity}: {one.message}" for one in found.findings]
    return [*outcome_lines(effect), *places, *parts, *uses, *effect.notes, *judged]


def _lines(line: DiffLine) -> list[str]:
    if line.patch is not None:
        return [f"{line.change} {line.path}", *line.patch.splitlines()]
    place, live, proposed = diff_words(line)
    return [f"{line.change} {place}: {live} → {proposed}"]
