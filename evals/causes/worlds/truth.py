"""What each planted cause did: the same random numbers once more, without it."""

from __future__ import annotations

import numpy as np

from evals.causes.worlds.app import IOS
from evals.causes.worlds.behaviour import doings
from evals.causes.worlds.crowd import Crowd
from evals.causes.worlds.plan import HARMLESS
from evals.causes.worlds.planted import Planted, Scenario, Truth
from evals.causes.worlds.recording import converted, recorded


def truths(scenario: Scenario, everybody: Crowd) -> tuple[Truth, ...]:
    """Each planted cause with its relative effect on the segment's rate in the period."""
    crowd = everybody.only((everybody.week == 0) & (everybody.platform == IOS))
    whole = _rate(scenario, crowd)
    return tuple(_truth(scenario, crowd, cause, whole) for cause in scenario.planted)


def _truth(scenario: Scenario, crowd: Crowd, cause: Planted, whole: float) -> Truth:
    place = scenario.planted.index(cause)
    others = crowd.only(crowd.brought_by != place)
    # Whoever another cause brought keeps its place: only the numbering of the causes moves.
    brought = np.where(others.brought_by > place, others.brought_by - 1, others.brought_by)
    without = Crowd(**{**vars(others), "brought_by": brought})
    return Truth(
        kind=cause.kind,
        step=cause.step,
        where=cause.where,
        version=cause.version,
        effect=whole / _rate(scenario.without(cause), without) - 1,
        harmless=cause.kind in HARMLESS,
    )


def _rate(scenario: Scenario, crowd: Crowd) -> float:
    entered, reached = converted(
        scenario, crowd, recorded(scenario, crowd, doings(scenario, crowd))
    )
    return reached / entered
