"""``collect plan``: the tracking plan in force, its history, and changes of it for approval."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import click

from collect.plan import Others, TrackingPlan
from collect.plan_files import as_text, read_plan, write_rudder
from orchestrate.data_diff import plan_diff
from ui import data_changes
from ui.cli.files import writing
from ui.cli.session import Listing, Output, Session, common, said_by
from ui.console.view.data_change import diff_words, outcome_lines, part_line
from ui.plan_effects import DAYS, effect_of, propose_plan
from ui.tracking_plan import plan_at, plan_history

if TYPE_CHECKING:
    from core.data_changes import DataEffect
    from ui.workspace import Workspace


@click.group(cls=Listing)
def plan() -> None:
    """The tracking plan: which events may arrive, under which names, with which properties."""


@plan.command()
@click.option("--version", "number", type=click.IntRange(1), help="Another than the one in force.")
@common
def show(session: Session, number: int | None) -> Output:
    """Show the plan in force, or one of its versions."""
    with session.workspace() as workspace:
        found = _at(workspace, number)
    return Output(as_text(found), {"version": found.version} | found.document())


@plan.command()
@common
def history(session: Session) -> Output:
    """List the versions, newest first; version 1 is the file that the workspace began with."""
    with session.workspace() as workspace:
        _ = workspace.intake
        listed = plan_history(workspace.store)
    text = "\n".join(
        f"{one.version:>3}  {one.state:<10}  {one.published_at:<26}  "
        f"{one.published_by:<12}  {one.name}"
        for one in listed
    )
    return Output(text, [one._asdict() for one in listed])


@plan.command()
@click.argument("old", type=click.IntRange(1))
@click.argument("new", type=click.IntRange(1))
@common
def diff(session: Session, old: int, new: int) -> Output:
    """Show what differs between two versions, place by place."""
    with session.workspace() as workspace:
        first, second = _at(workspace, old), _at(workspace, new)
    lines = plan_diff(first.document(), second.document())
    told = [diff_words(line) for line in lines]
    text = "\n".join(f"{place}: {live} → {proposed}" for place, live, proposed in told)
    document = [
        line.model_dump(mode="json", include={"path", "change", "live", "proposed"})
        for line in lines
    ]
    return Output(text or f"Versions {old} and {new} say the same.", document)


@plan.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--version", "number", type=click.IntRange(1), help="Another than the one in force.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["pilothouse", "rudder"]),
    default="pilothouse",
    show_default=True,
    help="One YAML file of ours, or a folder of files for rudder-cli.",
)
@common
def export(session: Session, path: Path, number: int | None, kind: str) -> Output:
    """Write the plan to a file, to be kept in git; with --format rudder to a folder."""
    with session.workspace() as workspace:
        found, name = _at(workspace, number), workspace.catalog.name
    target = session.folder / path
    with writing(path, fix="Name a file, or for rudder a folder, that may be written."):
        if kind == "rudder":
            files, unsaid = write_rudder(found, target, name)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(as_text(found), encoding="utf-8")
            files, unsaid = [target], []
    told = [f"Version {found.version} is in {', '.join(str(file) for file in files)}."]
    told += [f"Not in it: {one}" for one in unsaid]
    document = {"version": found.version, "files": [str(one) for one in files], "left_out": unsaid}
    return Output("\n".join(told), document)


@plan.command()
@click.argument("number", metavar="VERSION", type=click.IntRange(1))
@said_by("ada@demo", "Who rolls back.")
@common
def rollback(session: Session, number: int, email: str) -> Output:
    """Put an older version into force again, as a new version."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        _ = workspace.intake
        found = data_changes.roll_back(workspace, "tracking_plan", number, person=person)
    text = f"Version {found.version} says what version {number} said, and is in force."
    return Output(text, {"version": found.version, "from": number})


class Proposed(TypedDict):
    """What both ways to change the plan are given."""

    path: Path
    email: str
    days: int
    reason: str
    dry_run: bool


def _proposing(command: Any) -> Any:
    """The options that fill ``Proposed``."""
    for option in (
        said_by("ana@demo", "Who proposes it."),
        click.option("--days", type=click.IntRange(1, 3650), default=DAYS, show_default=True,
                     help="How far back the effect is counted."),
        click.option("--reason", default="", help="Why, for the approver."),
        click.option("--dry-run", is_flag=True, help="Show the effect; propose nothing."),
        click.argument("path", type=click.Path(path_type=Path)),
    ):  # fmt: skip
        command = option(command)
    return command


@plan.command()
@_proposing
@common
def propose(session: Session, **given: Unpack[Proposed]) -> Output:
    """Send a plan in our format for approval, with what it would do to what arrived."""
    return _proposed(session, given, "dead_letter")


@plan.command("import")
@_proposing
@click.option(
    "--unlisted",
    type=click.Choice(["keep", "drop", "dead_letter"]),
    default="dead_letter",
    show_default=True,
    help="What additional_properties: false means.",
)
@common
def import_(session: Session, unlisted: Others, **given: Unpack[Proposed]) -> Output:
    """Send a plan of rudder-cli, a file or a folder, for approval; what is not held is listed."""
    return _proposed(session, given, unlisted)


def _proposed(session: Session, given: Proposed, unlisted: Others) -> Output:
    path = given["path"]
    with session.workspace() as workspace:
        author = session.person(workspace, given["email"])
        read = read_plan(session.folder / path, workspace.intake.plan, unlisted)
        notes = [f"Not held by the plan: {one}." for one in read.left_out]
        effect = effect_of(workspace, read.plan, days=given["days"], notes=notes)
        document: dict[str, Any] = {"change_request": None, "left_out": [*read.left_out]}
        document |= {"effect": effect.model_dump(mode="json")}
        told = _told(effect)
        if given["dry_run"]:
            return Output("\n".join(told), document)
        reason = given["reason"] or f"The plan of {path.name}."
        request = propose_plan(workspace, read.plan, effect, author=author, reason=reason)
    told.append(f"{request.id} waits for approval: 'pilothouse approvals show {request.id}'.")
    document["change_request"] = {"id": request.id, "state": request.state}
    return Output("\n".join(told), document)


def _told(effect: DataEffect) -> list[str]:
    return [*outcome_lines(effect), *(part_line(part) for part in effect.changed), *effect.notes]


def _at(workspace: Workspace, number: int | None) -> TrackingPlan:
    if number is None:
        return workspace.intake.plan
    return plan_at(workspace.store, number)
