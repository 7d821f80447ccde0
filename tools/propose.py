"""Hand a checked draft to people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from langchain_core.tools import BaseTool, tool
from pydantic import Field

from control import versions
from control.hashing import content_hash
from control.requests import ChangeRequest
from control.versions import Version
from core.artifacts import Preview
from core.conditions import Condition, HeldFor, InAudience, Trait, leaves
from core.errors import PilothouseError
from core.proposal import actions_of
from core.rules import Action, DecisionPolicy, EligibilityRule
from orchestrate.change_requests import submit
from tools.audience import conditions_of, scores_of, seen
from tools.context import Refused, ToolContext, refused
from warehouse.catalog import Catalog

AnyRule = Annotated[EligibilityRule | DecisionPolicy, Field(discriminator="kind")]


def propose_tools(context: ToolContext) -> tuple[BaseTool, ...]:
    """``propose``."""

    @tool
    def propose(artifact: AnyRule, prompt: str) -> ChangeRequest | Refused:
        """Send a draft to the approvers. It goes live only after another person approves it.

        Give the checked artifact and the person's prompt: approvers see the preview and the
        findings as they were counted. The same draft by the same person is stored once. Nothing
        can be approved from here.
        """
        try:
            found = seen(artifact, context)
            return submit(
                context.store,
                artifact=artifact,
                author=context.person.email,
                prompt=prompt,
                findings=found.findings,
                effect=with_effect(artifact, found.preview, context),
                dependencies=dependencies(
                    artifact, context.catalog, versions.live(context.store), context.fingerprints
                ),
                assumptions=artifact.assumptions,
                thread_id=context.thread_id,
                now=context.now,
            )
        except PilothouseError as error:
            return refused(error)

    return (propose,)


def with_effect(
    artifact: EligibilityRule | DecisionPolicy, preview: Preview, context: ToolContext
) -> Preview:
    """The preview with what the artifact would change: people approve both together."""
    return preview.model_copy(update={"effect": context.effect(artifact)})


def dependencies(
    artifact: EligibilityRule | DecisionPolicy,
    catalog: Catalog,
    live: Sequence[Version],
    fingerprints: Mapping[str, str],
) -> dict[str, str]:
    """What the artifact stands on, each with a hash: if one changes, the approval is void.

    That is the contact policy, every template and audience it names, and every trait it reads, by
    the fingerprint of its model.
    """
    found = template_hashes(actions_of(artifact), catalog)
    found |= {"contact_policy": content_hash(catalog.defaults.contact_policy)}
    found |= {f"trait:{name}": fingerprints.get(name, "") for name in scores_of(artifact)}
    rules = {rule.key: rule for rule in live}
    waiting = [*conditions_of(artifact)]
    while waiting:
        for leaf in leaves(waiting.pop()):
            if isinstance(leaf, Trait | HeldFor):
                trait = leaf.name if isinstance(leaf, Trait) else leaf.trait
                found[f"trait:{trait}"] = fingerprints.get(trait, "")
            if not isinstance(leaf, InAudience):
                continue
            name, hashed, inside = _named(leaf.key, catalog, rules)
            if name not in found:
                found[name] = hashed
                waiting += inside
    return dict(sorted(found.items()))


def template_hashes(actions: Iterable[Action], catalog: Catalog) -> dict[str, str]:
    """The templates that actions name, each with the hash of what it says."""
    named = {one.template_key for one in actions if one.template_key is not None}
    known = catalog.templates
    return {f"template:{key}": content_hash(known.get(key)) for key in sorted(named)}


def _named(
    key: str, catalog: Catalog, rules: Mapping[str, Version]
) -> tuple[str, str, tuple[Condition, ...]]:
    """What an audience's key stands for: its name among dependencies, its hash, its conditions."""
    if key in catalog.audiences:
        audience = catalog.audiences[key]
        return f"audience:{key}", content_hash(audience), (audience.condition,)
    if key in rules:
        artifact = rules[key].artifact
        return f"rule:{key}", content_hash(artifact), conditions_of(artifact)
    return f"rule:{key}", "", ()
