"""What a team decides: eligibility rules, actions, decision policies, contact policies."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from core.conditions import EVERYONE, Condition, Frozen

Key = str
KEY_PATTERN = r"^[a-z][a-z0-9_]{0,63}$"

MessageClass = Literal["marketing", "transactional", "service"]

DAY = 86_400


class Holdout(Frozen):
    """The share of users who get nothing, so that lift can be measured."""

    share: float = Field(ge=0, le=1)
    salt: str = Field(min_length=1)


class Action(Frozen):
    """What could be sent."""

    key: Key = Field(pattern=KEY_PATTERN)
    name: str
    message_class: MessageClass = "marketing"
    channels: tuple[str, ...] = Field(min_length=1)
    """In order: the first that reaches the user is used."""
    template: str = ""
    """Subject on the first line, body below; ``$first_line`` placeholders are not supported."""
    goal_event: str | None = None
    value: float = 0.0
    expires_after_seconds: int = Field(default=7 * DAY, gt=0)
    exclusion_group: str | None = None


class EligibilityRule(Frozen):
    """Who may get something. Required traits, events and columns are derived, never typed."""

    kind: Literal["eligibility_rule"] = "eligibility_rule"
    key: Key = Field(pattern=KEY_PATTERN)
    name: str
    population: Condition = EVERYONE
    condition: Condition
    action: Action | None = None
    """What an approved rule sends on its own. None: an audience for other rules to use."""
    assumptions: tuple[str, ...] = ()
    as_of: Literal["decision", "send"] = "decision"
    max_staleness_seconds: dict[str, int] = Field(default_factory=dict)
    """Per warehouse table: how old its newest row may be at decision time."""
    holdout: Holdout | None = None


class OutcomeSuppression(Frozen):
    """The outcome form: ignored n times in a window pauses for a while."""

    outcome: Literal["ignored", "failed", "clicked"]
    n: int = Field(gt=0)
    window_seconds: int = Field(gt=0)
    pause_seconds: int = Field(gt=0)


class Concerning(Frozen):
    """A condition on pursuing some actions, or all of them."""

    key: Key = Field(pattern=KEY_PATTERN)
    name: str
    actions: tuple[Key, ...] = ()
    """Keys of the actions it concerns. Empty: every action of the policy."""


class Suppression(Concerning):
    """What holds a message back, although the user is eligible."""

    when: Condition | None = None
    outcome: OutcomeSuppression | None = None
    scope: Literal["action", "group", "channel", "class", "all"] = "action"

    @model_validator(mode="after")
    def _one_form(self) -> Suppression:
        if (self.when is None) == (self.outcome is None):
            raise ValueError(
                "a suppression has a condition or an outcome, not both and not neither"
            )
        return self


class StopCondition(Concerning):
    """What ends the pursuit of an action: checked before each step, before send and on event."""

    when: Condition
    effect: Literal["exit", "skip_step"] = "exit"


class Entry(Frozen):
    """One line of a decision policy: an action for those who are eligible, at a tier."""

    tier: int = Field(ge=1)
    action: Action
    eligibility: Condition
    applicability: Condition | None = None
    score: str | None = None
    """A numeric trait; higher wins within a tier. Missing counts lowest."""


class DecisionPolicy(Frozen):
    """Who gets which action first, and what holds it back."""

    kind: Literal["decision_policy"] = "decision_policy"
    key: Key = Field(pattern=KEY_PATTERN)
    name: str
    population: Condition = EVERYONE
    entries: tuple[Entry, ...] = Field(min_length=1)
    hit_policy: Literal["first", "top_k"] = "first"
    k: int = Field(default=1, ge=1)
    suppressions: tuple[Suppression, ...] = ()
    stop_conditions: tuple[StopCondition, ...] = ()
    cooldown_seconds: int = Field(default=0, ge=0)
    """How long after a selected action the same user is left alone by this policy."""
    holdout: Holdout | None = None
    assumptions: tuple[str, ...] = ()
    edge_cases: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _keys_are_known(self) -> DecisionPolicy:
        keys = [entry.action.key for entry in self.entries]
        if len(set(keys)) != len(keys):
            raise ValueError("every entry needs an action key of its own")
        concerning: tuple[Concerning, ...] = (*self.suppressions, *self.stop_conditions)
        for one in concerning:
            for key in one.actions:
                if key not in keys:
                    raise ValueError(f"'{one.key}' names the action '{key}', which has no entry")
        if self.hit_policy == "first" and self.k != 1:
            raise ValueError("hit policy 'first' selects one action: k must be 1")
        return self

    def suppressions_of(self, entry: Entry) -> tuple[Suppression, ...]:
        """What holds back an entry's action."""
        return tuple(one for one in self.suppressions if _concerns(one, entry))

    def stops_of(self, entry: Entry) -> tuple[StopCondition, ...]:
        """What ends the pursuit of an entry's action."""
        return tuple(one for one in self.stop_conditions if _concerns(one, entry))


def _concerns(one: Concerning, entry: Entry) -> bool:
    return not one.actions or entry.action.key in one.actions


class FrequencyCap(Frozen):
    """At most n messages in a window. 0 blocks everything; no cap is no entry in the list."""

    key: Key = Field(pattern=KEY_PATTERN)
    n: int = Field(ge=0)
    window_seconds: int = Field(gt=0)
    message_class: MessageClass | None = "marketing"
    """None counts and limits every class."""
    channel: str | None = None
    """None counts over all channels."""


class QuietHours(Frozen):
    """No messages between two wall-clock times where the user is; may cross midnight."""

    start: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    end: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    fallback_zone: str | None = "UTC"
    """Used when the user's zone is unknown; None suppresses with TZ_UNKNOWN."""

    @model_validator(mode="after")
    def _not_all_day(self) -> QuietHours:
        if self.start == self.end:
            raise ValueError("quiet hours that start and end at the same time would never end")
        return self


class ContactPolicy(Frozen):
    """How much contact is too much. Transactional messages are exempt."""

    key: Key = Field(pattern=KEY_PATTERN)
    caps: tuple[FrequencyCap, ...] = ()
    min_gap_seconds: int = Field(default=0, ge=0)
    quiet_hours: QuietHours | None = None
    global_holdout: Holdout | None = None


Artifact = EligibilityRule | DecisionPolicy
