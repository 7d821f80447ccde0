"""Canaries of a workspace: read out every few seconds, promoted or rolled back by their limits."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from control import canaries, versions
from control.canaries import Canary
from control.stamps import Stamp
from core.errors import Code, PilothouseError, refuse
from measure.canary import Readings, Verdict, verdict
from measure.canary_counts import read
from orchestrate.rulebook import canary as ends
from ui import telemetry

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)

SECONDS = 1.0
LOOK_AT_ALL_SECONDS = 30.0
"""A look that time alone is a reason for: the watch may be over."""
KEEP_EVERY = timedelta(minutes=1)
"""Numbers that change all the time are kept so often; a change of the verdict at once."""
RUNBOOK = "docs/runbooks/canary-stopped.md"
_STANDS = {
    "running": "runs",
    "promoted": "live for everybody",
    "rolled_back": "rolled back",
    "superseded": "replaced",
}
_REST, _MOST_SECONDS = 10, 3.0
"""So many times as long as a look works, none follows it; but no longer than that."""


class Looked(NamedTuple):
    """One look at a canary."""

    canary: Canary
    """As it stands after the look."""
    readings: Readings
    verdict: Verdict


class CanaryRound:
    """Looks at the canaries once something was written that may say something of them."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._stamp = Stamp(workspace.store)
        self._seen: object = None
        self._looked = self._rests_until = float("-inf")

    def once(self) -> None:
        """One look, unless nothing was written since the last one."""
        began = time.monotonic()
        if began < self._rests_until:
            return
        seen = self._stamp.value()
        if seen == self._seen and began - self._looked < LOOK_AT_ALL_SECONDS:
            return
        worked = time.thread_time()
        once(self._workspace)
        self._seen, self._looked = seen, began
        worked = time.thread_time() - worked
        self._rests_until = time.monotonic() + min(_REST * worked, _MOST_SECONDS)


def once(workspace: Workspace) -> list[Looked]:
    """Read out every running canary, keep it, and promote or roll back what its limits say."""
    found: list[Looked] = []
    for one in canaries.running(workspace.store).values():
        try:
            found.append(_look(workspace, one))
        except PilothouseError as error:
            log.warning("canary_not_read", key=one.key, version=one.version, why=str(error))
    return found


def of(workspace: Workspace, key: str | None = None) -> list[dict[str, Any]]:
    """Canaries with what was read out of them last, newest first; refuses a key without any."""
    found = canaries.everything(workspace.store, key)
    if key is not None and not found:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There never was a canary of '{key}'.",
            span=key,
            fix="'pilothouse canary list' names those that there are.",
        )
    return [_document(workspace, one) for one in found]


def in_words(canary: Canary) -> str:
    """Which canary: its version, and for whom it is."""
    return f"{canary.key} v{canary.version} for {canary.share * 100:.3g} % of the users"


def standing(canary: Canary) -> str:
    """How it stands, in words."""
    return _STANDS[canary.state]


def line(document: dict[str, Any]) -> str:
    """A canary of ``of`` in one line: for whom, how it stands, and why."""
    canary, readout = canary_of(document), document["readout"]
    read = readout["verdict"]["why"] if readout else "Not read out yet."
    return f"{in_words(canary)}: {standing(canary)}. {canary.why or read}"


def canary_of(document: dict[str, Any]) -> Canary:
    """The canary of a document of ``of``."""
    return Canary(**{name: document[name] for name in Canary._fields})


def _look(workspace: Workspace, canary: Canary) -> Looked:
    now = workspace.now()
    live = versions.current(workspace.store, canary.key)
    readings = read(
        workspace.store,
        workspace.runner(),
        workspace.catalog,
        canary,
        as_of=min(now, workspace.as_of()),
        paused=live is not None and live.state == "paused",
    )
    found = verdict(readings, canary.limits, now - canary.started_at)
    _keep(workspace, canary, readings, found, now)
    return Looked(_acted(workspace, canary, found, now) or canary, readings, found)


def _keep(
    workspace: Workspace, canary: Canary, readings: Readings, found: Verdict, now: datetime
) -> None:
    document = {
        "verdict": found.model_dump(mode="json"),
        "readings": readings.model_dump(mode="json"),
    }
    last = canaries.last_readout(workspace.store, canary.id)
    if last is not None:
        before, numbers = last.document["verdict"], last.document["readings"]
        is_same = (before["kind"], before["for_person"]) == (found.kind, found.for_person)
        is_young = timedelta(0) <= now - last.at < KEEP_EVERY
        if is_same and (is_young or numbers == document["readings"]):
            return
    canaries.keep_readout(workspace.store, canary.id, document, now)


def _acted(workspace: Workspace, canary: Canary, found: Verdict, now: datetime) -> Canary | None:
    """The canary as it ended; None while it runs, or when a person was quicker."""
    if found.kind == "wait":
        return None
    is_good = found.kind == "promote"
    why = found.why if is_good else f"{found.why} See {RUNBOOK}."
    act = ends.promote if is_good else ends.roll_back
    try:
        ended = act(workspace.store, canary.key, by=None, why=why, now=now, canary_id=canary.id)
    except PilothouseError as error:
        if error.refusal.code is Code.UNKNOWN_KEY:
            return None
        raise
    telemetry.CANARIES.labels(ended.state).inc()
    told = {"key": canary.key, "version": canary.version, "why": found.why}
    if is_good:
        log.info("canary_promoted", **told)
    else:
        log.warning("canary_rolled_back", runbook=RUNBOOK, **told)
    return ended


def _document(workspace: Workspace, canary: Canary) -> dict[str, Any]:
    last = canaries.last_readout(workspace.store, canary.id)
    readout = None if last is None else {"at": last.at, **last.document}
    return canary._asdict() | {"readout": readout}
