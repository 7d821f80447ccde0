"""``destinations``: where messages may be sent to, whether that is set up, and what goes where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ui.cli.session import Listing, Output, Session, common, said_by
from ui.console.view.data_change import outcome_lines, readers

if TYPE_CHECKING:
    from ui.route_effects import Looked


@click.group(cls=Listing)
def destinations() -> None:
    """Where messages may be sent to, and which channel goes where."""


@destinations.command("list")
@common
def list_(session: Session) -> Output:
    """List every destination with what it can do and its channels; secrets are not shown."""
    from control.channel_routes import unsent
    from ui.channel_routes import shown
    from ui.destinations import listed

    with session.workspace() as workspace:
        routed, waiting = shown(workspace), unsent(workspace.store)
        found = [
            one | {"channels": [channel for channel, name in routed.items() if name == one["name"]]}
            for one in listed(workspace.settings)
        ]
    lost = {one: name for one, name in routed.items() if name not in {x["name"] for x in found}}
    lines = [_line(one) for one in found]
    lines += [f"{one} goes to {name}, which is not configured." for one, name in lost.items()]
    channels = [
        {"channel": one, "destination": name, "waiting": waiting.get(one, 0)}
        for one, name in routed.items()
    ]
    return Output("\n".join(lines), {"destinations": found, "channels": channels})


@destinations.command()
@click.option("--reach", is_flag=True, help="Also ask whether anybody answers there.")
@common
def check(session: Session, reach: bool) -> Output:
    """Check that every destination is set up; credentials are not tried."""
    from ui.destinations import listed, reached

    settings = session.settings()
    unreached = reached(settings) if reach else {}
    found = [one | {"unreached": unreached.get(one["name"])} for one in listed(settings)]
    wrong = [one for one in found if one["refusal"] or one["unreached"]]
    document = {"fine": not wrong, "destinations": found}
    fine = f"{len(found)} destination{'' if len(found) == 1 else 's'}, nothing wrong."
    return Output("\n".join(_wrong(one) for one in wrong) or fine, document, int(bool(wrong)))


@destinations.command()
@click.argument("channel")
@click.argument("name")
@said_by("ana@demo", "Who proposes it.")
@click.option("--reason", default="", help="Why, for the approver.")
@click.option("--dry-run", is_flag=True, help="Show the effect; propose nothing.")
@common
def route(
    session: Session, channel: str, name: str, email: str, reason: str, dry_run: bool
) -> Output:
    """Propose that a channel's messages go to another destination; 'mailbox' is the local one."""
    from ui import route_effects

    with session.workspace() as workspace:
        author = session.person(workspace, email)
        change = route_effects.route(workspace, channel, name)
        found = route_effects.look(workspace, change)
        told = _told(found)
        document: dict[str, Any] = {"change_request": None}
        document |= {"effect": found.effect.model_dump(mode="json")}
        document |= {"findings": [one.model_dump(mode="json") for one in found.findings]}
        if dry_run:
            return Output("\n".join(told), document)
        reason = reason or f"{change.name}."
        request = route_effects.propose_route(workspace, change, author=author, reason=reason)
    told.append(f"{request.id} waits for approval: 'pilothouse approvals show {request.id}'.")
    document["change_request"] = {"id": request.id, "state": request.state}
    return Output("\n".join(told), document)


@destinations.command()
@common
def history(session: Session) -> Output:
    """List the versions of the routes, newest first."""
    from ui.channel_routes import history as versions

    with session.workspace() as workspace:
        found = versions(workspace)
    lines = [
        f"{one.version:>3}  {one.state:<10}  {one.published_at:<26}  {one.published_by:<12}  "
        f"{', '.join(f'{channel} → {name}' for channel, name in one.routes.items()) or one.name}"
        for one in found
    ]
    nothing = "No route was ever changed: every channel goes to the local mailbox."
    return Output("\n".join(lines) or nothing, [one._asdict() for one in found])


@destinations.command()
@click.argument("number", metavar="VERSION", type=click.IntRange(1))
@said_by("ada@demo", "Who rolls back.")
@common
def rollback(session: Session, number: int, email: str) -> Output:
    """Put an older version of the routes into force again, as a new version."""
    from ui.route_effects import roll_back

    with session.workspace() as workspace:
        person = session.person(workspace, email)
        found = roll_back(workspace, number, person=person)
    text = f"Version {found.version} says what version {number} said, and is in force."
    return Output(text, {"version": found.version, "from": number})


def _told(found: Looked) -> list[str]:
    effect = found.effect
    senders = [f"{one.name} sends by {one.reads}." for one in readers(effect.downstream)]
    judged = [f"{one.severity}: {one.message}" for one in found.findings]
    return [*outcome_lines(effect), *senders, *effect.notes, *judged]


def _line(one: dict[str, Any]) -> str:
    head = f"{one['name']:<16} {one['kind'] or '-':<12}"
    if one["refusal"]:
        return f"{head} NOT usable: {one['refusal']['message']} {one['refusal']['fix']}"
    where = one["url"] or "on this machine"
    channels = f"; channels: {', '.join(one['channels'])}" if one["channels"] else ""
    return f"{head} {where}: {', '.join(one['can']) or 'sends'}{channels}"


def _wrong(one: dict[str, Any]) -> str:
    refusal = one["refusal"]
    if refusal:
        return f"{one['name']}: {refusal['message']} {refusal['fix']}"
    return f"{one['name']}: nobody answers at {one['url']}: {one['unreached']}."
