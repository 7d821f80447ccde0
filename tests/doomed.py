"""Processes that tests kill, forked from one that has imported everything: a kill costs its own
time and no start."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        "tests.collect.dies_at",
        "tests.deliver.dies_while_sending",
        "tests.orchestrate.dies_in_cycle",
        "tests.orchestrate.journeys.dies_in_tick",
    ]
)
_LONGEST_SECONDS = 60
KILLED = -9


def begun(act: Callable[..., object], *arguments: object) -> ForkServerProcess:
    """A process that does something; its module must be one that can be imported."""
    process = _CONTEXT.Process(target=act, args=arguments)
    process.start()
    return process


def ended(act: Callable[..., object], *arguments: object) -> int | None:
    """How a process ended that was left alone: 0, ``KILLED``, 1 after an error; None: it hangs."""
    process = begun(act, *arguments)
    process.join(_LONGEST_SECONDS)
    code = process.exitcode
    process.kill()
    process.join()
    return code
