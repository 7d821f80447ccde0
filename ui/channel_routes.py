"""The routes in force in a workspace: which destination serves which channel.

Version 1 sends every channel to the local mailbox; later ones were approved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from control import versions
from control.channel_routes import routes
from control.hashing import content_hash
from control.versions import AnyVersion, JourneyVersion, Version
from core.data_changes import ChannelRoutesChange, DataChange, DataEffect
from core.proposal import actions_of
from core.rules import Action
from deliver.destinations.mailbox import MAILBOX
from deliver.registry import usable
from orchestrate import rulebook
from ui import governed_files

if TYPE_CHECKING:
    from ui.workspace import Workspace

BEFORE_ANY = ChannelRoutesChange(name="Every channel goes to the local mailbox", routes={})


class RouteVersion(NamedTuple):
    """A version as its history lists it."""

    version: int
    state: str
    name: str
    routes: Mapping[str, str]
    published_at: str
    published_by: str
    change_request_id: str | None


def begin(workspace: Workspace) -> None:
    """Keep where everything goes before the first change as version 1, unless there is one."""
    rulebook.begin(workspace.store, BEFORE_ANY, now=workspace.now())


def built_in(workspace: Workspace) -> ChannelRoutesChange:
    """What is in force while no version was published."""
    return BEFORE_ANY


def prepare(workspace: Workspace, change: DataChange) -> None:
    """Refuse routes to a destination that is not configured, or not usable, by now."""
    if isinstance(change, ChannelRoutesChange):
        require_usable(workspace, change.routes)


def apply(workspace: Workspace, version: AnyVersion) -> None:
    """Whoever sends asks for the routes each time; where something goes is kept from here on."""
    governed_files.begin(workspace)


def relies_on(workspace: Workspace, effect: DataEffect) -> dict[str, str]:
    """What sends by the channels that move, and how their destinations are configured."""
    channels = {part.name for part in effect.changed}
    found = {
        f"{kind}:{version.key}": version.content_hash
        for kind, version, actions in senders(workspace)
        if channels & {channel for action in actions for channel in action.channels}
    }
    tables = workspace.settings.destinations
    return found | {f"destination:{name}": content_hash(table) for name, table in tables.items()}


def require_usable(workspace: Workspace, wanted: Mapping[str, str]) -> None:
    """Refuse with the reason when a channel would move to a destination that cannot be used."""
    now = routes(workspace.store)
    for channel, name in wanted.items():
        if now.get(channel) != name:
            usable(workspace.settings, name)


def senders(
    workspace: Workspace,
) -> Iterator[tuple[str, Version | JourneyVersion, tuple[Action, ...]]]:
    """Every rule and journey in force, with what it may send."""
    for rule in versions.live(workspace.store):
        yield "rule", rule, actions_of(rule.artifact)
    for journey in versions.journeys(workspace.store):
        if journey.state == "live":
            messages = journey.artifact.messages()
            yield "journey", journey, tuple(message.action for message in messages)


def shown(workspace: Workspace) -> dict[str, str]:
    """Every channel of the catalog, and every routed one, with the name of its destination."""
    channels = dict.fromkeys(workspace.catalog.channels, MAILBOX)
    return channels | dict(routes(workspace.store))


def history(workspace: Workspace) -> list[RouteVersion]:
    """Every version of the routes, newest first; none while no change was ever proposed."""
    return [
        RouteVersion(
            found.version,
            found.state,
            found.artifact.name,
            found.artifact.routes,
            found.published_at.isoformat(),
            found.published_by,
            found.change_request_id,
        )
        for found in versions.data_history(workspace.store, ChannelRoutesChange)
    ]
