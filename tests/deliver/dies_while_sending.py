"""A process that sends to a fake elsewhere and is killed at a chosen boundary. Run by a test."""

from __future__ import annotations

import os
import pickle
import signal
from datetime import datetime
from pathlib import Path
from typing import Any

from deliver import buckets, delivery, handing_over, outbox, telling, uncertain
from deliver.carriers import Remote
from deliver.delivery import Outward, deliver
from tests.deliver.sending import LATER, NAME, opened

MOMENTS: dict[str, tuple[Any, str, bool]] = {
    "claimed": (outbox, "lease", True),
    "asked": (delivery, "ask", True),
    "composed": (delivery, "compose", True),
    "bucket taken": (buckets, "take", True),
    "on its way": (outbox, "submit", True),
    "about to be sent": (Remote, "send", False),
    "sent": (Remote, "send", True),
    "about to be settled": (handing_over, "settle", False),
    "settled": (handing_over, "settle", True),
    "about to be told": (telling, "_messages", False),
    "told": (telling, "_note", False),
    "noted": (telling, "_note", True),
    "looked up": (uncertain, "_told", True),
}
"""Boundary → the function that ends or begins there, and whether it is done by then."""


def die() -> None:
    """No clean-up, no flush, no farewell."""
    os.kill(os.getpid(), signal.SIGKILL)


def send_and_die(folder: str, moment: str) -> None:
    """Send what is due and die at a boundary, when it is first reached."""
    module, name, done = MOMENTS[moment]
    real = getattr(module, name)

    def reach(*args: Any, **kwargs: Any) -> None:
        if done:
            real(*args, **kwargs)
        die()

    setattr(module, name, reach)
    run(folder, worker="dies", now=LATER)


def run(folder: str, *, worker: str, now: datetime) -> None:
    """One delivery run over the world in a folder, to the provider that lies beside it."""
    world = opened(Path(folder))
    provider = pickle.loads((Path(folder) / "provider").read_bytes())
    routes = dict.fromkeys(world.catalog.channels, NAME)
    deliver(
        world.store,
        world.warehouse,
        world.catalog,
        Outward(world.mailbox, {NAME: provider}, routes),
        clock=lambda: now,
        worker=worker,
        sleep=lambda _: None,
    )
