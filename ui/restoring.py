"""A control store that is older than what is known of it: noticed when a workspace opens, held
until an admin accepts it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from control import audit, holds, restored
from control.people import Person, require_now
from control.restored import Lost, Undone
from control.store import Store
from core.errors import Code, refuse
from core.lifecycle import Role
from deliver.restored import HeldBack, hold_back
from orchestrate.intents import reconcile
from ui.anchoring import Anchors, since_accepted

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)


def look(store: Store, anchors: Anchors, now: datetime) -> None:
    """Hold a store whose audit log lacks what the anchor file has noted; else note its head."""
    if holds.of(store) is None and (why := older(store, anchors)):
        with store.write() as connection:
            holds.hold(connection, why, now, audit.head(connection)[0])
        log.error("control_store_held", why=why)
    if holds.of(store) is None:
        anchors.watch(store)


def older(store: Store, anchors: Anchors) -> str | None:
    """Why the store is not the one that was noted last, as a sentence; None when it is."""
    last = max(since_accepted(anchors.noted()), key=lambda one: one.seq, default=None)
    if last is None:
        return None
    with store.read() as connection:
        seq, _ = audit.head(connection)
        if seq < last.seq:
            return (
                f"the control store is older than it was: its audit log ends at entry {seq:,}, "
                f"and entry {last.seq:,} was noted outside of it at {last.at} (UTC)."
            )
        this = Lost(last.seq, last.hash, "", "", "")
        folded = audit.first_kept(connection) > last.seq
        if not folded and restored.missing(connection, [this]):
            return (
                "the control store is another one than it was: entry "
                f"{last.seq:,} of its audit log is not the one that was noted outside of it."
            )
    return None


def accept(workspace: Workspace, person: Person, reason: str) -> dict[str, Any]:
    """Let a restored store be the one that counts: what it brought back and must not is taken
    away, and nothing that waited in it leaves by itself."""
    store, now = workspace.store, workspace.now()
    found = holds.of(store)
    if found is None:
        raise refuse(
            Code.INVALID_ARGUMENT,
            "The control store is not held: there is nothing to accept.",
            fix="'pilothouse restore FILE' puts a backup in its place.",
        )
    noted = since_accepted(workspace.anchors.noted())
    reconcile(store, workspace.warehouse)
    with store.write() as connection:
        require_now(connection, person, frozenset({Role.ADMIN}), "accept a restored control store")
        acts = [Lost(one.seq, one.hash, one.what, one.subject, one.who) for one in noted]
        lost = restored.missing(connection, acts)
        _require_still_admin(person, lost)
        undone = restored.undo(connection, lost, by=person.email, now=now)
        held = hold_back(connection, workspace.warehouse, now=now)
        holds.lift(connection)
        # From here on this log is the one that is noted: this entry says where it begins anew.
        workspace.anchors.watch(store)
        note = f"{reason} ({found.why} {_counted(lost, undone, held)})"
        act = audit.Act(now, person.email, restored.RESTORED, f"entry {found.head_seq}", note=note)
        audit.append(connection, act)
    forgotten = sum(one.what == "forget_begun" for one in lost)
    log.warning("restored_store_accepted", by=person.email, lost=len(lost))
    return {
        "reason": reason,
        "held_since": found.since,
        "lost_entries": _lost_range(lost),
        "tokens_revoked": undone.tokens,
        "kill_switches": undone.kills,
        "paused": undone.paused,
        "changed_data": undone.changed_data,
        "suspended": undone.suspended,
        "messages": held._asdict(),
        "forgotten_since": forgotten,
        "roles_taken": undone.people,
    }


def _require_still_admin(person: Person, lost: list[Lost]) -> None:
    """An old store gives roles back; not the one to let it count."""
    if person.email in restored.demoted(lost):
        raise refuse(
            Code.NOT_ALLOWED,
            f"{person.email} may not accept it: a role or more was taken from them after the "
            "backup was made.",
            span=person.email,
            fix="Ask another admin.",
        )


def lines(document: dict[str, Any]) -> list[str]:
    """What was done, for a person."""
    held = document["messages"]
    listed = {
        "Tokens revoked": document["tokens_revoked"],
        "Kill switches on again": document["kill_switches"],
        "Paused, since they changed after the backup": document["paused"],
        "To be looked at, since they changed after the backup": document["changed_data"],
        "Change requests suspended": document["suspended"],
        "Without a role until somebody grants one": document["roles_taken"],
    }
    found = ["The restored control store counts from here on."]
    found += [f"  {name}: {', '.join(ones)}" for name, ones in listed.items() if ones]
    found.append(
        f"  Messages that waited: {held['uncertain']:,} uncertain ('pilothouse deliver list'), "
        f"{held['sent']:,} known to have left."
    )
    if document["forgotten_since"]:
        found.append(
            f"  {document['forgotten_since']:,} people were forgotten after the backup: "
            "'pilothouse forget' them again."
        )
    return found


def _counted(lost: list[Lost], undone: Undone, held: HeldBack) -> str:
    return (
        f"{len(lost):,} noted entries are not in it; {len(undone.tokens):,} tokens revoked, "
        f"{len(undone.kills):,} kill switches on again, {len(undone.paused):,} paused, "
        f"{len(undone.suspended):,} requests suspended, {held.uncertain:,} messages held back."
    )


def _lost_range(lost: list[Lost]) -> list[int]:
    return [min(one.seq for one in lost), max(one.seq for one in lost)] if lost else []
