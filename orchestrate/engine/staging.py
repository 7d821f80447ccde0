"""The stages before arbitration: which candidates of a user run, and what stops the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.reasons import REASONS
from orchestrate.engine.candidates import Candidate, Route, flag
from orchestrate.engine.state import (
    DENIED,
    GRANTED,
    NOTHING,
    UNKNOWN,
    Bools,
    Codes,
    Floats,
    Places,
    State,
)
from warehouse.batch.bits import Bits, nobody, unpack

CODE = {reason.code: number for number, reason in enumerate(REASONS)}
"""Reason code → the number that arrays hold."""
RUNNING = 255
"""No reason yet."""
NO_CHANNEL = -1


class Routed(NamedTuple):
    """What a route comes to for each user."""

    permitted: Bools
    """Some channel has the consent it asks for."""
    denied: Bools
    """Some channel was refused."""
    open: Bools
    """Some permitted channel is not stopped."""
    usable: npt.NDArray[np.bool_]
    """Place in the route × user: permitted, not stopped, with an address."""
    first: npt.NDArray[np.int8]
    """The first usable place, or NO_CHANNEL."""


class Staged(NamedTuple):
    """The rows of one candidate: the users who are eligible and to whom it applies."""

    users: Places
    reasons: Codes
    """What stops the row, or RUNNING."""
    places: npt.NDArray[np.int8]
    """The channel, as a place in the route."""
    scores: Floats


class Chunk:
    """A state with what is worked out once for many candidates."""

    def __init__(
        self, state: State, killed_channels: frozenset[str], offers: dict[str, int]
    ) -> None:
        self.state = state
        self.offers = offers
        self._killed = killed_channels
        self._routes: dict[Route, Routed] = {}

    def routed(self, route: Route) -> Routed:
        """What a route comes to for these users."""
        if route not in self._routes:
            self._routes[route] = self._route(route)
        return self._routes[route]

    def _route(self, route: Route) -> Routed:
        users = self.state.size
        permitted, denied, open_ = (np.zeros(users, np.bool_) for _ in range(3))
        usable = np.zeros((len(route.channels), users), np.bool_)
        first = np.full(users, NO_CHANNEL, np.int8)
        for place, (channel, purpose) in enumerate(
            zip(route.channels, route.purposes, strict=True)
        ):
            said = self._said(purpose, channel)
            agreed = said == GRANTED
            permitted |= agreed
            denied |= said == DENIED
            if channel in self._killed:
                continue
            open_ |= agreed
            usable[place] = agreed & self.state.address.get(channel, True)
            first[usable[place] & (first == NO_CHANNEL)] = place
        return Routed(permitted, denied, open_, usable, first)

    def _said(self, purpose: str | None, channel: str) -> Codes:
        if purpose is None:
            return np.full(self.state.size, GRANTED, np.uint8)
        found = self.state.consent.get((purpose, channel))
        return np.full(self.state.size, UNKNOWN, np.uint8) if found is None else found


def passed(true: Mapping[str, Bits], candidate: Candidate, size: int) -> Bits:
    """Who of ``size`` users is in the population, eligible, and to whom the action applies."""
    if candidate.not_yet:
        return nobody(size)
    found = true[candidate.population] & true[flag("eligible", candidate)]
    applicable = true.get(flag("applicable", candidate))
    return found if applicable is None else found & applicable


def stage(chunk: Chunk, candidate: Candidate) -> Staged:
    """The candidate's rows, with what stops them before arbitration."""
    state = chunk.state
    users = places_of(passed(state.true, candidate, state.size), state.size)
    reasons = np.full(users.size, RUNNING, np.uint8)
    routed = chunk.routed(candidate.route)
    places = routed.first[users]
    for code, stopped in _stops(chunk, candidate, users, routed, places):
        reasons[stopped & (reasons == RUNNING)] = CODE[code]
    return Staged(users, reasons, places, _scores(state, candidate, users))


def _stops(
    chunk: Chunk,
    candidate: Candidate,
    users: Places,
    routed: Routed,
    places: npt.NDArray[np.int8],
) -> Iterator[tuple[str, Bools]]:
    """In the order of the stages: a reason code, and the rows that it would stop."""
    state = chunk.state
    always = np.ones(users.size, np.bool_)
    if candidate.stale:
        yield "STALE_DATA", always
    permitted = routed.permitted[users]
    yield "KILLED", always if candidate.killed else permitted & ~routed.open[users]
    yield "NO_CONSENT", ~permitted & routed.denied[users]
    yield "CONSENT_UNKNOWN", ~permitted
    suppressed, stopped = flag("suppressed", candidate), flag("stopped", candidate)
    if suppressed in state.true:
        yield "SUPPRESSED_STATE", taken(state.true[suppressed], users)
    yield from _earlier(state, candidate, users, places)
    if stopped in state.true:
        yield "STOPPED", taken(state.true[stopped], users)
    if candidate.ended:
        yield "EXPIRED", always
    for asked in (suppressed, stopped):
        if asked in state.unknown:
            yield "INPUT_UNKNOWN", taken(state.unknown[asked], users)
    yield "UNREACHABLE", places == NO_CHANNEL
    offer = candidate.entry.action.offer
    if offer is not None:
        seen = state.standing[users]
        yield "OFFER_CONFLICT", (seen != NOTHING) & (seen != chunk.offers[offer.terms])


def _earlier(
    state: State, candidate: Candidate, users: Places, places: npt.NDArray[np.int8]
) -> Iterator[tuple[str, Bools]]:
    # Older records name policies by their keys alone.
    policy = candidate.policy
    resting = state.resting.get(policy.named, state.resting.get(policy.key))
    if resting is not None:
        yield "SUPPRESSED_OUTCOME", np.isin(users, resting)
    if candidate.number in state.paused:
        who, where = state.paused[candidate.number]
        for place in np.unique(where):
            here = np.isin(users, who[where == place])
            yield "SUPPRESSED_OUTCOME", here if place < 0 else here & (places == place)


def _scores(state: State, candidate: Candidate, users: Places) -> Floats:
    if candidate.entry.score is None:
        return np.full(users.size, np.nan)
    return state.scores[candidate.entry.score][users]


def before_eligibility(chunk: Chunk, candidate: Candidate) -> Codes:
    """For every user of the chunk the reason that comes before eligibility, or RUNNING."""
    state, routed = chunk.state, chunk.routed(candidate.route)
    found = np.full(state.size, RUNNING, np.uint8)
    found[~routed.permitted] = CODE["CONSENT_UNKNOWN"]
    found[~routed.permitted & routed.denied] = CODE["NO_CONSENT"]
    found[state.held_out] = CODE["HELD_OUT_GLOBAL"]
    found[routed.permitted & ~routed.open] = CODE["KILLED"]
    if candidate.killed:
        found[:] = CODE["KILLED"]
    if candidate.stale:
        found[:] = CODE["STALE_DATA"]
    return found


def places_of(bits: Bits, users: int) -> Places:
    """The places of those in a set, ascending."""
    return np.flatnonzero(unpack(bits, users)).astype(np.int32)


def taken(bits: Bits, users: Places) -> Bools:
    """For some users whether they are in a set."""
    found: Bools = ((bits[users >> 3] >> (users & 7)) & 1).astype(np.bool_)
    return found
