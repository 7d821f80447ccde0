"""``sync``: traits and audiences, told to engagement tools as differences."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui.cli.session import Listing, Output, Session, common

if TYPE_CHECKING:
    from deliver.sync.drift import Drift
    from deliver.sync.running import SyncReport

DRIFTED = {
    "missing": "not there",
    "extra": "there, and not told of",
    "different": "with another {name}",
    "membership": "in or out of {name} against what was told",
}


@click.group(cls=Listing)
def sync() -> None:
    """Traits and audiences, told to engagement tools as differences."""


@sync.command("list")
@common
def list_(session: Session) -> Output:
    """List what each tool is told, as it is in force."""
    with session.workspace() as workspace:
        found = workspace.settings.syncs
    lines = [
        f"{name}: {', '.join((*one.columns, *one.traits, *one.audiences))} to {one.destination}, "
        f"of people who granted {one.purpose} on {one.channel}"
        for name, one in found.items()
    ]
    document = [{"name": name} | one.model_dump(mode="json") for name, one in found.items()]
    return Output("\n".join(lines) or "There is no [syncs.NAME] in force.", document)


@sync.command()
@common
def check(session: Session) -> Output:
    """Hold every sync against catalog, rules in force, data classes and destinations."""
    from ui.syncing import wrong

    with session.workspace() as workspace:
        found, many = wrong(workspace), len(workspace.settings.syncs)
    document = {"allowed": not found, "refusals": [one.model_dump(mode="json") for one in found]}
    text = (
        "\n".join(f"{one.code}: {one}" for one in found)
        or f"{many} sync{'' if many == 1 else 's'}, nothing wrong."
    )
    return Output(text, document, int(bool(found)))


@sync.command()
@click.argument("name", required=False)
@common
def run(session: Session, name: str | None) -> Output:
    """Tell every tool, or that of the sync NAME, what differs from what it was told last."""
    from ui import syncing

    with session.workspace() as workspace:
        reports = syncing.run(workspace, name)
    document = [one._asdict() | {"counts": one.counts._asdict()} for one in reports]
    unfinished = int(any(one.why for one in reports))
    return Output(
        "\n".join(_said(one) for one in reports) or "There is no sync.", document, unfinished
    )


@sync.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--id-column", default="external_id", show_default=True, help="Holds the user ids.")
@click.option(
    "--audiences-column",
    default="pilothouse_audiences",
    show_default=True,
    help="Holds the audiences that a user is in.",
)
@click.option("--repair", is_flag=True, help="Tell the tool again of whoever drifted.")
@common
def reconcile(
    session: Session, name: str, file: Path, id_column: str, audiences_column: str, repair: bool
) -> Output:
    """Hold a tool's own export, a CSV FILE with a row a user, against what it was told."""
    from ui import syncing

    with session.workspace() as workspace:
        found = syncing.reconcile(
            workspace,
            name,
            session.folder / file,
            id_column=id_column,
            audiences_column=audiences_column,
            repair=repair,
        )
    text = "\n".join(_drifted(one) for one in found) or "Nothing drifted."
    document: dict[str, Any] = {"drift": [one._asdict() for one in found], "repaired": repair}
    return Output(text, document, int(bool(found) and not repair))


@sync.command()
@click.option(
    "--least",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.9,
    show_default=True,
    help="The share of users in both, of users in either.",
)
@common
def duplicates(session: Session, least: float) -> Output:
    """List audiences in force that are nearly the same people."""
    from ui import syncing

    with session.workspace() as workspace:
        found = syncing.duplicates(workspace, least)
    lines = [
        f"{one.one} ({one.users_of_one:,}) and {one.other} ({one.users_of_other:,}): "
        f"{one.in_both:,} in both, {one.share:.0%} the same"
        for one in found
    ]
    return Output("\n".join(lines) or "No two audiences are alike.", [x._asdict() for x in found])


def _said(report: SyncReport) -> str:
    counts = report.counts
    line = (
        f"{report.sync} to {report.destination}: {counts.added:,} new, {counts.changed:,} changed, "
        f"{counts.removed:,} to be taken out; {report.told:,} told in "
        f"{report.requests:,} requests, {report.rejected:,} rejected, "
        f"{report.left:,} left for the next run."
    )
    return f"{line} {report.why}" if report.why else line


def _drifted(one: Drift) -> str:
    what = DRIFTED[one.kind].format(name=one.name)
    return f"{one.users:,} users {what}, such as {', '.join(one.some)}"
