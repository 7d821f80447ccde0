"""What a command is about: a rule's key, a change request's id, or an artifact in a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from control import requests, versions
from control.versions import ARTIFACT
from core.errors import Code, PilothouseError, refuse
from core.rules import DecisionPolicy, EligibilityRule
from orchestrate.artifact_checks import refusals

if TYPE_CHECKING:
    from ui.workspace import Workspace

Artifact = EligibilityRule | DecisionPolicy


def target_of(workspace: Workspace, target: str, folder: Path) -> tuple[Artifact, int | None]:
    """The artifact that a target names, with its version when it is published.

    ``folder``: where the person is, for files. Refuses with UNKNOWN_KEY and INVALID_FILE.
    """
    file = folder / target
    if target.endswith(".json") or file.is_file():
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
    """An artifact as JSON, or the document of ``ask --json`` that holds one."""
    try:
        content = json.loads(file.read_text())
        if isinstance(content, dict) and isinstance(content.get("artifact"), dict):
            content = content["artifact"]
        return ARTIFACT.validate_python(content)
    except OSError as error:
        raise refuse(
            Code.INVALID_FILE,
            f"{file} cannot be read: {error.strerror}.",
            span=str(file),
            fix="Give the path of an artifact as JSON.",
        ) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise refuse(
            Code.INVALID_FILE, f"{file.name} is no JSON: {error}.", span=str(file)
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise refuse(
            Code.INVALID_FILE,
            f"{file.name} is no eligibility rule or decision policy: {first['msg']}.",
            span=".".join(str(part) for part in first["loc"]),
            fix="Save what 'pilothouse ask --json' prints, and edit that.",
        ) from error
