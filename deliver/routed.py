"""Send what was routed: batch by batch, each under a name that makes sending it again harmless."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from control import routing
from control.store import Store
from deliver.still import all_stopped

BATCH = 1_000


class EventDestination(Protocol):
    """Takes batches of events. The same batch twice must be one."""

    def send(self, batch: str, payloads: Sequence[str]) -> None:
        """Hand over JSON documents; when it returns they are there."""
        ...


def send_routed(
    store: Store, destinations: dict[str, EventDestination], *, now: datetime
) -> dict[str, int]:
    """Send everything that waits, unless everything is stopped; destination → events that left."""
    return {name: _send(store, name, one, now) for name, one in destinations.items()}


def _send(store: Store, name: str, destination: EventDestination, now: datetime) -> int:
    total = 0
    while not all_stopped(store) and (batch := routing.lease(store, name, now=now, limit=BATCH)):
        destination.send(batch.name, batch.payloads)
        routing.sent(store, batch.name, now=now)
        total += len(batch.payloads)
    return total
