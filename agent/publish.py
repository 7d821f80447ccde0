"""The agent's only way to make a rule live: by what the control store says a person approved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from control.store import Store
from control.versions import AnyVersion
from orchestrate.rulebook import publish


def publish_approved(
    store: Store, change_request_id: str, *, now: datetime, dependencies: Mapping[str, str]
) -> AnyVersion:
    """Publish an approved change request; again and again gives the one version.

    ``dependencies`` are the hashes of what the rule stands on now. Refuses when there is no
    valid approval for exactly the stored content over exactly these, and any change of the
    data layer: the agent neither proposes nor publishes those.
    """
    return publish(store, change_request_id, now=now, dependencies=dependencies)
