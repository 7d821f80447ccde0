"""``canary``: versions that are live for a share of the users first, and how that goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from control.canaries import Canary
from orchestrate.rulebook import canary as ends
from ui import canaries as desk
from ui.canaries import canary_of, in_words, line, standing
from ui.cli.session import Listing, Output, Session, common, said_by
from ui.receiving import apply_receipts

APPROVER = "pavel@demo"


@click.group(cls=Listing)
def canary() -> None:
    """Versions that are live for a share of the users first: how they do, promote, stop."""


@canary.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that are over.")
@common
def list_command(session: Session, everything: bool) -> Output:
    """List the canaries that run."""
    with session.workspace() as workspace:
        found = [one for one in desk.of(workspace) if everything or one["state"] == "running"]
    return Output("\n".join(line(one) for one in found) or "No canary runs.", found)


@canary.command("show")
@click.argument("key")
@common
def show_command(session: Session, key: str) -> Output:
    """Show the newest canary of KEY: its limits, and what was read out last."""
    with session.workspace() as workspace:
        found = desk.of(workspace, key)
    return Output("\n".join(_card(found[0])), found[0])


@canary.command("check")
@common
def check_command(session: Session) -> Output:
    """Apply receipts, read out every canary, and promote or roll back what its limits say.

    A server does this by itself every second.
    """
    with session.workspace() as workspace:
        apply_receipts(workspace)
        found = desk.once(workspace)
    lines = [f"{_named(one.canary)}. {one.verdict.why}" for one in found]
    document = [
        {"canary": one.canary._asdict(), "readings": one.readings, "verdict": one.verdict}
        for one in found
    ]
    return Output("\n".join(lines) or "No canary runs.", document)


def _ending(name: str, end: Callable[..., Canary], about: str) -> None:
    @canary.command(name, help=about)
    @click.argument("key")
    @said_by(APPROVER, "Who says so: an approver or admin.")
    @click.option("--comment", required=True, help="Why, for the audit log.")
    @common
    def command(session: Session, key: str, email: str, comment: str) -> Output:
        with session.workspace() as workspace:
            person = session.person(workspace, email)
            ended = end(workspace.store, key, by=person, why=comment, now=workspace.now())
        return Output(f"{_named(ended)}.", ended._asdict())


_ending("promote", ends.promote, "Let the canary of KEY be live for everybody.")
_ending("stop", ends.roll_back, "Stop the canary of KEY: everybody gets what was live before.")


def _named(ended: Canary) -> str:
    return f"{in_words(ended)}: {standing(ended)}"


def _card(document: dict[str, Any]) -> list[str]:
    one = canary_of(document)
    instead = "nothing" if one.baseline is None else f"v{one.baseline}"
    limits = one.limits
    told = [
        _named(one),
        f"Others    get {instead}",
        f"Began     {one.started_at:%Y-%m-%d %H:%M} (UTC), approved by {one.started_by}",
        f"Promoted  after {limits.min_messages:,} messages and {limits.watch_seconds / 3600:g} "
        "hours, if no limit is broken",
    ]
    if one.ended_at is not None:
        told.append(f"Ended     {one.ended_at:%Y-%m-%d %H:%M} (UTC) by {one.ended_by}: {one.why}")
    return [*told, *_readout_lines(document["readout"])]


def _readout_lines(readout: dict[str, Any] | None) -> list[str]:
    if readout is None:
        return ["Read out  not yet"]
    found = readout["verdict"]
    guards = [f"  {one['name']:<13} {one['said']}" for one in found["guards"]]
    word = found["kind"].replace("_", " ") + (", for a person" if found["for_person"] else "")
    return [f"Read out  {readout['at']:%Y-%m-%d %H:%M} (UTC): {word}. {found['why']}", *guards]
