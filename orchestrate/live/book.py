"""The rules of a tick made ready for one user: everything that no user and no moment changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from core.evaluate import Evaluator
from core.moments import SECOND, micros
from core.rules import FrequencyCap, Holdout, OutcomeSuppression
from orchestrate.engine.candidates import Candidate, Route, Tick, asked_of, candidates_of, flag
from orchestrate.engine.inputs import offer_numbers
from orchestrate.engine.lots import Lot, holdout_range
from orchestrate.engine.state import NOTHING
from orchestrate.live.clock import Clock
from orchestrate.live.person import Person, Routed
from orchestrate.live.reading import PersonReader
from orchestrate.plan import PlannedEntry, PlannedPolicy
from warehouse.compile.kinds import kinds
from warehouse.compile.queries import expanded

GRANTED, DENIED = 1, 2


def narrowed(tick: Tick, channels: Collection[str] | None) -> Tick:
    """A tick with only the channels that may be used; None is all."""
    if channels is None:
        return tick
    policies = (_by(policy, channels) for policy in tick.policies)
    return tick._replace(policies=tuple(one for one in policies if one.entries))


def _by(policy: PlannedPolicy, channels: Collection[str]) -> PlannedPolicy:
    narrowed = (_narrowed(entry, channels) for entry in policy.entries)
    return policy._replace(entries=tuple(one for one in narrowed if one is not None))


def _narrowed(entry: PlannedEntry, channels: Collection[str]) -> PlannedEntry | None:
    kept = tuple(name for name in entry.action.channels if name in channels)
    action = entry.action.model_copy(update={"channels": kept})
    return entry._replace(action=action) if kept else None


class Limits(NamedTuple):
    """How old the data that a policy reads may be."""

    table: str
    age: int
    """Microseconds."""


class Counting(NamedTuple):
    """The caps that count a message."""

    number: int
    """Equal for messages that the same caps count."""
    caps: tuple[tuple[int, int, bool], ...]
    """Place among the rules' caps, how many it allows, and whether it gives way to the next
    channel."""


class Line:
    """One candidate."""

    __slots__ = (
        "ages", "candidate", "cooldown", "counted", "exempt", "experiment",
        "expires_after",
        "group", "holdout", "k", "killed", "level", "named", "needs", "never_again", "number",
        "offer", "offer_from", "offer_until", "outcomes", "plain", "policy", "rest", "route",
        "score", "stopped", "suppressed", "usual", "valid_for",
    )  # fmt: skip

    def __init__(self, candidate: Candidate, book: Book) -> None:
        entry, policy, action = candidate.entry, candidate.policy, candidate.entry.action
        asking = book.asking
        self.candidate = candidate
        self.number = candidate.number
        self.policy, self.named = policy.key, policy.named
        asked = [candidate.population, flag("eligible", candidate)]
        if entry.applicability is not None:
            asked.append(flag("applicable", candidate))
        self.needs, self.rest = asking.together(asked)
        self.route = book.routes.setdefault(candidate.route, len(book.routes))
        self.killed = candidate.killed
        self.suppressed = flag("suppressed", candidate) if entry.suppressed is not None else None
        self.stopped = flag("stopped", candidate) if entry.stopped is not None else None
        self.score, self.level = entry.score, candidate.level
        self.k = policy.k
        self.group = action.exclusion_group
        offer = action.offer
        self.offer = NOTHING if offer is None else book.offers[offer.terms]
        self.offer_from = None if offer is None else micros(offer.valid_from)
        self.offer_until = None if offer is None else micros(offer.valid_until)
        self.exempt = action.message_class == "transactional"
        self.expires_after = action.expires_after_seconds * SECOND
        self.valid_for = None if policy.repeats else self.expires_after
        self.cooldown = policy.cooldown_seconds * SECOND
        self.never_again = policy.never_again
        self.holdout = _excluded(policy.holdout)
        self.experiment = None
        if entry.experiment is not None:
            arms = tuple((one.low, one.high) for one in entry.experiment.arms if one.treated)
            self.experiment = Lot(entry.experiment.salt, arms)
        self.usual = not (self.holdout or self.experiment)
        self.counted = tuple(
            book.counting(action.message_class, channel, action.exclusion_group)
            for channel in candidate.route.channels
        )
        self.ages = tuple(
            Limits(table, limit * SECOND) for table, limit in policy.max_staleness_seconds.items()
        )
        self.outcomes: tuple[tuple[str, OutcomeSuppression], ...] = tuple(
            (suppression.scope, outcome) for suppression, outcome in entry.outcomes
        )
        self.plain = not (self.killed or self.suppressed or self.stopped or offer or self.ages)
        """Nothing but its route and what happened before can stop it."""


class Book:
    """A tick's rules. One moment after the other may be decided with them."""

    def __init__(self, tick: Tick) -> None:
        """Raises the first refusal of a condition that the catalog cannot decide."""
        self.tick = tick
        self.rules = tick.rules
        self.candidates = candidates_of(self.rules)
        asked = asked_of(self.candidates)
        self.conditions = {
            name: expanded(one, tick.catalog, tick.audiences) for name, one in asked.items()
        }
        self.asking = Evaluator(self.conditions, kinds(tick.catalog))
        self.caps: tuple[tuple[FrequencyCap, int], ...] = self.rules.caps
        self._countings: dict[tuple[tuple[int, int, bool], ...], Counting] = {}
        self.offers = offer_numbers(self.candidates)
        self.routes: dict[Route, int] = {}
        self.lines = tuple(Line(one, self) for one in self.candidates)
        self.scored = any(line.score for line in self.lines)
        self.several = any(
            len(line.candidate.policy.entries) > 1 or line.k < 1 for line in self.lines
        )
        """Some policy may have to leave one of its messages out."""
        self.clock = Clock(self.rules)
        self.reader = PersonReader(tick, self.candidates, self.asking)
        known = {**tick.catalog.actions} | {
            one.entry.action.key: one.entry.action for one in self.candidates
        }
        self.actions = {one.key: (one.message_class, one.exclusion_group) for one in known.values()}
        self.global_holdout = _excluded(self.rules.contact.global_holdout)
        self._killed = self.rules.killed.keys("channel")
        self.by_policy = _grouped(self.lines)
        self.puts_off = any(cap.on_exceed == "defer" for cap, _ in self.caps)
        self.gap = self.rules.contact.min_gap_seconds * SECOND
        self.offering = bool(self.offers)
        self.outcomes = tuple(line for line in self.lines if line.outcomes)
        self.aged = tuple(line for line in self.lines if line.ages)
        self.watched = frozenset(limit.table for line in self.aged for limit in line.ages)
        """Tables whose newest row says whether a policy may decide."""

    def counting(self, kind: str, channel: str, group: str | None) -> Counting:
        """The caps that count a message of a class, channel and exclusion group."""
        caps = tuple(
            (number, n, cap.on_exceed == "next_channel")
            for number, (cap, n) in enumerate(self.caps)
            if cap.limits(kind, channel, group)
        )
        return self._countings.setdefault(caps, Counting(len(self._countings), caps))

    def settle(self, person: Person) -> None:
        """Work out what the book's routes come to for a user who was read."""
        person.routed = [self._routed(route, person) for route in self.routes]

    def stale(self, newest: Mapping[str, int], now: int) -> frozenset[str]:
        """The versions of policies whose data is too old at a moment, the newest row of each table
        known."""
        return frozenset(
            line.named
            for line in self.aged
            if any(newest[limit.table] < now - limit.age for limit in line.ages)
        )

    def _routed(self, route: Route, person: Person) -> Routed:
        permitted = denied = is_open = False
        usable, first = [False] * len(route.channels), -1
        for place, (channel, purpose) in enumerate(
            zip(route.channels, route.purposes, strict=True)
        ):
            said = GRANTED if purpose is None else person.consent.get((purpose, channel))
            permitted |= said == GRANTED
            denied |= said == DENIED
            if said != GRANTED or channel in self._killed:
                continue
            is_open = True
            usable[place] = person.address.get(channel, True)
            if usable[place] and first < 0:
                first = place
        return Routed(permitted, denied, is_open, tuple(usable), first)


def _excluded(holdout: Holdout | None) -> Lot | None:
    if holdout is None:
        return None
    salt, end = holdout_range(holdout)
    return Lot(salt, (("00000000", end),))


def _grouped(lines: Sequence[Line]) -> dict[str, tuple[Line, ...]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.policy, []).append(line)
    return {key: tuple(own) for key, own in found.items()}
