"""``kill`` and ``unkill``: stop sends at once, and let them go again."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import click

from control.kill_switches import ANY, Scope, active
from orchestrate import kill_switch
from ui import stopping
from ui.cli.session import Output, Session, common, said_by


class Switch(NamedTuple):
    """What a switch is on."""

    scope: Scope
    key: str

    def __str__(self) -> str:
        return "everything" if self.scope == "global" else f"{self.scope} {self.key}"


def switched(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what is stopped, or let go again: exactly one of them."""

    @click.option("--policy", help="One rule, policy or journey.")
    @click.option("--action", help="One action, whoever sends it.")
    @click.option("--channel", help="One channel.")
    @click.option("--all", "everything", is_flag=True, help="Everything.")
    @functools.wraps(command)
    def wrapped(
        policy: str | None, action: str | None, channel: str | None, everything: bool, **rest: Any
    ) -> Any:
        named: tuple[tuple[Scope, str | None], ...] = (
            ("policy", policy),
            ("action", action),
            ("channel", channel),
            ("global", ANY if everything else None),
        )
        chosen = [Switch(scope, key) for scope, key in named if key]
        if len(chosen) > 1:
            raise click.UsageError("Name one of --policy, --action, --channel or --all.")
        return command(switch=chosen[0] if chosen else None, **rest)

    return wrapped


def named(switch: Switch | None) -> Switch:
    """What was named; wrong usage when nothing was."""
    if switch is None:
        raise click.UsageError("Name one of --policy, --action, --channel or --all.")
    return switch


@click.command()
@switched
@click.option("--reason", help="Why, for the audit log; needed to stop something.")
@click.option("--list", "listed", is_flag=True, help="Only list what is stopped.")
@said_by("ada@demo", "Who stops it.")
@common
def kill(
    session: Session, switch: Switch | None, reason: str | None, listed: bool, email: str
) -> Output:
    """Stop sends at once, those on their way included."""
    if listed:
        return _stopped(session)
    if not reason:
        raise click.UsageError("Say why with --reason.")
    chosen = named(switch)
    with session.workspace() as workspace:
        person, now = session.person(workspace, email), workspace.now()
        stopping.check_exists(workspace.store, workspace.catalog, *chosen)
        kill_switch.kill(workspace.store, *chosen, person=person, reason=reason, now=now)
    return Output(f"Stopped: {chosen}.", {**chosen._asdict(), "reason": reason})


def _stopped(session: Session) -> Output:
    with session.workspace() as workspace:
        switches = active(workspace.store).switches
    lines = [f"{one.scope} {one.key}: {one.reason} ({one.by})" for one in switches]
    return Output("\n".join(lines) or "Nothing is stopped.", [one._asdict() for one in switches])


@click.command()
@switched
@said_by("ada@demo", "Who lifts it.")
@common
def unkill(session: Session, switch: Switch | None, email: str) -> Output:
    """Lift a kill switch."""
    chosen = named(switch)
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        kill_switch.unkill(workspace.store, *chosen, person=person, now=workspace.now())
    return Output(f"No longer stopped: {chosen}.", chosen._asdict())
