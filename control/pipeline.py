"""Runs of the pipeline as the control store keeps them: what ran, what it came to, what waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from control.pipeline_tables import pipeline_runs, pipeline_steps, readouts
from control.store import Store, utc
from core.errors import Refusal
from core.pipeline import Step, StepState, downstream

RunState = Literal["running", "done", "failed"]


class StepRun(NamedTuple):
    """One step of a run. ``detail`` is what it did; ``refusal`` why it could not."""

    step: Step
    state: StepState
    attempts: int
    started_at: datetime | None
    finished_at: datetime | None
    detail: dict[str, Any]
    refusal: Refusal | None


class PipelineRun(NamedTuple):
    """One run with its steps in order. ``started_by`` is schedule, event or a person's e-mail."""

    id: str
    started_by: str
    as_of: datetime
    state: RunState
    started_at: datetime
    finished_at: datetime | None
    steps: tuple[StepRun, ...]

    @property
    def states(self) -> dict[Step, StepState]:
        """Each step's state."""
        return {one.step: one.state for one in self.steps}

    def detail(self, step: Step) -> dict[str, Any]:
        """What a step did."""
        return next(one.detail for one in self.steps if one.step is step)


def start(
    store: Store, run_id: str, *, started_by: str, as_of: datetime, now: datetime
) -> PipelineRun:
    """Begin a run; when one is running, gives that one and begins none."""
    with store.write() as connection:
        running = sa.select(pipeline_runs.c.id).where(pipeline_runs.c.state == "running")
        found = connection.execute(running).scalar()
        if found is None:
            connection.execute(
                pipeline_runs.insert().values(
                    id=run_id,
                    started_by=started_by,
                    as_of=utc(as_of),
                    state="running",
                    started_at=utc(now),
                )
            )
            connection.execute(pipeline_steps.insert(), [_waiting(run_id, step) for step in Step])
    return get(store, found or run_id)


def begin(store: Store, run_id: str, step: Step, *, now: datetime) -> None:
    """A step starts, for the first time or once more."""
    _write_step(
        store,
        run_id,
        step,
        state=StepState.RUNNING.value,
        attempts=pipeline_steps.c.attempts + 1,
        started_at=utc(now),
        finished_at=None,
    )


def done(
    store: Store, run_id: str, step: Step, detail: Mapping[str, Any], *, now: datetime
) -> None:
    """A step is done."""
    _write_step(
        store, run_id, step, state=StepState.DONE.value, detail=dict(detail), finished_at=utc(now)
    )


def failed(store: Store, run_id: str, step: Step, refusal: Refusal, *, now: datetime) -> None:
    """A step failed for good: what lies downstream is held, and the run ends."""
    why = refusal.model_dump(mode="json")
    with store.write() as connection:
        of_run = pipeline_steps.update().where(pipeline_steps.c.run_id == run_id)
        connection.execute(
            of_run.where(pipeline_steps.c.step == step.value).values(
                state=StepState.FAILED.value, refusal=why, finished_at=utc(now)
            )
        )
        held = [one.value for one in downstream(step)]
        connection.execute(
            of_run.where(pipeline_steps.c.step.in_(held)).values(state=StepState.HELD.value)
        )
        _end(connection, run_id, "failed", now)


def finish(store: Store, run_id: str, *, now: datetime) -> None:
    """Every step is done."""
    with store.write() as connection:
        _end(connection, run_id, "done", now)


def get(store: Store, run_id: str) -> PipelineRun:
    """A run by id."""
    found = _found(store, pipeline_runs.c.id == run_id, 1)
    return found[0]


def latest(store: Store, limit: int = 1) -> list[PipelineRun]:
    """The last runs, newest first."""
    return _found(store, sa.true(), limit)


def last_started(store: Store, started_by: str) -> datetime | None:
    """When a run was last started by schedule, by an event or by somebody."""
    query = sa.select(sa.func.max(pipeline_runs.c.started_at))
    with store.read() as connection:
        return connection.execute(query.where(pipeline_runs.c.started_by == started_by)).scalar()


def keep_readout(
    store: Store, policy_key: str, as_of: datetime, document: Mapping[str, Any], *, now: datetime
) -> None:
    """Keep what a policy had changed by a moment; the same moment again replaces it."""
    same = (readouts.c.policy_key == policy_key, readouts.c.as_of == utc(as_of))
    with store.write() as connection:
        connection.execute(readouts.delete().where(*same))
        connection.execute(
            readouts.insert().values(
                policy_key=policy_key, as_of=utc(as_of), document=dict(document), made_at=utc(now)
            )
        )


def kept_readouts(store: Store, policy_key: str) -> list[tuple[datetime, dict[str, Any]]]:
    """A policy's read-outs by their moment, oldest first."""
    query = sa.select(readouts.c.as_of, readouts.c.document).order_by(readouts.c.as_of)
    with store.read() as connection:
        rows = connection.execute(query.where(readouts.c.policy_key == policy_key))
        return [(row.as_of, row.document) for row in rows]


def read_out_policies(store: Store) -> list[str]:
    """The policies of which read-outs are kept."""
    query = sa.select(readouts.c.policy_key).distinct().order_by(readouts.c.policy_key)
    with store.read() as connection:
        return list(connection.execute(query).scalars())


def _waiting(run_id: str, step: Step) -> dict[str, Any]:
    state = StepState.WAITING.value
    return {"run_id": run_id, "step": step.value, "state": state, "attempts": 0, "detail": {}}


def _write_step(store: Store, run_id: str, step: Step, **values: Any) -> None:
    with store.write() as connection:
        connection.execute(
            pipeline_steps.update()
            .where(pipeline_steps.c.run_id == run_id, pipeline_steps.c.step == step.value)
            .values(**values)
        )


def _end(connection: sa.Connection, run_id: str, state: RunState, now: datetime) -> None:
    connection.execute(
        pipeline_runs.update()
        .where(pipeline_runs.c.id == run_id)
        .values(state=state, finished_at=utc(now))
    )


def _found(store: Store, which: sa.ColumnElement[bool], limit: int) -> list[PipelineRun]:
    newest = (
        sa.select(pipeline_runs)
        .where(which)
        .order_by(pipeline_runs.c.started_at.desc(), pipeline_runs.c.id.desc())
        .limit(limit)
    )
    with store.read() as connection:
        runs = connection.execute(newest).all()
        steps = connection.execute(
            sa.select(pipeline_steps).where(pipeline_steps.c.run_id.in_([run.id for run in runs]))
        ).all()
    by_run: dict[str, dict[str, StepRun]] = {}
    for row in steps:
        by_run.setdefault(row.run_id, {})[row.step] = StepRun(
            Step(row.step),
            StepState(row.state),
            row.attempts,
            row.started_at,
            row.finished_at,
            row.detail,
            Refusal.model_validate(row.refusal) if row.refusal else None,
        )
    return [
        PipelineRun(
            run.id,
            run.started_by,
            run.as_of,
            run.state,
            run.started_at,
            run.finished_at,
            tuple(by_run[run.id][step] for step in Step),
        )
        for run in runs
    ]
