"""The pipeline of a workspace: its steps in order, each started again where a run was cut off.

Every step may run again and changes nothing the second time: what was loaded is not
loaded again, the same traits are the same build, the same moment and rules are the
same cycle, a message goes out once. So a run that a crash cut off goes on with the
step that it was in, and a failed run is simply started again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import structlog
from sqlalchemy.exc import OperationalError

from control import pipeline
from control.pipeline import PipelineRun
from core.errors import Code, PilothouseError, Refusal
from core.pipeline import Step, next_step
from ui.ids import new_id
from ui.pipeline_steps import STEPS, Detail

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)

LOOK_SECONDS = 15.0
WAITS_SECONDS = (1.0, 5.0)
"""Before the second and the third attempt of a step whose surroundings failed it."""
PASSING = (OSError, OperationalError, duckdb.IOException, duckdb.TransactionException)
"""What may go away by itself: a full or slow disk, a busy database, two writers at once."""

_ONE_AT_A_TIME = threading.RLock()


def run(
    workspace: Workspace,
    *,
    started_by: str,
    as_of: datetime | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> PipelineRun:
    """Run every step for a moment (naive UTC; the workspace's when none is given).

    A run that was cut off is finished first, for its own moment. A step that fails
    ends the run; the run says which steps it held.
    """
    with _ONE_AT_A_TIME:
        asked = as_of or workspace.as_of()
        begun = new_id()
        found = _start(workspace, begun, started_by, asked)
        if found.id != begun:
            finished = _advance(workspace, found, sleep)
            if finished.as_of == asked:
                return finished
            found = _start(workspace, begun, started_by, asked)
        return _advance(workspace, found, sleep)


def cut_off(workspace: Workspace) -> PipelineRun | None:
    """The run that a crash cut off, if there is one; while a run goes on here, that run."""
    found = pipeline.latest(workspace.store)
    return found[0] if found and found[0].state == "running" else None


def due(workspace: Workspace) -> bool:
    """Whether the schedule asks for a run now."""
    every = workspace.settings.pipeline.every_minutes
    if every is None:
        return False
    last = pipeline.last_started(workspace.store, "schedule")
    return last is None or workspace.now() >= last + timedelta(minutes=every)


def run_when_due(workspace: Workspace) -> None:
    """One look at the clock, for a server: finish what was cut off, begin what is due."""
    # Looked at only once nobody else's run goes on: that one is not cut off.
    with _ONE_AT_A_TIME:
        if (unfinished := cut_off(workspace)) is not None:
            _advance(workspace, unfinished, time.sleep)
        if due(workspace):
            run(workspace, started_by="schedule")


def _start(workspace: Workspace, run_id: str, started_by: str, as_of: datetime) -> PipelineRun:
    now = workspace.now()
    return pipeline.start(workspace.store, run_id, started_by=started_by, as_of=as_of, now=now)


def _advance(
    workspace: Workspace, found: PipelineRun, sleep: Callable[[float], object]
) -> PipelineRun:
    while (step := next_step(found.states)) is not None:
        pipeline.begin(workspace.store, found.id, step, now=workspace.now())
        try:
            detail = _attempted(workspace, found, step, sleep)
        except PilothouseError as error:
            log.warning("step_failed", run=found.id, step=step, why=str(error))
            pipeline.failed(workspace.store, found.id, step, error.refusal, now=workspace.now())
            return pipeline.get(workspace.store, found.id)
        except Exception:
            # A fault of ours must not leave a run that looks as if it were still going on.
            log.exception("step_broke", run=found.id, step=step)
            pipeline.failed(workspace.store, found.id, step, _broke(step), now=workspace.now())
            return pipeline.get(workspace.store, found.id)
        pipeline.done(workspace.store, found.id, step, detail, now=workspace.now())
        found = pipeline.get(workspace.store, found.id)
    pipeline.finish(workspace.store, found.id, now=workspace.now())
    log.info("pipeline_done", run=found.id, started_by=found.started_by)
    return pipeline.get(workspace.store, found.id)


def _attempted(
    workspace: Workspace,
    found: PipelineRun,
    step: Step,
    sleep: Callable[[float], object],
) -> Detail:
    """A step, up to three times where its surroundings fail it; a refusal is final."""
    for wait in WAITS_SECONDS:
        try:
            return STEPS[step](workspace, found)
        except PASSING as error:
            log.warning("step_again", run=found.id, step=step, why=str(error))
            sleep(wait)
            pipeline.begin(workspace.store, found.id, step, now=workspace.now())
    try:
        return STEPS[step](workspace, found)
    except PASSING as error:
        raise PilothouseError(_gave_up(step, error)) from error


def _gave_up(step: Step, error: Exception) -> Refusal:
    return Refusal(
        code=Code.STEP_FAILED,
        message=f"The step '{step}' failed {len(WAITS_SECONDS) + 1} times: "
        f"{str(error).splitlines()[0]}",
        span=step,
        fix="Mend what it names, then run 'pilothouse pipeline run'.",
    )


def _broke(step: Step) -> Refusal:
    return Refusal(
        code=Code.STEP_FAILED,
        message=f"Something broke on our side in the step '{step}'. What it had begun was undone.",
        span=step,
        fix="Look for 'step_broke' in the log; 'pilothouse pipeline run' tries again.",
    )
