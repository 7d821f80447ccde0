"""What a command is about: a rule's key, a change request's id, or an artifact as YAML or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from control import requests, versions
from core.errors import Code, PilothouseError, refuse
from core.journeys import Journey
from core.rules import DecisionPolicy, EligibilityRule
from orchestrate.artifact_checks import refusals
from ui.rulebook_files import SUFFIXES, read_file

if TYPE_CHECKING:
    from ui.workspace import Workspace

Artifact = EligibilityRule | DecisionPolicy


def target_of(workspace: Workspace, target: str, folder: Path) -> tuple[Artifact, int | None]:
    """The artifact that a target names, with its version when it is published.

    ``folder``: where the person is, for files. Refuses with UNKNOWN_KEY and INVALID_FILE.
    """
    file = folder / target
    if target.endswith(SUFFIXES) or file.is_file():
        return _possible(workspace, _from_file(file)), None
    if found := versions.current(workspace.store, target):
        return found.artifact, found.version
    try:
        request = requests.get(workspace.store, target)
    except PilothouseError:
        known: Sequence[str] = [one.key for one in versions.all_current(workspace.store)]
        raise refuse(
            Code.UNKNOWN_KEY,
            f"'{target}' is no rule, no change request and no file.",
            span=target,
            fix=f"Rules: {', '.join(known) or 'none yet'}.",
        ) from None
    return request.rule, None


def _possible(workspace: Workspace, artifact: Artifact) -> Artifact:
    """A draft that the catalog knows and that somebody could meet."""
    named = versions.audiences(workspace.store)
    for refusal in refusals(artifact, workspace.catalog, named):
        raise PilothouseError(refusal)
    return artifact


def _from_file(file: Path) -> Artifact:
    """A rule or policy in a file; refuses a journey, which has no audience of its own."""
    found = read_file(file).artifact
    if isinstance(found, Journey):
        raise refuse(
            Code.INVALID_FILE,
            f"{file.name} is a journey, not a rule or a decision policy.",
            span=found.key,
            fix="Look at it with 'pilothouse check', or 'journeys propose --dry-run'.",
        )
    return found
