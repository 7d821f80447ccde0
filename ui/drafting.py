"""Drafts of rules, policies and journeys: kept with what they would do, and sent for review.

A draft changes nothing for anybody. What is sent is checked, simulated and held against the
guardrails anew: an approver sees what it would do then, not what it would have done once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from control.people import Person
from control.requests import ChangeRequest
from core.errors import PilothouseError
from core.journeys import Journey
from orchestrate import drafts
from ui import journeys
from ui.proposing import propose_rule, seen
from ui.rulebook_files import read_file
from ui.rulebook_import import current, overtaken

if TYPE_CHECKING:
    from ui.workspace import Workspace


def draft(workspace: Workspace, file: Path, *, author: Person, reason: str) -> ChangeRequest:
    """Keep what a file says as a draft of its author; an earlier one for its key is withdrawn.

    Refuses what cannot be read, checked or decided, a file from before another version went live,
    and an author who may not propose. What the guardrails block is kept, with the finding.
    """
    found = read_file(file)
    artifact = found.artifact
    if why := overtaken(found, current(workspace).get(artifact.key)):
        raise PilothouseError(why)
    if isinstance(artifact, Journey):
        effect = journeys.effect_of(workspace, artifact, workspace.as_of())
        return journeys.propose(
            workspace, artifact, effect, author=author, reason=reason, as_draft=True
        )
    return propose_rule(workspace, artifact, author=author, reason=reason, as_draft=True)


def send(workspace: Workspace, request_id: str, *, person: Person) -> ChangeRequest:
    """Send a draft for review, as it stands on what is live and known now.

    Refuses what is no draft of theirs, and whatever a proposal of the same would be refused for.
    """
    kept = drafts.own_draft(workspace.store, request_id, person)
    if journey := kept.journey:
        findings, effect = journeys.look_at(workspace, journey, workspace.as_of())
        return drafts.send(
            workspace.store,
            request_id,
            person=person,
            findings=findings,
            effect=effect,
            dependencies=journeys.rests_on(workspace, journey),
            now=workspace.now(),
        )
    found = seen(workspace, kept.rule, person)
    return drafts.send(
        workspace.store, request_id, person=person, now=workspace.now(), **found._asdict()
    )
