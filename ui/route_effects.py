"""Another destination for a channel: what it would do, proposing it, and taking it back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from control import channel_routes as control_routes
from control import versions
from control.people import Person
from control.requests import ChangeRequest
from control.versions import AnyVersion
from core.artifacts import Finding
from core.data_changes import ChangedPart, ChannelRoutesChange, DataEffect, Downstream
from core.errors import Code, PilothouseError, refuse
from core.route_policies import Move, route_findings
from deliver.destinations.mailbox import MAILBOX
from deliver.registry import Checked, Configured, checked, named
from deliver.wire import Capabilities
from ui import channel_routes, data_changes

if TYPE_CHECKING:
    from ui.workspace import Workspace


class Looked(NamedTuple):
    """What routes would do, and what the guardrails say."""

    effect: DataEffect
    findings: tuple[Finding, ...]


def look(workspace: Workspace, change: ChannelRoutesChange) -> Looked:
    """What routes would do; refuses ones that are in force already."""
    moves = moves_to(workspace, change.routes)
    if not moves:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"It is so already: {change.name}.",
            fix="See where channels go with 'pilothouse destinations list'.",
        )
    return Looked(effect_of(workspace, moves), route_findings(moves))


def effect_of(workspace: Workspace, moves: list[Move]) -> DataEffect:
    """What moving channels does: who sends by them, what waits, what is lost."""
    downstream = tuple(_downstream(workspace, {one.channel for one in moves}))
    return DataEffect(
        summary=_summary(moves),
        as_of=workspace.now().isoformat(),
        changed=tuple(
            ChangedPart(
                kind="channel",
                name=one.channel,
                change="changed",
                note=f"it goes to {one.after} instead of {one.before}",
            )
            for one in moves
        ),
        downstream=downstream,
        notes=(
            "What a destination has already stays with it; nothing is sent twice.",
            "No rule and no holdout changes.",
        ),
    )


def moves_to(workspace: Workspace, wanted: Mapping[str, str]) -> list[Move]:
    """The channels that would go elsewhere under other routes."""
    now = control_routes.routes(workspace.store)
    waiting = control_routes.unsent(workspace.store)
    there = checked(workspace.settings)
    return [
        _move(workspace, there, channel, before, after, waiting.get(channel, 0))
        for channel in sorted({*now, *wanted})
        if (before := now.get(channel, MAILBOX)) != (after := wanted.get(channel, MAILBOX))
    ]


def route(workspace: Workspace, channel: str, name: str) -> ChannelRoutesChange:
    """The routes in force, with one channel for another destination."""
    wanted = {**control_routes.routes(workspace.store), channel: name}
    if name == MAILBOX:
        del wanted[channel]
    return ChannelRoutesChange(name=f"{channel} goes to {name}", routes=wanted)


def propose_route(
    workspace: Workspace, change: ChannelRoutesChange, *, author: Person, reason: str
) -> ChangeRequest:
    """Send routes for approval; refuses ones that are in force, and what the guardrails block."""
    channel_routes.begin(workspace)
    effect, findings = look(workspace, change)
    return data_changes.propose(
        workspace, change, effect, author=author, reason=reason, findings=findings
    )


def roll_back(workspace: Workspace, number: int, *, person: Person) -> AnyVersion:
    """Put older routes into force again; refuses where a destination of theirs is gone."""
    older = versions.data_version(workspace.store, ChannelRoutesChange, number)
    channel_routes.require_usable(workspace, older.artifact.routes)
    return data_changes.roll_back(workspace, "channel_routes", number, person=person)


def lost(before: Configured | None, after: Configured | None, name: str) -> Iterator[str]:
    """What one destination does for uncertain messages and the other does not, as sentences."""
    new = _can(after)
    if new is None or before is None:
        return
    old = _can(before)
    told_apart = new.remembers_key is not None or new.lookup
    if not told_apart and (old is None or old.remembers_key is not None or old.lookup):
        yield (
            f"{name} knows no keys and cannot be asked: without an answer nobody can tell whether "
            "it has a message."
        )
    elif new.remembers_key and old and old.remembers_key and new.remembers_key < old.remembers_key:
        hours = new.remembers_key.total_seconds() / 3600
        yield f"{name} knows a key for {hours:g} hours only."
    if not new.cancel and old is not None and old.cancel:
        yield f"{name} does not take a message back."


def _move(
    workspace: Workspace, there: Checked, channel: str, before: str, after: str, waiting: int
) -> Move:
    old, new = there.usable.get(before), there.usable.get(after)
    return Move(
        channel=channel,
        before=before,
        after=after,
        known_channel=channel in workspace.catalog.channels,
        unusable=_unusable(there, after),
        lost=tuple(lost(old, new, after)),
        waiting=waiting,
    )


def _unusable(there: Checked, name: str) -> str | None:
    if refusal := there.refused.get(name):
        return refusal.message
    try:
        named(there.usable, name)
    except PilothouseError as error:
        return f"{error.refusal.message} {error.refusal.fix}"
    return None


def _can(one: Configured | None) -> Capabilities | None:
    """None: it is on this machine, where nothing is uncertain."""
    can = getattr(one, "capabilities", None)
    return can if isinstance(can, Capabilities) else None


def _summary(moves: list[Move]) -> str:
    told = [f"{one.channel} goes to {one.after} instead of {one.before}" for one in moves]
    waiting = sum(one.waiting for one in moves)
    tail = f"; {waiting:,} messages that wait go there too" if waiting else ""
    return f"{', '.join(told)}{tail}."


def _downstream(workspace: Workspace, channels: set[str]) -> Iterator[Downstream]:
    for kind, version, actions in channel_routes.senders(workspace):
        used = {channel for action in actions for channel in action.channels} & channels
        if used:
            yield Downstream.model_validate(
                {
                    "kind": kind,
                    "key": version.key,
                    "name": version.artifact.name,
                    "reads": tuple(sorted(used)),
                }
            )
