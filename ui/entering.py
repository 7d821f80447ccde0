"""Entries of the audit log for what a workspace does: prompts, answers, cycles, receipts,
settings."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from control import audit
from control.audit import Act, Asked
from control.store import Store
from core.artifacts import AskResult
from core.settings import Settings
from orchestrate.cycle import CycleReport

WHO = "pilothouse"
_UNSAID = {"secrets", "control_url", "warehouse_url", "source_url"}
"""May hold passwords, whose hash somebody could try out."""


def asked(store: Store, run_id: str, prompt: str, *, who: str, now: datetime) -> None:
    """Somebody asked; the prompt is kept apart, for it may name anybody."""
    _enter(store, Act(now, who, "ask", run_id, note=prompt))


def answered(store: Store, run_id: str, result: AskResult, *, now: datetime) -> None:
    """What came of it: the hash is of the whole answer, its draft included."""
    note = f"{result.intent}, {result.status}"
    digest = _hash(result.model_dump(mode="json"))
    _enter(store, Act(now, WHO, "answer", run_id, after_hash=digest, note=note))


def cycle_begun(store: Store, trace_id: str, as_of: datetime, *, now: datetime) -> None:
    """A cycle begins to decide."""
    note = f"as of {as_of:%Y-%m-%d %H:%M} (UTC)"
    _enter(store, Act(now, WHO, "cycle_begun", trace_id, note=note))


def cycle_ended(store: Store, report: CycleReport, *, now: datetime) -> None:
    """A cycle decided; one that begun and has no end was held, or cut off."""
    note = (
        f"{report.selected:,} selected, {report.held_out:,} held out, "
        f"{report.suppressed:,} suppressed, {report.lost:,} lost"
    )
    _enter(store, Act(now, WHO, "cycle", report.cycle_id, note=note))


def receipts_applied(store: Store, applied: int, withdrawn: int, *, now: datetime) -> None:
    """Receipts of providers did what they do."""
    note = f"{withdrawn:,} of them opt-outs"
    _enter(store, Act(now, WHO, "receipts", f"{applied} receipts", note=note))


def settings_seen(store: Store, settings: Settings, *, now: datetime) -> None:
    """With which settings a server starts: an entry when they are not the last ones."""
    digest = _hash(settings.model_dump(mode="json", exclude=_UNSAID))
    last = audit.entries(store, Asked(what="settings", limit=1))
    if not last or last[0].after_hash != digest:
        before = last[0].after_hash if last else None
        _enter(store, Act(now, WHO, "settings", "server", before, digest))


def _enter(store: Store, act: Act) -> None:
    with store.write() as connection:
        audit.append(connection, act)


def _hash(document: object) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()
