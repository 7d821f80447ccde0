"""Threads and runs of the agent: what a worker did, step by step, for a page to read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from control.store import Store, utc
from control.tables import run_steps, runs, threads
from core.artifacts import TraceStep
from core.errors import Code, refuse

RunState = Literal["queued", "running", "waiting", "finished", "failed"]


class Thread(NamedTuple):
    """A conversation. ``graph_version`` names the graph that may continue it."""

    id: str
    owner: str
    graph_version: str
    title: str
    created_at: datetime


class Run(NamedTuple):
    """One prompt being answered, or answered: ``result`` is then the answer's document."""

    id: str
    thread_id: str
    person: str
    prompt: str
    state: RunState
    result: dict[str, Any] | None
    created_at: datetime
    finished_at: datetime | None


class RunStep(NamedTuple):
    """One node as it ran. ``ms`` is its wall time."""

    run_id: str
    seq: int
    node: str
    attempt: int
    ms: int
    detail: dict[str, Any]
    at: datetime


def open_thread(store: Store, thread: Thread) -> Thread:
    """Write a thread unless it is there; gives the one that is there."""
    with store.write() as connection:
        query = sa.select(threads).where(threads.c.id == thread.id)
        if found := connection.execute(query).first():
            return Thread(*found)
        values = thread._asdict() | {"created_at": utc(thread.created_at)}
        connection.execute(threads.insert().values(values))
    return thread


def create(
    store: Store, run_id: str, *, thread_id: str, person: str, prompt: str, now: datetime
) -> Run:
    """Write a queued run for a worker to take."""
    run = Run(run_id, thread_id, person, prompt, "queued", None, utc(now), None)
    with store.write() as connection:
        connection.execute(runs.insert().values(run._asdict()))
    return run


def take(store: Store) -> Run | None:
    """The oldest queued run, marked running so that no other worker takes it; None when idle."""
    query = sa.select(runs).where(runs.c.state == "queued").order_by(runs.c.created_at).limit(1)
    with store.write() as connection:
        found = connection.execute(query).first()
        if found is None:
            return None
        connection.execute(runs.update().where(runs.c.id == found.id).values(state="running"))
    return Run(*found)._replace(state="running")


def add_step(
    store: Store, run_id: str, ran: TraceStep, *, detail: Mapping[str, Any], now: datetime
) -> RunStep:
    """Append a step to a run."""
    with store.write() as connection:
        count = sa.select(sa.func.count()).where(run_steps.c.run_id == run_id)
        seq = connection.execute(count).scalar_one() + 1
        step = RunStep(run_id, seq, ran.node, ran.attempt, ran.ms, dict(detail), utc(now))
        connection.execute(run_steps.insert().values(step._asdict()))
    return step


def finish(
    store: Store, run_id: str, *, state: RunState, result: Mapping[str, Any], now: datetime
) -> None:
    """Keep the answer. ``waiting`` means that an approval is still open."""
    values = {"state": state, "result": dict(result), "finished_at": utc(now)}
    with store.write() as connection:
        connection.execute(runs.update().where(runs.c.id == run_id).values(values))


def get(store: Store, run_id: str) -> Run:
    """One run; refuses with UNKNOWN_KEY."""
    with store.read() as connection:
        found = connection.execute(sa.select(runs).where(runs.c.id == run_id)).first()
    if found is None:
        raise refuse(Code.UNKNOWN_KEY, f"There is no run '{run_id}'.", span=run_id)
    return Run(*found)


def answered_with(
    store: Store, kind: str, *, by: Collection[str] | None = None, limit: int = 500
) -> list[str]:
    """Ids of the newest runs whose answer holds an artifact of a kind, of some people or of all."""
    made = runs.c.result["artifact"]["kind"].as_string()
    query = sa.select(runs.c.id).where(made == kind)
    if by is not None:
        query = query.where(runs.c.person.in_(sorted(by)))
    newest = query.order_by(runs.c.created_at.desc(), runs.c.id.desc()).limit(limit)
    with store.read() as connection:
        return list(connection.execute(newest).scalars())


def list_runs(store: Store, thread_id: str | None = None, *, limit: int = 50) -> list[Run]:
    """The newest runs, of one thread or of all, newest first."""
    query = sa.select(runs).order_by(runs.c.created_at.desc(), runs.c.id.desc()).limit(limit)
    if thread_id is not None:
        query = query.where(runs.c.thread_id == thread_id)
    with store.read() as connection:
        return [Run(*row) for row in connection.execute(query)]


def steps(store: Store, run_id: str, *, after: int = 0) -> list[RunStep]:
    """The steps of a run with a number above ``after``, in order."""
    query = (
        sa.select(run_steps)
        .where(run_steps.c.run_id == run_id, run_steps.c.seq > after)
        .order_by(run_steps.c.seq)
    )
    with store.read() as connection:
        return [RunStep(*row) for row in connection.execute(query)]
