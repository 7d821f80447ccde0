"""``approvals``: what becomes of a change request besides a verdict: held back, drafted anew."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from control.requests import ChangeRequest
from core.schedule import Window
from orchestrate import change_requests
from orchestrate.holding_back import hold_back, let_go
from ui import governing
from ui.cli.drafting import submit_command
from ui.cli.session import MOMENT, Output, Session, common, said_by
from ui.rebasing import rebase

AUTHOR = "mara@demo"
APPROVER = "pavel@demo"


def window_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--at`` and ``--until``; the command gets ``window``, or None without them."""

    @click.option("--at", type=MOMENT, help="Go live at this moment (UTC), and not before.")
    @click.option("--until", type=MOMENT, help="And not from this moment on; else it expires.")
    @functools.wraps(command)
    def wrapped(*words: Any, at: datetime | None, until: datetime | None, **options: Any) -> Any:
        if at is None and until is not None:
            raise click.UsageError("--until needs --at.")
        if at is not None and until is not None and until <= at:
            raise click.UsageError("--until has to be after --at.")
        window = None if at is None else Window(at=at, until=until)
        return command(*words, window=window, **options)

    return wrapped


@click.command("round")
@common
def round_command(session: Session) -> Output:
    """Do what is due, as a running server does every few seconds: for a cron without a server.

    What has a window goes live in it or expires after it; late reviews go to others; rules that
    nobody certified in time are paused.
    """
    with session.workspace() as workspace:
        done = governing.once(workspace)
    lines = [
        *(f"{one} is live." for one in done.published),
        *(f"{one} is not live: {why}" for one, why in done.held.items()),
        *(f"{one} has expired." for one in done.expired),
        *(f"{one} was escalated." for one in done.escalated),
        *(f"{one} is paused: nobody certified it in time." for one in done.paused),
    ]
    return Output("\n".join(lines) or "Nothing is due.", done)


@click.command("rebase")
@click.argument("request_id")
@said_by(AUTHOR, "Who proposes it anew.")
@common
def rebase_command(session: Session, request_id: str, email: str) -> Output:
    """Draft a suspended change request anew on top of what is live, as another request.

    Where both changed the same place it is refused, with both values.
    """
    with session.workspace() as workspace:
        made = rebase(workspace, request_id, person=session.person(workspace, email))
    text = f"{made.id} takes the place of {request_id}, which is withdrawn. It needs an approval."
    return Output(text, made)


@click.command("withdraw")
@click.argument("request_id")
@said_by(AUTHOR, "Who takes it back: the author; an approver, once it is approved.")
@common
def withdraw_command(session: Session, request_id: str, email: str) -> Output:
    """Take back a change request that is not live yet."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        request = change_requests.withdraw(
            workspace.store, request_id, person=person.email, now=workspace.now()
        )
        workspace.wake(request_id)
    return _moved(request)


@click.command("suspend")
@click.argument("request_id")
@click.option("--reason", required=True, help="What has to happen first.")
@said_by(APPROVER, "Who holds it back.")
@common
def suspend_command(session: Session, request_id: str, reason: str, email: str) -> Output:
    """Hold a change request back: until it is lifted nobody approves it and it does not go live."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        request = hold_back(
            workspace.store, request_id, person=person, why=reason, now=workspace.now()
        )
    return Output(f"{request.id} is suspended: {reason}", request)


@click.command("lift")
@click.argument("request_id")
@click.option("--reason", default="", help="Why it may go on.")
@said_by(APPROVER, "Who lifts it.")
@common
def lift_command(session: Session, request_id: str, reason: str, email: str) -> Output:
    """Let a change request go on that a person held back; if it is approved, it goes live."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        let_go(workspace.store, request_id, person=person, why=reason, now=workspace.now())
        workspace.wake(request_id)
        request = change_requests.get(workspace.store, request_id)
    return _moved(request)


def _moved(request: ChangeRequest) -> Output:
    state = request.state.replace("_", " ")
    return Output(f"{request.id} ({request.target_key}) is {state}.", request)


COMMANDS = (
    submit_command,
    rebase_command,
    withdraw_command,
    suspend_command,
    lift_command,
    round_command,
)
