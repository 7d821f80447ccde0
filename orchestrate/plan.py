"""The rules of one cycle as one list of entries, in the form that every stage reads."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from control.versions import Version
from core.conditions import Condition, Or, with_defaults
from core.rules import (
    Action,
    DecisionPolicy,
    EligibilityRule,
    Entry,
    Experiment,
    Holdout,
    OutcomeSuppression,
    StopCondition,
    Suppression,
)


class PlannedEntry(NamedTuple):
    """One candidate action, with what holds it back on its own and through its policy."""

    tier: int
    position: int
    action: Action
    eligibility: Condition
    applicability: Condition | None
    score: str | None
    suppressions: tuple[Suppression, ...]
    stop_conditions: tuple[StopCondition, ...]
    experiment: Experiment | None = None

    @property
    def suppressed(self) -> Condition | None:
        """True when a suppression in condition form holds; unknown when one cannot be told."""
        return _any_of(*(s.when for s in self.suppressions if s.when is not None))

    @property
    def stopped(self) -> Condition | None:
        """True when a stop condition holds; unknown when one cannot be told."""
        return _any_of(*(stop.when for stop in self.stop_conditions))

    @property
    def outcomes(self) -> tuple[tuple[Suppression, OutcomeSuppression], ...]:
        """The suppressions that look at what became of earlier messages."""
        return tuple((s, s.outcome) for s in self.suppressions if s.outcome is not None)


class PlannedPolicy(NamedTuple):
    """A live policy, or a live rule with an action as a policy of one entry."""

    key: str
    version: int
    is_rule: bool
    population: Condition
    entries: tuple[PlannedEntry, ...]
    k: int
    cooldown_seconds: int
    holdout: Holdout | None
    max_staleness_seconds: dict[str, int]
    repeats: bool = False
    """Each of its candidates is an occasion of its own, as a journey's message is: to send the
    same action to the same user again is no duplicate."""
    never_again: bool = False
    """Whom it decided for once, it leaves alone for good."""

    @property
    def named(self) -> str:
        """Key and version: while a canary runs, a key is there in two versions."""
        return f"{self.key}@{self.version}"


def planned(live: Sequence[Version]) -> tuple[PlannedPolicy, ...]:
    """Every live rule that can send something: policies first, then rules, each by key."""
    policies = [
        _from_policy(version.key, version.version, version.artifact)
        for version in live
        if isinstance(version.artifact, DecisionPolicy)
    ]
    rules = [
        _from_rule(version.key, version.version, version.artifact, version.artifact.action)
        for version in live
        if isinstance(version.artifact, EligibilityRule) and version.artifact.action
    ]
    by_key = attrgetter("key")
    return (*sorted(policies, key=by_key), *sorted(rules, key=by_key))


def _from_policy(key: str, version: int, policy: DecisionPolicy) -> PlannedPolicy:
    return PlannedPolicy(
        key=key,
        version=version,
        is_rule=False,
        population=policy.population,
        entries=tuple(
            _entry(position, entry, policy) for position, entry in enumerate(policy.entries, 1)
        ),
        k=policy.k,
        cooldown_seconds=policy.cooldown_seconds,
        holdout=policy.holdout,
        max_staleness_seconds={},
        never_again=policy.reentry == "never",
    )


def _entry(position: int, entry: Entry, policy: DecisionPolicy) -> PlannedEntry:
    return PlannedEntry(
        tier=entry.tier,
        position=position,
        action=entry.action,
        eligibility=entry.eligibility,
        applicability=entry.applicability,
        score=entry.score,
        suppressions=policy.suppressions_of(entry),
        stop_conditions=policy.stops_of(entry),
        experiment=entry.experiment,
    )


def _from_rule(key: str, version: int, rule: EligibilityRule, action: Action) -> PlannedPolicy:
    entry = PlannedEntry(1, 1, action, rule.condition, None, None, (), ())
    return PlannedPolicy(
        key=key,
        version=version,
        is_rule=True,
        population=rule.population,
        entries=(entry,),
        k=1,
        cooldown_seconds=0,
        holdout=rule.holdout,
        max_staleness_seconds=rule.max_staleness_seconds,
    )


def _any_of(*conditions: Condition) -> Condition | None:
    """Any of what excludes: a missing value stays unknown instead of counting as no."""
    if not conditions:
        return None
    return Or(of=tuple(with_defaults(condition, excluding=True) for condition in conditions))
