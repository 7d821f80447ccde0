"""A process that looks at journeys and is killed at a chosen boundary. Run by a test."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

from control import journeys
from control.store import open_store
from orchestrate import cycle
from tests.orchestrate.journeys.stage import Stage
from tests.orchestrate.world import NOW, World

MOMENTS = ("before the control store is written", "while the cycle is written", "before the outbox")


def look_and_die(folder: str, moment: str) -> None:
    """Do what a server does a minute after NOW, and die."""
    places: dict[str, tuple[Any, str]] = {
        MOMENTS[0]: (journeys, "_set_tick"),
        MOMENTS[1]: (cycle, "remember"),
        MOMENTS[2]: (cycle, "enqueue"),
    }
    module, name = places[moment]

    def die(*_args: object, **_kwargs: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(module, name, die)
    store = open_store(f"sqlite:///{folder}/control.db")
    stage = Stage(World(Path(folder), store, is_new=False))
    stage.now = NOW + timedelta(minutes=1)
    stage.round()
