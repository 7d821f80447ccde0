"""``routing``: which events leave for which destination, and how many did."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from ui.cli.session import Listing, Output, Session, common

if TYPE_CHECKING:
    from ui.workspace import Workspace


@click.group(cls=Listing)
def routing() -> None:
    """Chosen events on their way to destinations: what may leave, and what did."""


@routing.command()
@common
def show(session: Session) -> Output:
    """Show what each destination gets, and how much it was given."""
    from ui.routing import FILE, plan_of

    with session.workspace() as workspace:
        moved = _moved(workspace)
        found = [
            {"name": name} | one.model_dump(mode="json") | moved(name)
            for name, one in plan_of(workspace).destinations.items()
        ]
        where = workspace.settings.workspace / FILE
    nothing = f"Nothing is routed. List destinations in {where}."
    return Output("\n".join(_said(one) for one in found) or nothing, found)


@routing.command()
@common
def check(session: Session) -> Output:
    """Hold the routing file against tracking plan, catalog and consent purposes."""
    from ui.routing import checked

    with session.workspace() as workspace:
        plan, wrong = checked(workspace)
    document = {"allowed": not wrong, "refusals": [one.model_dump(mode="json") for one in wrong]}
    fine = f"{len(plan.destinations)} destinations, nothing wrong."
    text = "\n".join(f"{one.code}: {one}" for one in wrong) or fine
    return Output(text, document, status=int(bool(wrong)))


@routing.command()
@common
def run(session: Session) -> Output:
    """Queue and send what is new; a running server does so by itself every few seconds."""
    from ui import routing as workspace_routing

    with session.workspace() as workspace:
        moved = workspace_routing.run(workspace)
    text = "\n".join(
        f"{one.destination}: {one.queued:,} queued, {one.sent:,} sent" for one in moved
    )
    return Output(text or "Nothing is routed.", [one._asdict() for one in moved])


def _moved(workspace: Workspace) -> Callable[[str], dict[str, Any]]:
    """What went to a destination, by its name."""
    from control import routing as routed

    every, waiting = routed.volume(workspace.store), routed.waiting(workspace.store)

    def moved(name: str) -> dict[str, Any]:
        volume = [one for one in every if one.destination == name]
        return {
            "waiting": waiting.get(name, 0),
            "routed_events": sum(one.events for one in volume),
            "routed_bytes": sum(one.bytes for one in volume),
            "volume": [one._asdict() | {"day": one.day.isoformat()} for one in volume],
        }

    return moved


def _said(one: dict[str, Any]) -> str:
    purpose = (
        "anybody"
        if one["purpose"] is None
        else (f"people who granted {one['purpose']} on {one['channel']}")
    )
    lines = [
        f"{one['name']}: {one['routed_events']:,} events ({one['routed_bytes']:,} bytes) routed, "
        f"{one['waiting']:,} waiting; events of {purpose}"
    ]
    lines += [
        f"  {event}: {', '.join(properties) or 'no properties'}"
        for event, properties in one["events"].items()
    ]
    if one["user"]:
        lines.append(f"  user: {', '.join(one['user'])}")
    return "\n".join(lines)
