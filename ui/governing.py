"""One round of governance: what time alone brings about, with nobody there.

Approved changes go live in their windows and expire after them; reviews that take too long go to
others, then end; what nobody certified in time is paused. Each step is a transaction of its own:
a round that was cut off is made good by the next one, and a round that is done again changes
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from pydantic import Field

from core.conditions import Frozen
from core.errors import PilothouseError
from orchestrate.rulebook import due, retrying
from orchestrate.rulebook.certifying import pause_uncertified

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)

SECONDS = 5.0


class Governed(Frozen):
    """What a round came to: ids of change requests."""

    published: tuple[str, ...] = ()
    held: dict[str, str] = Field(default_factory=dict)
    """Approved and not live, in its window or put off, each with the reason; it is tried again."""
    expired: tuple[str, ...] = ()
    escalated: tuple[str, ...] = ()
    paused: tuple[str, ...] = ()
    """Keys of what nobody certified in time."""


def once(workspace: Workspace) -> Governed:
    """One round, at the workspace's time."""
    store, now = workspace.store, workspace.now()
    expired = [*due.expire_windows(store, now=now), *due.expire_reviews(store, now=now)]
    escalated = due.escalate(store, now=now)
    days = workspace.settings.governance.certify_days or None
    paused = pause_uncertified(store, days=days, now=now)
    published, held = _publish_due(workspace)
    done = Governed(
        published=tuple(published),
        held=held,
        expired=tuple(expired),
        escalated=tuple(escalated),
        paused=tuple(paused),
    )
    if done.published or done.expired or done.escalated or done.paused:
        log.info("governed", **done.model_dump(exclude={"held"}))
    return done


def _publish_due(workspace: Workspace) -> tuple[list[str], dict[str, str]]:
    published: list[str] = []
    held: dict[str, str] = {}
    now = workspace.now()
    wanted = due.windows_open(workspace.store, now=now)
    for request in [*wanted, *retrying.due_again(workspace.store, now=now)]:
        try:
            workspace.publish(request.id)
            published.append(request.id)
        except PilothouseError as error:
            held[request.id] = error.refusal.message
            log.warning("not_live", change_request=request.id, why=str(error))
    return published, held
