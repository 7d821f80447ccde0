"""A process that runs a cycle and is killed at a chosen stage boundary. Run by a test."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from control.store import open_store
from orchestrate import cycle, intents, stages
from tests.orchestrate.world import NOW, World

MOMENTS = (
    "laid out",
    "rules kept",
    "chunk decided",
    "chunk kept",
    "report kept",
    "committed",
    "first intents enqueued",
    "all enqueued",
)


def die() -> None:
    """No clean-up, no flush, no farewell."""
    os.kill(os.getpid(), signal.SIGKILL)


def decide_and_die(folder: str, moment: str) -> None:
    """Run the cycle of NOW and die right after a stage."""
    places: dict[str, tuple[Any, str]] = {
        "laid out": (stages, "lay_out"),
        "rules kept": (cycle, "keep_rules"),
        "chunk decided": (stages, "decide_state"),
        "chunk kept": (cycle, "keep_chunk"),
        "report kept": (cycle, "remember"),
        "committed": (cycle, "decide_tick"),
        "first intents enqueued": (intents, "_add"),
        "all enqueued": (cycle, "enqueue"),
    }
    module, name = places[moment]
    real = getattr(module, name)

    def do_it_and_die(*args: Any, **kwargs: Any) -> Any:
        real(*args, **kwargs)
        die()

    setattr(module, name, do_it_and_die)
    intents.CHUNK = 2
    store = open_store(f"sqlite:///{folder}/control.db")
    World(Path(folder), store, is_new=False).cycle(NOW)
