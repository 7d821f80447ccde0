"""What a journey would do: who would enter, and what that would send in the next days."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.artifacts import Edit, Finding
from core.conditions import Frozen
from core.data_use_policies import DATA_USE_POLICIES
from core.grave_policies import GRAVE_POLICIES
from core.journey_steps import Message
from core.journeys import Journey
from core.regulation_policies import REGULATION_POLICIES
from core.rules import Action, Holdout
from core.sending import Sending
from core.sending_policies import SENDING_POLICIES
from core.template_policies import template_findings
from core.validation import expires_in_time

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


class JourneyProposal(Sending):
    """Everything a guardrail policy may look at, as data."""

    journey: Journey
    effect: JourneyEffect

    def actions_at(self) -> tuple[tuple[str, Action], ...]:
        """What it would send, each with the JSON pointer of its place in the artifact."""
        return tuple(
            (f"/steps/{place}/action", step.action)
            for place, step in enumerate(self.journey.steps)
            if isinstance(step, Message)
        )

    @property
    def audience(self) -> int:
        """Whom it reaches: those who may enter."""
        return self.effect.population_size

    @property
    def marketing_reach(self) -> int:
        """Users who would enter, where it sends marketing: those of now, and where nobody enters
        twice those of the days ahead, each of whom is another."""
        actions = [message.action for message in self.journey.messages()]
        if all(action.message_class != "marketing" for action in actions):
            return 0
        once = self.journey.reentry.mode == "never"
        return self.effect.entries if once else self.effect.enter_now

    @property
    def what(self) -> str:
        """What a person calls it."""
        return "journey"


def journey_findings(proposal: JourneyProposal) -> tuple[Finding, ...]:
    """What the guardrails say of a journey, blockers first."""
    actions = [message.action for message in proposal.journey.messages()]
    shared = (*GRAVE_POLICIES, *SENDING_POLICIES, *DATA_USE_POLICIES, *REGULATION_POLICIES)
    found = (
        *(finding for policy in (*shared, expires_in_time) if (finding := policy(proposal))),
        *_reach(proposal),
        *template_findings(actions, proposal.templates),
        *_notes(proposal),
    )
    return tuple(sorted(found, key=lambda finding: finding.rank))


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
        tenth = Holdout(share=0.1, salt=journey.key).model_dump(mode="json")
        patch = (Edit(path="/holdout", value=tenth),)
        found.append(
            Finding(policy="has_holdout", severity="warn", message=message, fix=fix, patch=patch)
        )
    if proposal.effect.under_way:
        message = f"{proposal.effect.under_way:,} runs stay with the version that they entered."
        fix = "Move them with 'pilothouse journeys migrate' once it is live."
        found.append(Finding(policy="runs_are_pinned", severity="info", message=message, fix=fix))
    return tuple(found)
