"""What could be sent in one cycle: every entry of every live rule, in the one static order."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import NamedTuple

from control.kill_switches import Killed
from core.conditions import Condition
from core.rules import ContactPolicy, FrequencyCap
from orchestrate.plan import PlannedEntry, PlannedPolicy
from warehouse.catalog import Catalog
from warehouse.compile import Audiences


class Rules(NamedTuple):
    """What a decision follows besides the state of its users: all of it goes into the record."""

    as_of: datetime
    policies: tuple[PlannedPolicy, ...]
    contact: ContactPolicy
    purposes: dict[str, str | None]
    """Channel → the purpose that a marketing message on it needs consent for."""
    killed: Killed

    @property
    def caps(self) -> tuple[tuple[FrequencyCap, int], ...]:
        """The caps that limit something, each with its n."""
        return tuple((cap, cap.n) for cap in self.contact.caps if cap.n is not None)


class Tick(NamedTuple):
    """Everything one cycle decides with, besides the warehouse itself."""

    cycle_id: str
    trace_id: str
    as_of: datetime
    policies: tuple[PlannedPolicy, ...]
    catalog: Catalog
    killed: Killed
    audiences: Audiences
    released: frozenset[str] = frozenset()
    """Decisions of the past whose message will never be sent: they gave their slot back."""
    counts_later: bool = False
    """What was sent or decided for a later moment counts too: where the clock went back, or a
    moment that is past is decided on for good, users still get no more than they may."""

    @property
    def until(self) -> datetime:
        """What was sent and decided up to this moment counts."""
        return datetime.max if self.counts_later else self.as_of

    @property
    def rules(self) -> Rules:
        """What its decisions follow."""
        return Rules(
            as_of=self.as_of,
            policies=self.policies,
            contact=self.catalog.defaults.contact_policy,
            purposes={name: one.consent_purpose for name, one in self.catalog.channels.items()},
            killed=self.killed,
        )


class Route(NamedTuple):
    """The channels of an action with the consent each asks for; many candidates share one."""

    channels: tuple[str, ...]
    purposes: tuple[str | None, ...]


class Candidate(NamedTuple):
    """One entry of one policy. ``number`` is its place in the static order: policies before
    rules, then tier, policy key, position and action key."""

    number: int
    policy: PlannedPolicy
    entry: PlannedEntry
    population: str
    """The flag of its policy's population; equal populations share one."""
    route: Route
    stale: bool
    """The data that its policy reads is older than its limit."""
    killed: bool
    not_yet: bool
    """Its offer begins later."""
    ended: bool
    """Its offer is over."""

    @property
    def asked(self) -> dict[str, Condition]:
        """What is asked of every user for it, by the name of the flag."""
        told = {flag(kind, self): ask(self) for kind, ask in ASKED.items()}
        return {name: condition for name, condition in told.items() if condition is not None}

    @property
    def level(self) -> tuple[bool, int]:
        """Within a level only scores, then the static order, decide."""
        return self.policy.is_rule, self.entry.tier


def candidates_of(rules: Rules, stale: Collection[str] = ()) -> tuple[Candidate, ...]:
    """Every candidate, in the static order; ``stale`` names the versions of policies on old data
    (in older records: their keys)."""
    pairs = [(policy, entry) for policy in rules.policies for entry in policy.entries]
    pairs.sort(
        key=lambda pair: (
            pair[0].is_rule,
            pair[1].tier,
            pair[0].key,
            pair[1].position,
            pair[1].action.key,
        )
    )
    aged, populations = {*stale}, dict[Condition, str]()
    for policy, _ in pairs:
        populations.setdefault(policy.population, f"population_{len(populations)}")
    made = (
        _candidate(number, policy, entry, rules, not aged.isdisjoint((policy.key, policy.named)))
        for number, (policy, entry) in enumerate(pairs)
    )
    return tuple(one._replace(population=populations[one.policy.population]) for one in made)


def _candidate(
    number: int, policy: PlannedPolicy, entry: PlannedEntry, rules: Rules, stale: bool
) -> Candidate:
    action, offer = entry.action, entry.action.offer
    # Only marketing needs the user's opt-in; what serves the user does not.
    marketing = action.message_class == "marketing"
    purposes = tuple(rules.purposes.get(name) if marketing else None for name in action.channels)
    return Candidate(
        number=number,
        policy=policy,
        entry=entry,
        population="",
        route=Route(action.channels, purposes),
        stale=stale,
        killed=rules.killed.stops(policy=policy.key, action=action.key) is not None,
        not_yet=offer is not None and rules.as_of < offer.valid_from,
        ended=offer is not None and rules.as_of >= offer.valid_until,
    )


Ask = Callable[[Candidate], Condition | None]

ASKED: dict[str, Ask] = {
    "eligible": lambda one: one.entry.eligibility,
    "applicable": lambda one: one.entry.applicability,
    "suppressed": lambda one: one.entry.suppressed,
    "stopped": lambda one: one.entry.stopped,
}
"""What is asked of every user for one candidate."""


def flag(kind: str, candidate: Candidate) -> str:
    """The name of a candidate's flag."""
    return f"{kind}_{candidate.number}"


def asked_of(candidates: tuple[Candidate, ...]) -> dict[str, Condition]:
    """Every condition that a tick asks, by its flag's name."""
    asked: dict[str, Condition] = {}
    for one in candidates:
        asked[one.population] = one.policy.population
        asked |= one.asked
    return asked
