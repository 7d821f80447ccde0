"""Replays of proposed rules over past days: worked out aside, one at a time, so that a page is
never kept waiting and closing it ends nothing.

What was worked out is kept until the data changes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import NamedTuple, cast

import streamlit as st

from control.requests import ChangeRequest
from control.versions import Rule
from core.errors import Code, refuse
from orchestrate.rehearsal.backtest import Backtest
from ui.backtesting import replay_days
from ui.console.desk import Desk
from ui.workspace import Workspace

DAYS = 28
KEPT = 32
"""So many replays are remembered, the newest ones."""


class Job:
    """One replay that waits, runs or is over."""

    def __init__(self) -> None:
        self.future: Future[Backtest] = Future()
        self.done, self.days = 0, DAYS
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End it before its next day."""
        self._stopped.set()
        self.future.cancel()

    def tell(self, day: int, days: int) -> None:
        """Note how far it is; refuses to go on once somebody stopped it."""
        self.done, self.days = day, days
        if self._stopped.is_set():
            raise refuse(
                Code.INVALID_ARGUMENT, "Somebody stopped the replay.", fix="Start it anew."
            )


class _Known(NamedTuple):
    pool: ThreadPoolExecutor
    jobs: dict[str, Job]


class Replays:
    """The replay of one proposed rule."""

    def __init__(self, office: Desk, request: ChangeRequest, rule: Rule) -> None:
        # The server opens no other; the desk only asks less of it.
        self._workspace, self._rule = cast(Workspace, office.workspace), rule
        self._content = request.content_hash

    def job(self) -> Job | None:
        """The replay on the data as it is, if somebody asked for it."""
        return _known().jobs.get(self._key()) if self._is_there() else None

    def start(self) -> None:
        """Have it worked out, unless it is already."""
        known, key = _known(), self._key()
        if key in known.jobs:
            return
        while len(known.jobs) >= KEPT:
            known.jobs.pop(next(iter(known.jobs))).stop()
        job = known.jobs[key] = Job()
        job.future = known.pool.submit(_replayed, self._workspace, self._rule, job.tell)

    def forget(self) -> None:
        """Stop it, so that it may be started anew."""
        if job := _known().jobs.pop(self._key(), None):
            job.stop()

    def _is_there(self) -> bool:
        return getattr(self._workspace, "warehouse", None) is not None

    def _key(self) -> str:
        warehouse = self._workspace.warehouse
        return f"{self._content} {warehouse.path} {warehouse.changes}"


def _replayed(workspace: Workspace, rule: Rule, tell: Callable[[int, int], None]) -> Backtest:
    until = workspace.as_of()
    since = until - timedelta(days=DAYS - 1)
    return replay_days(workspace, rule, None, since=since, until=until, tell=tell)


@st.cache_resource(show_spinner=False)
def _known() -> _Known:
    return _Known(ThreadPoolExecutor(1, thread_name_prefix="replay"), {})
