"""A suspended change request, drafted anew on top of what is live, as another request.

It is checked, simulated and held against the guardrails like any proposal, and needs an approval
of its own; the one that it takes the place of is withdrawn with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from control import requests
from control.people import Person
from control.requests import ChangeRequest
from core.errors import Code, refuse
from core.journeys import Journey
from core.jumps import PopulationJump
from core.rules import DecisionPolicy, EligibilityRule
from orchestrate.rebasing import rebased
from ui import journeys
from ui.data_rebasing import propose_again
from ui.proposing import propose_rule

if TYPE_CHECKING:
    from ui.workspace import Workspace


def rebase(workspace: Workspace, request_id: str, *, person: Person) -> ChangeRequest:
    """Propose anew what a suspended request changes; gives the new request.

    Refuses what ``rebased`` refuses, who may not propose, and what the guardrails block.
    """
    before = requests.get(workspace.store, request_id)
    wanted = rebased(workspace.store, request_id)
    match wanted:
        case EligibilityRule() | DecisionPolicy():
            made = propose_rule(
                workspace, wanted, author=person, reason=before.prompt, continues=before.id
            )
        case Journey():
            made = journeys.propose(
                workspace,
                wanted,
                journeys.effect_of(workspace, wanted, workspace.as_of()),
                author=person,
                reason=before.prompt,
                continues=before.id,
            )
        case PopulationJump():
            raise refuse(
                Code.INVALID_ARGUMENT,
                f"{before.id} is about a held cycle, of which nothing can be drafted anew.",
                span=before.id,
                fix="Run the cycle: if it is held again, it asks anew.",
            )
        case _:
            made = propose_again(
                workspace, wanted, author=person, reason=before.prompt, continues=before.id
            )
    workspace.asking.wake(before)
    return made
