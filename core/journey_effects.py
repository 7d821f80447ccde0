"""What a journey would do: who would enter, and what that would send in the next days."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.artifacts import Finding
from core.conditions import Frozen
from core.journeys import Journey
from core.template_policies import template_findings
from core.templates import TemplateFacts

REENTRY = {
    "never": "Nobody enters twice.",
    "after_exit": "A user may enter again after leaving.",
    "after_window": "A user may enter again after a while.",
    "keyed": "A user enters once for every key.",
}


class ExpectedDay(Frozen):
    """Entries of one of the next days, judged by the same weekday of the week before."""

    day: str
    entries: int = Field(ge=0)


class MessageVolume(Frozen):
    """What one message would come to in the days ahead, if every run got there."""

    step: str
    action: str
    at_most: int = Field(ge=0)


class JourneyEffect(Frozen):
    """What a journey would do on the pinned snapshot."""

    kind: Literal["journey_effect"] = "journey_effect"
    population: str
    """In words: who is considered at all."""
    population_size: int = Field(ge=0)
    enter_now: int = Field(ge=0)
    """Runs that would begin the moment it goes live."""
    as_of: str
    days: tuple[ExpectedDay, ...] = ()
    volume: tuple[MessageVolume, ...] = ()
    under_way: int = Field(default=0, ge=0)
    """Runs of the version that is live, which stay with it unless they are migrated."""

    @property
    def entries(self) -> int:
        """Runs that would begin in the days ahead, those of now included."""
        return self.enter_now + sum(day.entries for day in self.days)


class JourneyProposal(Frozen):
    """Everything a guardrail policy may look at, as data."""

    journey: Journey
    effect: JourneyEffect
    users_total: int
    reach_limit_share: float
    consent_purposes: dict[str, str | None]
    data_classes: dict[str, str]
    """The class of each ``table.column`` that a condition reads."""
    templates: dict[str, TemplateFacts] = Field(default_factory=dict)
    """Those of the catalog that its messages name, by key."""


def journey_findings(proposal: JourneyProposal) -> tuple[Finding, ...]:
    """What the guardrails say of a journey, blockers first."""
    actions = [message.action for message in proposal.journey.messages()]
    found = (
        *_protected(proposal),
        *_consent(proposal),
        *_reach(proposal),
        *template_findings(actions, proposal.templates),
        *_notes(proposal),
    )
    return tuple(sorted(found, key=lambda finding: finding.rank))


def _protected(proposal: JourneyProposal) -> tuple[Finding, ...]:
    classes = proposal.data_classes.items()
    barred = sorted(name for name, kind in classes if kind == "protected")
    personal = sorted(name for name, kind in classes if kind in ("personal", "sensitive"))
    found = []
    if barred:
        message = f"The journey reads protected data: {', '.join(barred)}."
        fix = "Remove the condition that reads it."
        found.append(
            Finding(policy="protected_attribute", severity="block", message=message, fix=fix)
        )
    if personal:
        message = f"The journey reads personal data: {', '.join(personal)}."
        fix = "Check that the purpose covers it."
        found.append(
            Finding(policy="sensitive_attribute", severity="warn", message=message, fix=fix)
        )
    return tuple(found)


def _consent(proposal: JourneyProposal) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            policy="consent_path",
            severity="warn",
            message=f"The marketing message '{one.key}' goes by {', '.join(one.action.channels)}, "
            "where no consent is asked for.",
            fix="Make sure that the channel is one that users expect it in.",
        )
        for one in proposal.journey.messages()
        if one.action.message_class == "marketing"
        and not any(proposal.consent_purposes.get(channel) for channel in one.action.channels)
    )


def _reach(proposal: JourneyProposal) -> tuple[Finding, ...]:
    share = proposal.effect.enter_now / max(proposal.users_total, 1)
    if share <= proposal.reach_limit_share:
        return ()
    message = (
        f"{share:.0%} of all users would enter at once; the limit is "
        f"{proposal.reach_limit_share:.0%}."
    )
    fix = "Narrow the entry, or have an admin raise reach_limit_share."
    return (Finding(policy="reach_limit", severity="block", message=message, fix=fix),)


def _notes(proposal: JourneyProposal) -> tuple[Finding, ...]:
    journey = proposal.journey
    found = [
        Finding(
            policy="reentry_is_told",
            severity="info",
            message=REENTRY[journey.reentry.mode],
        )
    ]
    if journey.holdout is None or journey.holdout.share == 0:
        message = "Nobody is held out, so its lift cannot be measured."
        fix = "Add a holdout, such as a share of 0.1 with a salt of its own."
        found.append(Finding(policy="has_holdout", severity="warn", message=message, fix=fix))
    if proposal.effect.under_way:
        message = f"{proposal.effect.under_way:,} runs stay with the version that they entered."
        fix = "Move them with 'pilothouse journeys migrate' once it is live."
        found.append(Finding(policy="runs_are_pinned", severity="info", message=message, fix=fix))
    return tuple(found)
