"""``kill`` and ``unkill``: stop sends at once, and let them go again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from control import versions
from control.kill_switches import ANY, Scope, active
from core.errors import Code, refuse
from orchestrate import kill_switch
from ui.cli.session import Output, Session, common, said_by

if TYPE_CHECKING:
    from ui.workspace import Workspace


def _scope(policy: str | None, channel: str | None, everything: bool) -> tuple[Scope, str]:
    chosen: list[tuple[Scope, str]] = []
    if policy:
        chosen.append(("policy", policy))
    if channel:
        chosen.append(("channel", channel))
    if everything:
        chosen.append(("global", ANY))
    if len(chosen) != 1:
        raise click.UsageError("Name one of --policy, --channel or --all.")
    return chosen[0]


def _check_exists(scope: Scope, key: str, workspace: Workspace) -> None:
    known = {
        "policy": [version.key for version in versions.all_current(workspace.store)],
        "channel": [*workspace.catalog.channels],
    }.get(scope)
    if known is not None and key not in known:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no {scope} '{key}'.",
            span=key,
            fix=f"Known: {', '.join(known) or 'none yet'}.",
        )


@click.command()
@click.option("--policy", help="Stop one rule or policy.")
@click.option("--channel", help="Stop one channel.")
@click.option("--all", "everything", is_flag=True, help="Stop everything.")
@click.option("--reason", help="Why, for the audit log; needed to stop something.")
@click.option("--list", "listed", is_flag=True, help="Only list what is stopped.")
@said_by("ada@demo", "Who stops it.")
@common
def kill(
    session: Session,
    policy: str | None,
    channel: str | None,
    everything: bool,
    reason: str | None,
    listed: bool,
    email: str,
) -> Output:
    """Stop sends at once, those on their way included."""
    if listed:
        return _stopped(session)
    if not reason:
        raise click.UsageError("Say why with --reason.")
    scope, key = _scope(policy, channel, everything)
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        _check_exists(scope, key, workspace)
        kill_switch.kill(
            workspace.store, scope, key, person=person, reason=reason, now=workspace.now()
        )
    return Output(f"Stopped: {scope} {key}.", {"scope": scope, "key": key, "reason": reason})


def _stopped(session: Session) -> Output:
    with session.workspace() as workspace:
        switches = active(workspace.store).switches
    lines = [f"{one.scope} {one.key}: {one.reason} ({one.by})" for one in switches]
    return Output("\n".join(lines) or "Nothing is stopped.", [one._asdict() for one in switches])


@click.command()
@click.option("--policy", help="Let one rule or policy go again.")
@click.option("--channel", help="Let one channel go again.")
@click.option("--all", "everything", is_flag=True, help="Lift the global stop.")
@said_by("ada@demo", "Who lifts it.")
@common
def unkill(
    session: Session, policy: str | None, channel: str | None, everything: bool, email: str
) -> Output:
    """Lift a kill switch."""
    scope, key = _scope(policy, channel, everything)
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        kill_switch.unkill(workspace.store, scope, key, person=person, now=workspace.now())
    return Output(f"No longer stopped: {scope} {key}.", {"scope": scope, "key": key})
