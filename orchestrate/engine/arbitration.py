"""Who wins: within a policy, then across all policies of the tick, one turn after the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from orchestrate.engine.candidates import Candidate
from orchestrate.engine.contact import Asking, Contact
from orchestrate.engine.staging import CODE, RUNNING, Chunk, stage
from orchestrate.engine.state import Bools, Codes, Floats, Places
from orchestrate.engine.turns import RowNumbers, turns

NONE = -1


class Rows(NamedTuple):
    """One row a user and candidate that passed eligibility; candidate after candidate."""

    users: Places
    numbers: npt.NDArray[np.int16]
    """The candidate."""
    reasons: Codes
    places: npt.NDArray[np.int8]
    scores: Floats
    ghosts: Bools
    """Held out, and would have received it."""
    ready: npt.NDArray[np.int64]
    """When it may go out, microseconds since 1970; meaningful for what was selected and ghosts."""


def rows_of(chunk: Chunk, candidates: Sequence[Candidate]) -> Rows:
    """Every row, staged: those that run have the reason RUNNING."""
    staged = [stage(chunk, one) for one in candidates]
    sizes = [one.users.size for one in staged]
    numbers = np.repeat(np.arange(len(candidates), dtype=np.int16), sizes)
    return Rows(
        users=np.concatenate([np.zeros(0, np.int32), *(one.users for one in staged)]),
        numbers=numbers,
        reasons=np.concatenate([np.zeros(0, np.uint8), *(one.reasons for one in staged)]),
        places=np.concatenate([np.zeros(0, np.int8), *(one.places for one in staged)]),
        scores=np.concatenate([np.zeros(0), *(one.scores for one in staged)]),
        ghosts=np.zeros(numbers.size, np.bool_),
        ready=np.zeros(numbers.size, np.int64),
    )


def within_policies(rows: Rows, candidates: Sequence[Candidate], users: int) -> None:
    """Leave each policy its best k of a user; the others lose to a higher priority."""
    running = _running(rows, candidates)
    taken = np.zeros(users, np.int32)
    by_policy = sorted(candidates, key=lambda one: one.policy.named)
    for _, group in groupby(by_policy, key=lambda one: one.policy.named):
        own = sorted(group, key=lambda one: one.number)
        if len(own) == 1 and own[0].policy.k >= 1:
            continue
        for turn in turns(own, running, rows.users, rows.numbers, rows.scores):
            who = rows.users[turn]
            wins = taken[who] < own[0].policy.k
            rows.reasons[turn[~wins]] = CODE["LOWER_PRIORITY"]
            taken[who[wins]] += 1
        for one in own:
            taken[rows.users[running[one.number]]] = 0


def across_policies(
    rows: Rows,
    chunk: Chunk,
    candidates: Sequence[Candidate],
    contact: Contact,
    held_out: Codes,
) -> None:
    """One group, one offer and so many messages a user: granted in the total order.

    ``held_out``: for each row the reason why its policy or experiment holds it out, or RUNNING.
    """
    shared = _Shared(chunk, candidates)
    running = _running(rows, candidates)
    everywhere = chunk.state.held_out
    for turn in turns(candidates, running, rows.users, rows.numbers, rows.scores):
        going = turn[shared.pass_on(rows, turn)]
        users = rows.users[going]
        ghosts = everywhere[users] | (held_out[going] != RUNNING)
        answer = contact.ask(Asking(users, rows.numbers[going], rows.places[going], ghosts))
        granted = answer.reasons == RUNNING
        rows.places[going] = answer.places
        rows.ready[going] = answer.ready
        rows.ghosts[going] = ghosts & granted
        reasons = np.where(granted, np.uint8(CODE["SELECTED"]), answer.reasons)
        tagged = held_out[going]
        rows.reasons[going] = np.where(tagged == RUNNING, reasons, tagged)


def tag_global_holdout(rows: Rows, chunk: Chunk) -> None:
    """The global holdout is shown for every row of its users, but for what stops everybody."""
    stops_all = np.isin(rows.reasons, (CODE["STALE_DATA"], CODE["KILLED"]))
    rows.reasons[chunk.state.held_out[rows.users] & ~stops_all] = CODE["HELD_OUT_GLOBAL"]


class _Shared:
    """Exclusion groups and offers: what a user may have only one of."""

    def __init__(self, chunk: Chunk, candidates: Sequence[Candidate]) -> None:
        actions = [one.entry.action for one in candidates]
        names = sorted({one.exclusion_group for one in actions if one.exclusion_group})
        places = {name: place for place, name in enumerate(names)}
        self._group = np.array(
            [places.get(one.exclusion_group or "", NONE) for one in actions], np.int32
        )
        self._offer = np.array(
            [chunk.offers[one.offer.terms] if one.offer else NONE for one in actions], np.int32
        )
        self._taken = np.zeros((len(names), chunk.state.size), np.bool_)
        self._offered = np.full(chunk.state.size, NONE, np.int32)

    def pass_on(self, rows: Rows, turn: RowNumbers) -> Bools:
        """Which rows of a turn go on; the others get the reason why not."""
        users, numbers = rows.users[turn], rows.numbers[turn]
        group, offer = self._group[numbers], self._offer[numbers]
        excluded = np.zeros(turn.size, np.bool_)
        grouped = group != NONE
        excluded[grouped] = self._taken[group[grouped], users[grouped]]
        seen = self._offered[users]
        conflict = ~excluded & (offer != NONE) & (seen != NONE) & (seen != offer)
        rows.reasons[turn[excluded]] = CODE["EXCLUSION_GROUP"]
        rows.reasons[turn[conflict]] = CODE["OFFER_CONFLICT"]
        going: Bools = ~excluded & ~conflict
        self._taken[group[going & grouped], users[going & grouped]] = True
        offering = going & (offer != NONE)
        self._offered[users[offering]] = offer[offering]
        return going


def _running(rows: Rows, candidates: Sequence[Candidate]) -> dict[int, RowNumbers]:
    runs = np.flatnonzero(rows.reasons == RUNNING)
    bounds = np.searchsorted(rows.numbers[runs], np.arange(len(candidates) + 1))
    return {number: runs[bounds[number] : bounds[number + 1]] for number in range(len(candidates))}
