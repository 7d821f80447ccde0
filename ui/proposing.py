"""A typed rule, checked and simulated as the agent's drafts are, and sent for approval.

For rules that nobody asks for in words: read from a file, or drafted anew on top of what is live.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from control import versions
from control.people import Person
from control.requests import ChangeRequest
from control.versions import Rule
from core.artifacts import Finding, Preview
from core.errors import PilothouseError
from orchestrate import change_requests
from orchestrate.artifact_checks import refusals
from tools.audience import Simulated, simulated
from tools.propose import dependencies, with_effect
from ui import data_changes
from warehouse.compile import Audiences

if TYPE_CHECKING:
    from ui.workspace import Workspace


def look(
    workspace: Workspace, rule: Rule, *, person: Person, audiences: Audiences | None = None
) -> Simulated:
    """What a rule would do and what the guardrails say, without proposing it.

    ``audiences``: what the rules that it names mean; those in force by default.
    Refuses the first name that the catalog lacks or condition that cannot be decided.
    """
    named = audiences or versions.audiences(workspace.store)
    for refusal in refusals(rule, workspace.catalog, named):
        raise PilothouseError(refusal)
    return simulated(rule, workspace.asking.bound(person, ""), named)


class Seen(NamedTuple):
    """What an approval of a rule binds, besides what the rule says."""

    findings: tuple[Finding, ...]
    effect: Preview
    dependencies: dict[str, str]


def seen(workspace: Workspace, rule: Rule, person: Person) -> Seen:
    """What the guardrails find of a rule now, what it would change, and what it rests on."""
    found = look(workspace, rule, person=person)
    live, fingerprints = versions.live(workspace.store), data_changes.fingerprints(workspace)
    return Seen(
        findings=found.findings,
        effect=with_effect(rule, found.preview, workspace.asking.bound(person, "")),
        dependencies=dependencies(rule, workspace.catalog, live, fingerprints),
    )


def propose_rule(
    workspace: Workspace,
    rule: Rule,
    *,
    author: Person,
    reason: str,
    assumptions: Sequence[str] | None = None,
    continues: str | None = None,
    as_draft: bool = False,
) -> ChangeRequest:
    """Send a rule for approval, with what it would do and what the guardrails find.

    ``reason`` stands where a prompt stands; ``assumptions`` are those of the rule by default;
    ``continues`` is the request that it takes the place of; ``as_draft`` keeps it for its author.
    Refuses what ``look`` refuses, an author who may not propose, and what the guardrails block.
    """
    found = seen(workspace, rule, author)
    return change_requests.submit(
        workspace.store,
        artifact=rule,
        author=author.email,
        prompt=reason,
        findings=found.findings,
        effect=found.effect,
        dependencies=found.dependencies,
        assumptions=rule.assumptions if assumptions is None else assumptions,
        continues=continues,
        as_draft=as_draft,
        now=workspace.now(),
    )
