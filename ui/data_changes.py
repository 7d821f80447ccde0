"""Changes of what rules stand on in a workspace: proposed, prepared, published, made effective.

They go the way of every change: proposed by one person, approved by another. What is
special is only how each kind is built and audited, and how the warehouse takes it up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import structlog

from control import versions
from control.people import Person
from control.requests import ChangeRequest
from control.versions import AnyVersion
from core.artifacts import Finding
from core.data_changes import DataChange, DataEffect
from core.data_policies import data_findings
from core.errors import Code, PilothouseError, refuse
from orchestrate import change_requests, rulebook
from tools.audience import required_of
from ui import (
    channel_routes,
    contact_effects,
    destinations_in_use,
    funnel_effects,
    governed_files,
    modelling,
    sync_effects,
    template_effects,
    tracking_plan,
    who_effects,
)

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)

_ONE_AT_A_TIME = threading.RLock()


class Hooks(NamedTuple):
    """What one kind of data change needs of a workspace."""

    built_in: Callable[[Workspace], DataChange | None]
    """What is in force while nothing was published; None where that is nothing."""
    prepare: Callable[[Workspace, DataChange], None]
    """Build and audit beside what is live; refuse with the reason. May run again."""
    apply: Callable[[Workspace, AnyVersion], None]
    """Make a live version effective in the warehouse; at once, and nothing when it already is."""
    ready: Callable[[Workspace, DataChange], None] | None = None
    """Refuses what could not go live by now, before anybody approves it: what is quick to see."""
    relies_on: Callable[[Workspace, DataEffect], dict[str, str]] | None = None
    """What the effect was counted with; None: who reads what changes, and the rest of the data."""


def _of_files(kind: str, relies_on: Callable[[Workspace, DataEffect], dict[str, str]]) -> Hooks:
    """A part of the catalog or of the settings: nothing is built for one."""
    return Hooks(
        partial(governed_files.built_in, kind=kind),
        governed_files.prepare,
        governed_files.apply,
        ready=governed_files.prepare,
        relies_on=relies_on,
    )


HOOKS: dict[str, Hooks] = {
    "trait_models": Hooks(modelling.built_in, modelling.prepare, modelling.apply),
    "tracking_plan": Hooks(tracking_plan.built_in, tracking_plan.prepare, tracking_plan.apply),
    "channel_routes": Hooks(
        channel_routes.built_in,
        channel_routes.prepare,
        channel_routes.apply,
        ready=channel_routes.prepare,
        relies_on=channel_routes.relies_on,
    ),
    "contact_policy": _of_files("contact_policy", contact_effects.relies_on),
    "templates": _of_files("templates", template_effects.relies_on),
    "audiences": _of_files("audiences", who_effects.relies_on),
    "channels": _of_files("channels", who_effects.relies_on),
    "funnels": _of_files("funnels", funnel_effects.relies_on),
    "destinations": _of_files("destinations", destinations_in_use.relies_on),
    "syncs": _of_files("syncs", sync_effects.relies_on),
}
"""One line a kind."""
_DATA_LAYER = frozenset({"trait_models", "tracking_plan"})
"""Each relies on the other; neither on where messages go."""


def propose(
    workspace: Workspace,
    change: DataChange,
    effect: DataEffect,
    *,
    author: Person,
    reason: str,
    findings: Sequence[Finding] | None = None,
    continues: str | None = None,
) -> ChangeRequest:
    """Send a change for approval, with what the guardrails find: those of the data by default.

    ``continues``: the request that it takes the place of.
    """
    return change_requests.submit(
        workspace.store,
        artifact=change,
        author=author.email,
        prompt=reason,
        findings=data_findings(effect) if findings is None else findings,
        effect=effect,
        dependencies=relies_on(workspace, change.kind, effect),
        built_in=_hooks(change.kind).built_in(workspace),
        continues=continues,
        now=workspace.now(),
    )


def relies_on(workspace: Workspace, kind: str, effect: DataEffect) -> dict[str, str]:
    """What the effect was counted with: the rules that read what changes, and the other kind."""
    if own := _hooks(kind).relies_on:
        return own(workspace, effect)
    named = {(part.kind, part.name) for part in effect.changed}
    found = {}
    audiences = versions.audiences(workspace.store)
    for version in versions.all_current(workspace.store):
        read = required_of(version.artifact, workspace.catalog, audiences)
        parts = {("trait", one) for one in read.traits} | {("event", one) for one in read.events}
        if parts & named:
            found[f"rule:{version.key}"] = version.content_hash
    others = (
        one for one in versions.live_data(workspace.store) if one.kind in _DATA_LAYER - {kind}
    )
    return found | {one.key: one.content_hash for one in others}


def require_ready(workspace: Workspace, request: ChangeRequest) -> None:
    """Refuse to approve what could not go live by now: it stays in review until it can."""
    hooks = HOOKS.get(request.kind)
    change = request.artifact
    if hooks and hooks.ready and isinstance(change, DataChange):
        hooks.ready(workspace, change)


def prepare(workspace: Workspace, request: ChangeRequest) -> Mapping[str, str]:
    """Build and audit an approved change; gives what it relies on now, refuses with the reason."""
    change, effect = request.artifact, request.data_effect
    if not isinstance(change, DataChange) or effect is None:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{request.id} does not say what it would do to the data.",
            fix="Propose the change again.",
        )
    try:
        with _ONE_AT_A_TIME:
            _hooks(change.kind).prepare(workspace, change)
    except (duckdb.Error, OSError) as error:
        raise refuse(
            Code.WAREHOUSE_LIMIT,
            f"{request.id} could not be built, and what was live stays live: {error}.",
            fix="Mend what the warehouse says, then propose the change again.",
        ) from error
    return relies_on(workspace, change.kind, effect)


def publish(workspace: Workspace, request_id: str) -> AnyVersion:
    """Build, audit and publish an approved change, then make it effective in the warehouse."""
    with _ONE_AT_A_TIME:
        version = rulebook.publish(
            workspace.store,
            request_id,
            now=workspace.now(),
            prepare=partial(prepare, workspace),
        )
        _take_up(workspace, version)
    log.info("data_change_published", key=version.key, version=version.version)
    return version


def roll_back(workspace: Workspace, key: str, number: int, *, person: Person) -> AnyVersion:
    """Put an older version into force again, and make it effective in the warehouse."""
    with _ONE_AT_A_TIME:
        version = rulebook.rollback(
            workspace.store, key, number, person=person, now=workspace.now()
        )
        _take_up(workspace, version)
    log.info("data_change_rolled_back", key=key, version=version.version, to=number)
    return version


def apply_live(workspace: Workspace) -> None:
    """Make effective what was published before a process ended in between.

    A version that cannot be made effective is told in the log: the data stays as it was.
    """
    for version in versions.live_data(workspace.store):
        try:
            with _ONE_AT_A_TIME:
                _take_up(workspace, version)
        except PilothouseError as error:
            log.warning("not_effective", key=version.key, version=version.version, why=str(error))


def _take_up(workspace: Workspace, version: AnyVersion) -> None:
    try:
        _hooks(version.kind).apply(workspace, version)
    except (duckdb.Error, OSError) as error:
        raise refuse(
            Code.WAREHOUSE_LIMIT,
            f"Version {version.version} of the {version.key.replace('_', ' ')} is published, but "
            f"the warehouse could not take it up: {error}.",
            fix="Mend what the warehouse says; the next start takes it up.",
        ) from error


def fingerprints(workspace: Workspace) -> Mapping[str, str]:
    """Trait → a hash of its model and of all that the model reads."""
    return modelling.live_models(workspace.store, workspace.settings).fingerprints


def _hooks(kind: str) -> Hooks:
    if kind not in HOOKS:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The {kind.replace('_', ' ')} of this workspace cannot be changed.",
            span=kind,
        )
    return HOOKS[kind]
