"""Which destinations something goes to: the channels that are routed there, and syncs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from control.channel_routes import routes
from control.hashing import content_hash
from core.data_changes import DataEffect

if TYPE_CHECKING:
    from ui.workspace import Workspace


def in_use(workspace: Workspace) -> dict[str, tuple[str, ...]]:
    """Destination → the channels and syncs that go there by what is in force."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for channel, name in routes(workspace.store).items():
        found[name].append(channel)
    for sync, one in workspace.settings.syncs.items():
        found[one.destination].append(f"sync {sync}")
    return {name: tuple(users) for name, users in found.items()}


def relies_on(workspace: Workspace, _effect: DataEffect) -> dict[str, str]:
    """Where channels and syncs go: that said who is concerned."""
    return {"destinations_in_use": content_hash(in_use(workspace))}
