"""Simpler methods that answer the same questions, to measure the engine against.

Each sees who entered and who converted by source, country, tenure and version, now and in the same
stretch of earlier weeks as known at the same moment of theirs: the engine's own alignment, not a
plain week before. Each says only for whom, so it is judged by that alone; and it is asked only
where a plain test of two proportions calls the fall significant.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import NamedTuple

from evals.causes.answers import Answer, Named
from evals.causes.baselines.adtributor import adtributor
from evals.causes.baselines.before import Before, compared
from evals.causes.baselines.biggest_mover import biggest_mover
from evals.causes.baselines.segments import wise_pizza
from measure.methods.proportions import Share, two_proportions

ALPHA = 0.05
LIBRARY = "wise_pizza"
INSTALL = "bash .ci/uv pip install --python .venv/bin/python --group baselines"

Method = Callable[[Before], list[Named]]
_OWN: dict[str, Method] = {"biggest mover": biggest_mover, "Adtributor": adtributor}


class Absent(NamedTuple):
    """A method that cannot be run here, and how to install it."""

    method: str
    install: str


def methods() -> tuple[dict[str, Callable[[Before], Answer]], list[Absent]]:
    """The methods by name, and those whose library is not installed."""
    chosen, absent = dict(_OWN), []
    if find_spec(LIBRARY):
        chosen["wise-pizza"] = wise_pizza
    else:
        absent.append(Absent("wise-pizza", INSTALL))
    return {name: _asked(method) for name, method in chosen.items()}, absent


def _asked(method: Method) -> Callable[[Before], Answer]:
    def answer(before: Before) -> Answer:
        started = time.process_time()
        now, usual = before.total(now=True), before.total(now=False)
        test = two_proportions(Share(*usual[::-1]), Share(*now[::-1]))
        fell = test.effect < 0 and test.p < ALPHA
        return Answer(
            causes=tuple(method(before)) if fell else (),
            cpu_seconds=time.process_time() - started,
        )

    return answer


__all__ = ["Absent", "Before", "compared", "methods"]
