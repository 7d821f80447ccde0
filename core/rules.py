"""What a team decides: eligibility rules, actions, decision policies, contact policies."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from core.conditions import EVERYONE, And, Condition, Frozen
from core.wall_clock import check_zone

Key = str
KEY_PATTERN = r"^[a-z][a-z0-9_]{0,63}$"

MessageClass = Literal["marketing", "transactional", "service"]

DAY = 86_400


class Holdout(Frozen):
    """The share of users who get nothing, so that lift can be measured."""

    share: float = Field(ge=0, le=1)
    salt: str = Field(min_length=1)


class Offer(Frozen):
    """A price or a discount that a message brings. While one is valid a user sees no other."""

    key: Key = Field(pattern=KEY_PATTERN)
    price: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    discount: float | None = Field(default=None, gt=0, lt=1)
    """The share taken off ``list_price``."""
    list_price: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    cost: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """What serving it costs, in the unit of the price."""
    margin_floor: float | None = Field(default=None, ge=0, lt=1)
    """The least share of the price that must be left after the cost."""
    valid_from: datetime
    valid_until: datetime
    """Naive UTC; valid in [valid_from, valid_until)."""

    @model_validator(mode="after")
    def _is_one_price_above_its_floor(self) -> Offer:
        if (self.price is None) == (self.discount is None):
            raise ValueError("an offer has a price or a discount, not both and not neither")
        if self.valid_from >= self.valid_until:
            raise ValueError("an offer must become valid before it ends")
        if self.margin_floor is None:
            return self
        paid = self.paid
        if paid is None or self.cost is None:
            raise ValueError("a margin floor needs a cost and a price, or a discount's list price")
        if (paid - self.cost) / paid < self.margin_floor:
            raise ValueError(
                f"the offer leaves {(paid - self.cost) / paid:.0%} of its price, "
                f"less than its floor of {self.margin_floor:.0%}"
            )
        return self

    @property
    def paid(self) -> float | None:
        """What the user would pay, as far as it is known."""
        if self.price is not None or self.list_price is None or self.discount is None:
            return self.price
        return self.list_price * (1 - self.discount)

    @property
    def terms(self) -> str:
        """Offer and price as one text: two offers with equal terms are the same offer."""
        return f"{self.key}:{self.price}:{self.discount}:{self.list_price}"


class Arm(Frozen):
    """A half-open range of buckets: ``low <= bucket and (high is None or bucket < high)``."""

    key: Key = Field(pattern=KEY_PATTERN)
    low: str = Field(default="00000000", pattern=r"^[0-9a-f]{8}$")
    high: str | None = Field(default=None, pattern=r"^[0-9a-f]{8}$")
    treated: bool = True
    """False: a control arm, which would have got it and does not."""


class Experiment(Frozen):
    """Who of the winners gets the action: an experiment's arms, or a canary's share.

    A user in no arm, or in one that is not treated, is held out with a ghost decision.
    """

    key: Key = Field(pattern=KEY_PATTERN)
    salt: str = Field(min_length=1)
    arms: tuple[Arm, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _arms_are_apart(self) -> Experiment:
        ordered = sorted(self.arms, key=lambda arm: arm.low)
        for arm in ordered:
            if arm.high is not None and arm.low >= arm.high:
                raise ValueError(f"the arm '{arm.key}' ends before it begins")
        for before, after in pairwise(ordered):
            if before.high is None or before.high > after.low:
                raise ValueError(f"the arms '{before.key}' and '{after.key}' overlap")
        if len({arm.key for arm in self.arms}) != len(self.arms):
            raise ValueError("every arm needs a key of its own")
        return self


class Action(Frozen):
    """What could be sent."""

    key: Key = Field(pattern=KEY_PATTERN)
    name: str
    message_class: MessageClass = "marketing"
    channels: tuple[str, ...] = Field(min_length=1)
    """In order: the first that reaches the user is used."""
    template: str = ""
    """The words themselves: subject on the first line, body below, the same for everybody."""
    template_key: Key | None = Field(default=None, exclude_if=lambda key: key is None)
    """Of a template of the catalog, which has the words instead. Left out of the rule where there
    is none: a rule approved before templates had keys keeps its hash."""
    goal_event: str | None = None
    value: float = 0.0
    expires_after_seconds: int = Field(default=7 * DAY, gt=0)
    exclusion_group: str | None = None
    offer: Offer | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Action:
        if self.template and self.template_key is not None:
            raise ValueError("an action has words of its own or the key of a template, not both")
        return self


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

    @property
    def members(self) -> Condition:
        """Who is in its audience: of the population, and meeting the condition."""
        return And(of=(self.population, self.condition))


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
    """A numeric trait; higher wins within a tier. Missing and not a number count lowest."""
    experiment: Experiment | None = None


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
    reentry: Literal["after_cooldown", "never"] = "after_cooldown"
    """``never``: whom the policy selected once, it never selects again."""
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
    """At most n messages in a window. 0 blocks everything; None is no cap."""

    key: Key = Field(pattern=KEY_PATTERN)
    n: int | None = Field(ge=0)
    window_seconds: int = Field(default=0, ge=0)
    """A rolling window in exact seconds; 0 where the window is a calendar unit."""
    calendar: Literal["day", "week", "month"] | None = None
    """The current unit where the message is received; weeks begin on Monday."""
    zone: str = "user"
    """Whose midnight a calendar unit begins at: ``user``, or an IANA zone."""
    message_class: MessageClass | None = "marketing"
    """None counts and limits every class."""
    channel: str | None = None
    """None counts over all channels."""
    group: str | None = None
    """None counts over all exclusion groups."""
    on_exceed: Literal["drop", "defer", "next_channel"] = "drop"
    """``defer``: the message waits for the first moment with room, if it has not expired by then.
    ``next_channel``: the message tries its other channels before it is dropped."""

    @model_validator(mode="after")
    def _one_window(self) -> FrequencyCap:
        if (self.window_seconds > 0) == (self.calendar is not None):
            raise ValueError("a cap has a rolling window or a calendar unit, one of the two")
        if self.on_exceed == "next_channel" and self.channel is None:
            raise ValueError("only a cap on a channel can give way to the next channel")
        return self

    @model_validator(mode="after")
    def _zone_exists(self) -> FrequencyCap:
        if self.zone != "user":
            check_zone(self.zone)
        return self

    @property
    def longest_seconds(self) -> int:
        """After how long there is room again, at the latest."""
        days = {"day": 1, "week": 7, "month": 31}
        # A unit is an hour longer when clocks go back in it.
        return self.window_seconds or days[self.calendar or "month"] * DAY + 3_600

    def limits(self, message_class: str, channel: str, group: str | None) -> bool:
        """Whether a message of that class, channel and group counts under this cap."""
        return (
            self.message_class in (None, message_class)
            and self.channel in (None, channel)
            and self.group in (None, group)
        )


class QuietHours(Frozen):
    """No messages between two wall-clock times where the user is; may cross midnight."""

    start: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    end: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    fallback_zone: str | None = "UTC"
    """Used when the user's zone is unknown; None suppresses with TZ_UNKNOWN."""
    spread_seconds: int = Field(default=0, ge=0, le=4 * 3600)
    """Over how long after their end the messages that waited for it leave, so that a morning
    brings no flood; each has its own moment in it, always the same."""

    @model_validator(mode="after")
    def _not_all_day(self) -> QuietHours:
        if self.start == self.end:
            raise ValueError("quiet hours that start and end at the same time would never end")
        return self

    @model_validator(mode="after")
    def _zone_exists(self) -> QuietHours:
        if self.fallback_zone is not None:
            check_zone(self.fallback_zone)
        return self


class ContactPolicy(Frozen):
    """How much contact is too much. Transactional messages are exempt."""

    key: Key = Field(pattern=KEY_PATTERN)
    caps: tuple[FrequencyCap, ...] = ()
    min_gap_seconds: int = Field(default=0, ge=0)
    quiet_hours: QuietHours | None = None
    global_holdout: Holdout | None = None


Artifact = EligibilityRule | DecisionPolicy
