"""Which sends are stopped, read: one small set that both deciding and sending ask."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

import sqlalchemy as sa

from control.store import Store
from control.tables import kill_switches

Scope = Literal["global", "channel", "policy", "action"]
ANY = "*"
"""The key of the global switch."""


class KillSwitch(NamedTuple):
    """Something that may not be sent now, and why."""

    scope: Scope
    key: str
    reason: str
    by: str
    at: datetime


class Killed(NamedTuple):
    """All switches that are on."""

    switches: tuple[KillSwitch, ...]

    def keys(self, scope: Scope) -> frozenset[str]:
        """The keys that are stopped in a scope."""
        return frozenset(switch.key for switch in self.switches if switch.scope == scope)

    def stops(self, *, policy: str, action: str, channel: str | None = None) -> KillSwitch | None:
        """The first switch that stops this message, or None."""
        names = {"global": ANY, "policy": policy, "action": action, "channel": channel}
        return next((s for s in self.switches if names[s.scope] == s.key), None)


def active(store: Store) -> Killed:
    """The switches that are on, oldest first."""
    query = sa.select(kill_switches).order_by(kill_switches.c.at, kill_switches.c.key)
    with store.read() as connection:
        return Killed(tuple(KillSwitch(*row) for row in connection.execute(query)))
