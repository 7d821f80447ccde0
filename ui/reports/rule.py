"""The report on one version of a rule: what it says, reads, rests on, decided and changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from control import audit, requests, versions
from control.audit import Asked
from control.requests import ChangeRequest
from control.versions import Version
from core.errors import PilothouseError
from measure import account
from measure.lift import LiftReport
from ui import data_changes, reading_out
from ui.console.view.diff import plain_rows
from ui.lineage import lineage
from ui.reports.shapes import (
    Approval,
    Deed,
    Part,
    Read,
    RuleReport,
    Verdict,
    VersionLine,
)

if TYPE_CHECKING:
    from ui.workspace import Workspace
    from warehouse.catalog import Described
    from warehouse.lineage import Node


def rule_report(
    workspace: Workspace, key: str, number: int | None = None, *, counts: bool = True
) -> RuleReport:
    """One version of a rule, the newest by default; refuses with UNKNOWN_KEY.

    ``counts``: with what it decided, what became of its messages, and the lift.
    """
    found = _version(workspace, key, number)
    runner, catalog = workspace.runner(), workspace.catalog
    asked = (runner, catalog, key, found.version)
    lift, no_lift = _lift(workspace, key) if counts else (None, None)
    return RuleReport(
        key=key,
        version=found.version,
        state=found.state,
        content_hash=found.content_hash,
        name=found.artifact.name,
        as_of=workspace.as_of(),
        says=tuple(_says(workspace, found)),
        reads=tuple(_reads(workspace, key)),
        approval=approval_of(workspace, found),
        history=tuple(
            VersionLine(**{name: getattr(one, name) for name in VersionLine.model_fields})
            for one in versions.history(workspace.store, key)
        ),
        decided=account.outcomes(*asked) if counts else (),
        messages=account.sent(*asked) if counts else (),
        lift=lift,
        no_lift=no_lift,
        deeds=tuple(_deeds(workspace, found)),
        sql=tuple(runner.ran),
    )


def approval_of(workspace: Workspace, version: Version) -> Approval | None:
    """The change request that a version came from; None for a rollback to an older content."""
    if version.change_request_id is None:
        return None
    request = requests.get(workspace.store, version.change_request_id)
    return Approval(
        change_request=request.id,
        author=request.author,
        proposed_at=request.created_at,
        prompt=request.prompt,
        assumptions=request.assumptions,
        findings=request.findings,
        effect=request.effect.model_dump(mode="json") if request.effect else None,
        dependencies=request.dependencies,
        verdict=_verdict(request),
        binds=request.content_hash,
    )


def _version(workspace: Workspace, key: str, number: int | None) -> Version:
    history = versions.history(workspace.store, key)
    return history[0] if number is None else versions.version(workspace.store, key, number)


def _says(workspace: Workspace, version: Version) -> Iterator[Part]:
    for row in plain_rows(None, version.artifact, workspace.catalog):
        yield Part(what=row.what, words=row.proposed or "")


def _reads(workspace: Workspace, key: str) -> Iterator[Read]:
    try:
        found = lineage(workspace, key)
    except PilothouseError:
        # What is superseded or paused for good reads nothing any more.
        return
    models = data_changes.fingerprints(workspace)
    feeds: dict[Node, list[str]] = {}
    for edge in found.edges:
        feeds.setdefault(edge.source, []).append(edge.target.name)
    for one in found.upstream:
        meaning, data_class = _described(workspace, one.node)
        yield Read(
            kind=one.node.kind,
            name=one.node.name,
            meaning=meaning,
            data_class=data_class,
            model=models.get(one.node.name) if one.node.kind == "trait" else None,
            feeds=tuple(dict.fromkeys(feeds.get(one.node, ()))),
            steps=one.steps,
        )


def _described(workspace: Workspace, node: Node) -> tuple[str | None, str | None]:
    """What the catalog says of something, and the class of its data."""
    catalog = workspace.catalog
    if node.kind == "column":
        table, _, name = node.name.partition(".")
        column = catalog.tables[table].columns.get(name) if table in catalog.tables else None
        return (column.description, column.data_class) if column else (None, None)
    known: dict[str, Mapping[str, Described]] = {
        "event": catalog.events,
        "trait": catalog.traits,
        "audience": catalog.audiences,
    }
    described = known.get(node.kind, {}).get(node.name)
    return (described.description if described else None), None


def _lift(workspace: Workspace, key: str) -> tuple[LiftReport | None, str | None]:
    try:
        return reading_out.read_out(workspace, key, workspace.as_of()), None
    except PilothouseError as error:
        return None, error.refusal.message


def _verdict(request: ChangeRequest) -> Verdict | None:
    review = request.review
    if review is None:
        return None
    return Verdict(by=review.by, verdict=review.verdict, comment=review.comment, at=review.at)


def _deeds(workspace: Workspace, version: Version) -> Iterator[Deed]:
    subjects = (version.change_request_id, f"{version.key} version {version.version}")
    found = [
        entry
        for subject in subjects
        if subject is not None
        for entry in audit.entries(workspace.store, Asked(subject=subject))
    ]
    for entry in sorted(found, key=lambda one: one.seq):
        yield Deed(**{name: getattr(entry, name) for name in Deed.model_fields})
