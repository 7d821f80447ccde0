"""Another contact policy: whom it holds out, which messages it stops or lets through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.artifacts import Finding
from core.conditions import EVERYONE, And, Condition, Not
from core.contact_policies import ContactMove, contact_findings
from core.data_changes import ChangedPart, DataEffect, Downstream
from core.rules import ContactPolicy
from orchestrate.counting import count_true
from orchestrate.reach import held_out
from orchestrate.rehearsal.dry_run import rehearse
from orchestrate.rehearsal.outcome import Rehearsal
from ui.channel_routes import senders
from ui.file_parts import Files

if TYPE_CHECKING:
    from ui.workspace import Workspace

_PARTS = {"min_gap_seconds": "minimum gap", "quiet_hours": "quiet hours"}
_HOLDOUT = "global holdout"


def effect_of(
    workspace: Workspace, before: Files, after: Files
) -> tuple[DataEffect, tuple[Finding, ...]]:
    """What a cycle now would select under both, and who enters and leaves the global holdout."""
    old, new = (one.catalog.defaults.contact_policy for one in (before, after))
    users, entering, leaving = _holdouts(workspace, old, new)
    runs = [_rehearsed(workspace, one) for one in (before, after)]
    selected = [one.selected if one else None for one in runs]
    move = ContactMove(
        before=old,
        after=new,
        entering=entering,
        leaving=leaving,
        selected_before=selected[0],
        selected_after=selected[1],
    )
    changed = tuple(_changed(old, new))
    effect = DataEffect(
        summary=_summary(move),
        as_of=workspace.as_of().isoformat(),
        changed=changed,
        downstream=tuple(_downstream(workspace, runs, tuple(one.name for one in changed))),
        users_total=users,
        notes=tuple(_notes(move, runs)),
    )
    return effect, contact_findings(move)


def relies_on(workspace: Workspace, _effect: DataEffect) -> dict[str, str]:
    """Every rule and journey that sends: the messages were counted with these."""
    return {
        f"{kind}:{version.key}": version.content_hash
        for kind, version, actions in senders(workspace)
        if actions
    }


def _holdouts(workspace: Workspace, old: ContactPolicy, new: ContactPolicy) -> tuple[int, int, int]:
    """All users, and how many the holdout takes in and lets go."""
    before, after = held_out(old.global_holdout), held_out(new.global_holdout)
    flags: dict[str, Condition] = {
        "everybody": EVERYONE,
        "entering": And(of=(after, Not(of=before))),
        "leaving": And(of=(before, Not(of=after))),
    }
    scope: dict[str, Any] = {"as_of": workspace.as_of()}
    counted = count_true(
        flags, workspace.runner(), workspace.catalog, "who the global holdout is of", scope
    )
    return counted["everybody"], counted["entering"], counted["leaving"]


def _rehearsed(workspace: Workspace, files: Files) -> Rehearsal | None:
    """What a cycle would do; None while nothing sends."""
    if not any(kind == "rule" and actions for kind, _, actions in senders(workspace)):
        return None
    return rehearse(
        workspace.store, workspace.warehouse, files.catalog, as_of=workspace.as_of(), week=False
    )


def _changed(old: ContactPolicy, new: ContactPolicy) -> Iterator[ChangedPart]:
    caps = [{cap.key: cap for cap in policy.caps} for policy in (old, new)]
    for key in dict.fromkeys((*caps[0], *caps[1])):
        yield from _part(f"cap {key}", caps[0].get(key), caps[1].get(key))
    for field, name in _PARTS.items():
        yield from _part(name, getattr(old, field), getattr(new, field))
    yield from _part(_HOLDOUT, old.global_holdout, new.global_holdout)


def _part(name: str, before: object, after: object) -> Iterator[ChangedPart]:
    if before != after:
        change = "changed" if before and after else "added" if after else "removed"
        yield ChangedPart.model_validate({"kind": "contact", "name": name, "change": change})


def _downstream(
    workspace: Workspace, runs: list[Rehearsal | None], parts: tuple[str, ...]
) -> Iterator[Downstream]:
    counted = [_by_sender(run) for run in runs]
    for kind, version, actions in senders(workspace):
        if not actions:
            continue
        yield Downstream.model_validate(
            {
                "kind": kind,
                "key": version.key,
                "name": version.artifact.name,
                "reads": parts,
                "before": counted[0].get(version.key),
                "after": counted[1].get(version.key),
            }
        )


def _by_sender(run: Rehearsal | None) -> dict[str, int]:
    found: dict[str, int] = {}
    for action in run.actions if run else ():
        found[action.policy] = found.get(action.policy, 0) + action.selected
    return found


def _summary(move: ContactMove) -> str:
    told = []
    if move.entering or move.leaving:
        told.append(
            f"the global holdout takes in {move.entering:,} users and lets go {move.leaving:,}"
        )
    before, after = move.selected_before, move.selected_after
    if before is None or after is None:
        told.append("nothing sends yet")
    elif before == after:
        told.append(f"a cycle now would select {after:,} messages, as before")
    else:
        told.append(f"a cycle now would select {after:,} messages instead of {before:,}")
    return f"Under the other contact policy {'; '.join(told)}."


def _notes(move: ContactMove, runs: list[Rehearsal | None]) -> Iterator[str]:
    yield (
        "It holds for every rule, policy and journey, from the moment it is live, also for "
        "messages that wait."
    )
    before, after = runs
    if before and after and before.deferred != after.deferred:
        yield (
            f"{after.deferred:,} messages would wait for the end of quiet hours instead of "
            f"{before.deferred:,}."
        )
    if move.before.quiet_hours != move.after.quiet_hours:
        yield "A message that waits keeps its time until it is sent; then it is looked at again."
