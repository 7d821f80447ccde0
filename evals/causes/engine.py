"""The engine's answer, by the tool that the agent calls."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from math import expm1, log

from core.artifacts import Cause, DebugReport
from core.errors import PilothouseError
from evals.causes.answers import Answer, Named
from evals.causes.worlds.world import World
from tools.context import Refused
from tools.diagnosis import Slice, diagnosis_tools
from warehouse.catalog import Catalog
from warehouse.runner import CheckedRunner

METRIC = "conversion"
SEGMENT = Slice(label="iOS", column="device_os", value="ios")
CONTROL = Slice(label="Android", column="device_os", value="android")


@dataclass(frozen=True)
class Surroundings:
    """What the tool is bound to."""

    catalog: Catalog
    runner: CheckedRunner
    as_of: datetime


def ask_engine(world: World) -> Answer:
    """'Why did conversion drop on iOS this week?', asked of a world."""
    started = time.process_time()
    report = reported(world)
    spent = time.process_time() - started
    change = _log_odds_change(report)
    causes = tuple(_named(cause, change) for cause in report.causes)
    return Answer(causes=causes, verdict=report.verdict, cpu_seconds=spent)


def reported(world: World) -> DebugReport:
    """The whole report; raises the refusal if the tool refuses."""
    bound = Surroundings(world.catalog, CheckedRunner(world.warehouse, world.catalog), world.as_of)
    tool = next(t for t in diagnosis_tools(bound) if t.name == "diagnose")
    scenario = world.scenario
    given: DebugReport | Refused = tool.invoke(
        {
            "metric": METRIC,
            "start": scenario.moment(0),
            "end": scenario.moment(scenario.end),
            "segment": SEGMENT,
            "control": CONTROL,
            "direction": "drop",
        }
    )
    if isinstance(given, Refused):
        raise PilothouseError(given.refusals[0])
    return given


def _named(cause: Cause, change: float) -> Named:
    return Named(
        kind=cause.kind,
        dimension=cause.dimension,
        value=cause.value,
        told=cause.cause,
        effect=expm1(cause.explained * change),
    )


def _log_odds_change(report: DebugReport) -> float:
    """How far the whole rate of the segment lies from what was expected, in log odds.

    ``explained`` is a share of it.
    """
    label = report.segments[0]
    rows = [d for d in report.deltas if d.segment == label]
    if not rows:
        return 0.0
    whole = rows[-1]
    (now,) = (
        r.rate
        for r in report.funnel
        if (r.step, r.segment, r.period) == (whole.step, label, "current")
    )
    return 0.0 if now is None else logit(now) - logit(now - whole.change)


def logit(share: float) -> float:
    """The log odds of a share, which is held off 0 and 1."""
    held = min(max(share, 1e-9), 1 - 1e-9)
    return log(held / (1 - held))
