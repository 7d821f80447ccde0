"""``staging``: rules and journeys tried over the real data with letters to nobody, and how they go
live."""

from __future__ import annotations

from typing import Any

import click

from control.staging import Promotion
from ui import staging as desk
from ui.cli.journeys import run_line
from ui.cli.session import Listing, Output, Session, common, said_by

APPROVER = "pavel@demo"


@click.group(cls=Listing)
def staging() -> None:
    """Try rules and journeys over the real data, sending nothing; promote them together or one by
    one."""


@staging.command("list")
@common
def list_command(session: Session) -> Output:
    """What is in staging, and where its approval stands."""
    with session.workspace() as workspace:
        found = desk.listed(workspace)
    return Output("\n".join(_line(one) for one in found) or "Nothing is in staging.", found)


@staging.command("add")
@click.argument("targets", nargs=-1, required=True)
@said_by(APPROVER, "Who puts it there: an approver or admin.")
@common
def add_command(session: Session, targets: tuple[str, ...], email: str) -> Output:
    """Put TARGETS into staging: change requests in review, or older versions as KEY@VERSION."""
    with session.workspace() as workspace:
        desk.add(workspace, targets, session.person(workspace, email))
        found = desk.listed(workspace)
    return Output("\n".join(_line(one) for one in found), found)


@staging.command("remove")
@click.argument("key")
@said_by(APPROVER, "Who takes it out: an approver or admin.")
@common
def remove_command(session: Session, key: str, email: str) -> Output:
    """Take KEY out of staging; an approval that it had there has expired."""
    with session.workspace() as workspace:
        gone = desk.remove(workspace, key, session.person(workspace, email))
        found = desk.listed(workspace)
    expired = gone.standing == "approved" and gone.change_request_id
    more = f" {gone.change_request_id} has expired: propose it again." if expired else ""
    return Output(f"{gone.key} is no longer in staging.{more}", found)


@staging.command("runs")
@click.argument("key")
@click.option("--user", help="Only this user's.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@common
def runs_command(session: Session, key: str, user: str | None, limit: int) -> Output:
    """List the runs that the journey KEY has in staging, the newest first."""
    with session.workspace() as workspace:
        found = desk.runs_of(workspace, key, user=user, limit=limit)
    return Output("\n".join(run_line(one) for one in found) or "No runs in staging.", found)


@staging.command("promote")
@click.argument("keys", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Everything in staging, at once.")
@said_by(APPROVER, "Who promotes it: an approver or admin.")
@common
def promote_command(
    session: Session, keys: tuple[str, ...], everything: bool, email: str
) -> Output:
    """Let what is approved in staging go live: KEYS, or --all of it at once or not at all."""
    if bool(keys) == everything:
        raise click.UsageError("Name the keys to promote, or say --all.")
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        made = desk.promote(workspace, None if everything else keys, person)
    lines = [f"{one.key} v{one.version} is live{_instead_of(one.before)}." for one in made.switched]
    return Output("\n".join(lines), _document(made))


@staging.command("rollback")
@said_by(APPROVER, "Who takes it back: an approver or admin.")
@common
def rollback_command(session: Session, email: str) -> Output:
    """Put back what was live before the last promotion; rules that it brought are paused."""
    with session.workspace() as workspace:
        back = desk.take_back(workspace, session.person(workspace, email))
    lines = [
        f"{one.key} says again what v{one.before} says."
        if one.before is not None
        else f"{one.key} is paused."
        for one in back.switched
    ]
    return Output("\n".join(lines), _document(back))


def result_lines(document: dict[str, Any] | None) -> list[str]:
    """What a cycle of staging came to, for a person; nothing when nothing is tried."""
    if document is None:
        return []
    if refusal := document.get("refusal"):
        return [f"Staging could not decide: {refusal['message']}"]
    lines = [
        f"In staging {key} v{one['version']}: {one['selected']:,} selected, "
        f"{one['held_out']:,} held out, {one['suppressed']:,} suppressed, {one['lost']:,} lost."
        for key, one in document["policies"].items()
    ]
    for key, one in document["journeys"].items():
        under_way, ended = sum(one["under_way"].values()), sum(one["ended"].values())
        lines.append(f"In staging {key}: {under_way:,} runs under way, {ended:,} ended.")
    return lines


def _line(one: dict[str, Any]) -> str:
    over = f" instead of v{one['live_version']}" if one["live_version"] else ""
    return (
        f"{one['key']:<28} {one['target']:<12} {one['standing']:<9} "
        f"would be v{one['would_be_version']}{over}"
    )


def _instead_of(before: int | None) -> str:
    return f" instead of v{before}" if before is not None else ""


def _document(made: Promotion) -> dict[str, Any]:
    return made._asdict() | {"switched": [one._asdict() for one in made.switched]}
