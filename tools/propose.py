"""Hand a checked draft to people."""

from __future__ import annotations

from typing import Annotated

from langchain_core.tools import BaseTool, tool
from pydantic import Field

from control.hashing import content_hash
from control.requests import ChangeRequest
from core.artifacts import Finding, Preview
from core.conditions import InAudience, leaves
from core.errors import PilothouseError
from core.rules import DecisionPolicy, EligibilityRule
from orchestrate.change_requests import submit
from tools.audience import conditions_of
from tools.context import Refused, ToolContext, refused
from warehouse.catalog import Catalog

AnyRule = Annotated[EligibilityRule | DecisionPolicy, Field(discriminator="kind")]


def propose_tools(context: ToolContext) -> tuple[BaseTool, ...]:
    """``propose``."""

    @tool
    def propose(
        artifact: AnyRule, prompt: str, findings: list[Finding], preview: Preview
    ) -> ChangeRequest | Refused:
        """Send a draft to the approvers. It goes live only after another person approves it.

        Give the checked artifact, the person's prompt, the findings and the preview you got.
        The same draft by the same person is stored once. Nothing can be approved from here.
        """
        try:
            return submit(
                context.store,
                artifact=artifact,
                author=context.person.email,
                prompt=prompt,
                findings=findings,
                preview=preview,
                dependencies=dependencies(artifact, context.catalog),
                assumptions=artifact.assumptions,
                thread_id=context.thread_id,
                now=context.now,
            )
        except PilothouseError as error:
            return refused(error)

    return (propose,)


def dependencies(artifact: EligibilityRule | DecisionPolicy, catalog: Catalog) -> dict[str, str]:
    """What the artifact stands on, each with a hash: if one changes, the approval is void."""
    names = {
        leaf.key
        for condition in conditions_of(artifact)
        for leaf in leaves(condition)
        if isinstance(leaf, InAudience) and leaf.key in catalog.audiences
    }
    found = {f"audience:{name}": content_hash(catalog.audiences[name]) for name in sorted(names)}
    found["contact_policy"] = content_hash(catalog.defaults.contact_policy)
    return found
