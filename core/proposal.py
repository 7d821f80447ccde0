"""A proposal and the facts about it: what guardrail policies look at."""

from __future__ import annotations

from core.artifacts import Preview, Required
from core.conditions import Condition, Frozen
from core.rules import Action, DecisionPolicy, EligibilityRule
from core.sending import Sending


class EntryFacts(Frozen):
    """What the snapshot says of one action of a proposal, in users."""

    action: str
    """Its key."""
    eligible: int
    """Of the population."""
    outside: int
    """Eligible, but not of the population."""
    stopped: int
    """Eligible and of the population, with a stop condition that is true already."""
    reachable: int
    """Eligible and of the population, with consent and an address for one of its channels."""


class Proposal(Sending):
    """Everything a policy may look at, as data."""

    artifact: EligibilityRule | DecisionPolicy
    required: Required
    preview: Preview
    undecidable: tuple[str, ...] = ()
    defaults_used: tuple[str, ...] = ()
    """Sentences: what the prompt left open and the workspace's default filled in."""
    spelled_out: EligibilityRule | DecisionPolicy | None = None
    """The artifact with what each named audience stands for in its place; None: not known."""
    unpinned: tuple[str, ...] = ()
    """Keys of published rules that it builds on in whichever version is live."""
    entries: tuple[EntryFacts, ...] = ()
    """One row an action."""

    @property
    def meaning(self) -> EligibilityRule | DecisionPolicy:
        """The artifact in conditions that name no audience, as far as that is known."""
        return self.spelled_out or self.artifact

    def actions_at(self) -> tuple[tuple[str, Action], ...]:
        """What it would send, each with the JSON pointer of its place in the artifact."""
        actions = actions_of(self.artifact)
        if isinstance(self.artifact, EligibilityRule):
            return tuple(("/action", action) for action in actions)
        return tuple((f"/entries/{place}/action", one) for place, one in enumerate(actions))

    @property
    def audience(self) -> int:
        """Whom it reaches."""
        return self.preview.audience_size

    @property
    def marketing_reach(self) -> int:
        """Users who would get a marketing message, as far as the preview tells."""
        classes = {one.key: one.message_class for one in actions_of(self.artifact)}
        if isinstance(self.artifact, DecisionPolicy):
            won = self.preview.winners
            return sum(one.selected for one in won if classes.get(one.entry) == "marketing")
        return self.preview.reachable_size if "marketing" in classes.values() else 0

    @property
    def what(self) -> str:
        """What a person calls it."""
        return "policy" if isinstance(self.artifact, DecisionPolicy) else "rule"


def actions_of(artifact: EligibilityRule | DecisionPolicy) -> tuple[Action, ...]:
    """What an artifact would send."""
    if isinstance(artifact, DecisionPolicy):
        return tuple(entry.action for entry in artifact.entries)
    return (artifact.action,) if artifact.action else ()


def conditions_of(artifact: EligibilityRule | DecisionPolicy) -> tuple[Condition, ...]:
    """Every condition of an artifact."""
    if isinstance(artifact, EligibilityRule):
        return artifact.population, artifact.condition
    found: list[Condition] = [artifact.population]
    for entry in artifact.entries:
        found += [entry.eligibility, *([entry.applicability] if entry.applicability else [])]
    found += [one.when for one in artifact.suppressions if one.when is not None]
    found += [stop.when for stop in artifact.stop_conditions]
    return tuple(found)
