"""The engine's answer, by the tool that the agent calls."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

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
    causes = tuple(_named(cause) for cause in report.causes)
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


def _named(cause: Cause) -> Named:
    return Named(
        kind=cause.kind,
        dimension=cause.dimension,
        value=cause.value,
        told=cause.cause,
        effect=cause.effect,
    )
