"""Routing in a workspace: chosen events go from the warehouse to the outbox, and on to files."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

import structlog

from collect.routing import Destination, RoutingPlan, load_routing, problems
from collect.routing_rows import last_stored, pages
from control import routing
from core.errors import PilothouseError, Refusal
from deliver.destinations.ndjson_folder import NdjsonFolder
from deliver.routed import send_routed

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)

FILE = "routing.yaml"
FOLDER = "routed"
SECONDS = 10.0
MOVING = threading.Lock()
"""Held while events move: whoever removes somebody's events waits for it."""


class Moved(NamedTuple):
    """What one run did for a destination, in events."""

    destination: str
    queued: int
    sent: int


def plan_of(workspace: Workspace) -> RoutingPlan:
    """What the workspace's routing file says; refuses one that cannot be read."""
    return load_routing(workspace.settings.workspace / FILE)


def checked(workspace: Workspace) -> tuple[RoutingPlan, list[Refusal]]:
    """The routing plan and everything that is wrong with it."""
    plan = plan_of(workspace)
    return plan, problems(plan, workspace.intake.plan, workspace.catalog)


def run(workspace: Workspace) -> list[Moved]:
    """Queue and send what is new; refuses while anything is wrong with the plan."""
    plan, wrong = checked(workspace)
    if wrong:
        raise PilothouseError(wrong[0])
    with MOVING:
        queued = {name: _queue(workspace, name, one) for name, one in plan.destinations.items()}
        folder = workspace.settings.workspace / FOLDER
        sent = send_routed(
            workspace.store,
            {name: NdjsonFolder(folder / name) for name in plan.destinations},
            now=workspace.now(),
        )
    moved = [Moved(name, queued[name], sent[name]) for name in plan.destinations]
    for one in moved:
        if one.queued or one.sent:
            log.info("routed", **one._asdict())
    return moved


def _queue(workspace: Workspace, name: str, destination: Destination) -> int:
    """Queue what the destination has not been given yet; a new one starts where the log ends."""
    store, now = workspace.store, workspace.now()
    after = routing.cursor(store, name)
    if after is None:
        after = 0 if destination.history else last_stored(workspace.warehouse)
        routing.enqueue(store, name, [], up_to=after, now=now)
    found = pages(workspace.warehouse, workspace.catalog, destination, after=after, now=now)
    return sum(routing.enqueue(store, name, page.rows, up_to=page.up_to, now=now) for page in found)
