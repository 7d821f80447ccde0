"""Rules and journeys in files: checked as proposals are, and proposed, all of them or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from control import versions
from control.hashing import content_hash
from control.people import Person
from control.requests import ChangeRequest
from control.versions import Versioned
from core.artifacts import Finding, Preview
from core.conditions import Condition
from core.errors import Code, PilothouseError, Refusal
from core.journey_effects import JourneyEffect
from core.journeys import Journey
from core.rules import EligibilityRule
from ui import journeys
from ui.proposing import look, propose_rule
from ui.rulebook_files import BASED_ON, Base, RuleFile, read
from warehouse.compile import Audiences

if TYPE_CHECKING:
    from ui.workspace import Workspace

Change = Literal["new", "changed", "unchanged"]


class Checked(NamedTuple):
    """What one file proposes, and what is to be said of it."""

    file: Path
    rule: RuleFile | None
    """None where the file cannot be read."""
    change: Change | None
    refusals: tuple[Refusal, ...] = ()
    """Why it cannot be proposed, whoever approves it."""
    findings: tuple[Finding, ...] = ()
    effect: Preview | JourneyEffect | None = None

    @property
    def passes(self) -> bool:
        """Whether it could be proposed."""
        return not self.refusals and all(one.severity != "block" for one in self.findings)


def current(workspace: Workspace) -> dict[str, Versioned[Any]]:
    """The newest version of every rule, policy and journey, live or paused, by key."""
    found: list[Versioned[Any]] = [
        *versions.all_current(workspace.store),
        *versions.journeys(workspace.store),
    ]
    return {one.key: one for one in found if one.state != "superseded"}


def check(
    workspace: Workspace, paths: Iterable[Path], *, person: Person, only_changes: bool = False
) -> list[Checked]:
    """Hold files, and folders of files, against catalog, data and guardrails; proposes nothing.

    ``only_changes``: as what could be proposed one by one on top of what is in force. Else files
    may name each other's audiences, and what is in force already is looked at too.
    Refuses with INVALID_FILE a folder without files.
    """
    found, unreadable = read(paths)
    in_force = current(workspace)
    audiences = None if only_changes else _named(found, versions.audiences(workspace.store))
    checked = [
        _checked(workspace, one, in_force.get(one.artifact.key), person, audiences, only_changes)
        for one in found
    ]
    checked += [Checked(file, None, None, (why,)) for file, why in unreadable.items()]
    return sorted(checked, key=lambda one: one.file)


def propose(
    workspace: Workspace, checked: Sequence[Checked], *, author: Person, reason: str
) -> dict[Path, ChangeRequest]:
    """Open a change request for each file that says something else than what is in force.

    None is opened while one file does not pass.
    """
    if not all(one.passes for one in checked):
        return {}
    changes = [one.rule for one in checked if one.rule and one.change != "unchanged"]
    return {
        one.file: _proposed(workspace, one, author, reason or f"From the file {one.file.name}.")
        for one in changes
    }


def _proposed(workspace: Workspace, file: RuleFile, author: Person, reason: str) -> ChangeRequest:
    artifact = file.artifact
    if not isinstance(artifact, Journey):
        return propose_rule(workspace, artifact, author=author, reason=reason)
    effect = journeys.effect_of(workspace, artifact, workspace.as_of())
    return journeys.propose(workspace, artifact, effect, author=author, reason=reason)


def _checked(
    workspace: Workspace,
    file: RuleFile,
    live: Versioned[Any] | None,
    person: Person,
    audiences: Audiences | None,
    only_changes: bool,
) -> Checked:
    change = _change(file, live)
    if change == "unchanged" and only_changes:
        return Checked(file.file, file, change)
    if change != "unchanged" and (why := overtaken(file, live)):
        return Checked(file.file, file, change, (why,))
    try:
        findings, effect = _looked(workspace, file, person, audiences)
    except PilothouseError as error:
        return Checked(file.file, file, change, (error.refusal,))
    return Checked(file.file, file, change, (), findings, effect)


def _looked(
    workspace: Workspace, file: RuleFile, person: Person, audiences: Audiences | None
) -> tuple[tuple[Finding, ...], Preview | JourneyEffect]:
    if isinstance(file.artifact, Journey):
        return journeys.look_at(workspace, file.artifact, workspace.as_of())
    found = look(workspace, file.artifact, person=person, audiences=audiences)
    return found.findings, found.preview


def _named(files: Sequence[RuleFile], in_force: Audiences) -> Audiences:
    """What a rule that is named means: what its file says, or else what is in force."""
    rules = {
        one.artifact.key: (one.artifact, one.based_on)
        for one in files
        if isinstance(one.artifact, EligibilityRule)
    }

    def resolve(key: str, number: int | None) -> Condition | None:
        rule, base = rules.get(key, (None, None))
        if rule is None or (number is not None and (base is None or base.version != number)):
            return in_force(key, number)
        return rule.members

    return resolve


def _change(file: RuleFile, live: Versioned[Any] | None) -> Change:
    if live is None:
        return "new"
    return "unchanged" if content_hash(file.artifact) == live.content_hash else "changed"


def overtaken(file: RuleFile, live: Versioned[Any] | None) -> Refusal | None:
    """Why a file would take back what others changed since it was written."""
    if live is None or file.based_on is None or file.based_on == Base.of(live):
        return None
    return Refusal(
        code=Code.STALE_CHANGE_REQUEST,
        message=f"{file.file.name} was written from version {file.based_on.version} of "
        f"'{live.key}', but what is in force is version {live.version}, which says something else.",
        span=BASED_ON,
        fix="Export the rulebook again and bring your change into the new file.",
    )
