"""A change of the tracking plan: what it would do to what arrived, and sending it for approval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from collect.plan import TrackingPlan
from collect.plan_changes import EventChange, event_changes
from collect.reprocess import Change, Outcome, Reprocessed
from control.people import Person
from control.requests import ChangeRequest
from core.data_changes import (
    ChangedPart,
    DataEffect,
    Downstream,
    Sample,
    TableRows,
    TrackingPlanChange,
)
from core.errors import Code, refuse
from ui import data_changes
from ui.event_readers import readers_of_events

if TYPE_CHECKING:
    from ui.workspace import Workspace

DAYS = 30
SAMPLES = 5

_PHRASES: dict[Change, str] = {
    "accepted": "{} that {were} dead letters would be stored",
    "dead_lettered": "{} that {were} stored would be dead letters",
    "renamed": "{} would get another name",
    "coerced": "{} would get other properties",
    "appeared": "{} that {were} suppressed would be kept",
    "disappeared": "{} would be suppressed",
    "other_reason": "{} would be dead letters for another reason",
}
_KINDS: dict[str, str] = {"rule": "rule", "audience": "audience", "model": "trait"}


def effect_of(
    workspace: Workspace, plan: TrackingPlan, *, days: int = DAYS, notes: Iterable[str] = ()
) -> DataEffect:
    """What a plan would do to the events of the last days, by really loading them under it."""
    now = workspace.now()
    live = workspace.intake.plan
    found = workspace.intake.preview(plan, now - timedelta(days=days))
    changes = event_changes(live, plan)
    return DataEffect(
        summary=_summary(found, days),
        as_of=now.isoformat(),
        tables=tuple(
            TableRows(table=one.table, before=one.before, after=one.after) for one in found.tables
        ),
        changed=tuple(
            ChangedPart(kind="event", name=one.event, change=one.change, note=one.note)
            for one in changes
        ),
        downstream=tuple(_downstream(workspace, changes)),
        samples=tuple(_samples(found)),
        notes=(*_told(found), *_unknown(workspace, live, plan), *notes),
    )


def propose_plan(
    workspace: Workspace,
    plan: TrackingPlan,
    effect: DataEffect,
    *,
    author: Person,
    reason: str,
) -> ChangeRequest:
    """Send a plan for approval; refuses one that says what the plan in force says."""
    live = workspace.intake.plan
    if plan.document() == live.document():
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"This is what version {live.version} of the tracking plan already says.",
            fix="Change something in it first.",
        )
    change = TrackingPlanChange(name=_name(event_changes(live, plan)), plan=plan.document())
    return data_changes.propose(workspace, change, effect, author=author, reason=reason)


def _name(changes: list[EventChange]) -> str:
    if not changes:
        return "Tracking plan: ids that stand for nobody"
    first, more = changes[0], len(changes) - 1
    text = f"{first.event} {first.sentences[0]}"
    return f"Tracking plan: {text}" + (f" and {more} more" if more else "")


def _summary(found: Reprocessed, days: int) -> str:
    parts = []
    for change, phrase in _PHRASES.items():
        if count := found.counted(change):
            noun = f"{count:,} event{'' if count == 1 else 's'}"
            parts.append(phrase.format(noun, were="was" if count == 1 else "were"))
    period = f"of the last {days} days"
    total = found.loaded.received
    if not total:
        return f"No event arrived in the last {days} days, so none would end otherwise."
    if not parts:
        return f"None of the {total:,} events {period} would end otherwise."
    return f"Of {total:,} events {period}, {'; '.join(parts)}."


def _told(found: Reprocessed) -> Iterator[str]:
    """The largest groups of events that would end otherwise, each with its two ends."""
    for one in sorted(found.changed, key=lambda one: -one.events)[:SAMPLES]:
        yield f"{one.events:,} sent as {one.sent_name}: {before(one)} → {after(one)}."
    yield (
        "Events that are loaded from now on follow the plan at once; earlier ones after "
        "'pilothouse reprocess'."
    )


def _samples(found: Reprocessed) -> Iterator[Sample]:
    for one in sorted(found.changed, key=lambda one: -one.events)[:SAMPLES]:
        yield Sample(subject=one.example, what=one.sent_name, before=before(one), after=after(one))


def before(outcome: Outcome) -> str:
    """The end that events met, in words."""
    return _end(outcome.event_before, outcome.code_before)


def after(outcome: Outcome) -> str:
    """The end that they meet under the other plan, in words."""
    return _end(outcome.event_after, outcome.code_after)


def _end(event: str | None, code: str | None) -> str:
    if code is not None:
        return f"dead letter ({code})"
    return "not kept" if event is None else f"stored as {event}"


def _downstream(workspace: Workspace, changes: list[EventChange]) -> Iterator[Downstream]:
    readers = readers_of_events(workspace)
    reads: dict[tuple[str, str, str], list[str]] = {}
    for change in changes:
        for reader in readers.get(change.event, ()):
            if reader.kind in _KINDS:
                reads.setdefault((_KINDS[reader.kind], *reader[1:]), []).append(change.event)
    gone = {change.event: change.note for change in changes if change.change == "renamed"}
    for (kind, key, name), events in reads.items():
        lost = [f"{event} {gone[event]}" for event in events if event in gone]
        found = {"kind": kind, "key": key, "name": name, "reads": tuple(events)}
        broken = f"it would find no new events, for {'; '.join(lost)}" if lost else None
        yield Downstream.model_validate(found | {"broken": broken})


def _unknown(workspace: Workspace, live: TrackingPlan, plan: TrackingPlan) -> Iterator[str]:
    """New events that rules cannot use yet."""
    for name in plan.events:
        if name not in live.events and name not in workspace.catalog.events:
            yield f"The catalog does not describe {name}: rules cannot name it yet."
