"""Several people at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from core.errors import Code, PilothouseError

Result = TypeVar("Result")


def at_once(*acts: Callable[[], Result]) -> list[Result | Code]:
    """What each came to when all began together: its result, or the code of its refusal."""
    together = threading.Barrier(len(acts))

    def run(act: Callable[[], Result]) -> Result | Code:
        together.wait()
        try:
            return act()
        except PilothouseError as error:
            return error.refusal.code

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
