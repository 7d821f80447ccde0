"""One chunk of users decided: from what they bring to a reason for every candidate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from orchestrate.engine.arbitration import (
    Rows,
    across_policies,
    rows_of,
    tag_global_holdout,
    within_policies,
)
from orchestrate.engine.candidates import Candidate, Rules, flag
from orchestrate.engine.contact import Contact
from orchestrate.engine.inputs import offer_numbers
from orchestrate.engine.lots import Draw, held_out
from orchestrate.engine.staging import CODE, RUNNING, Chunk, before_eligibility, places_of, taken
from orchestrate.engine.state import Codes, Places, State
from orchestrate.engine.zones import Zones
from warehouse.batch.bits import Bits


class Decided(NamedTuple):
    """What was decided for one chunk of users."""

    chunk: Chunk
    rows: Rows
    """The users and candidates that passed eligibility."""


def decide_state(
    state: State, rules: Rules, candidates: Sequence[Candidate], zones: Zones, draw: Draw
) -> Decided:
    """Decide for these users. The same state gives the same decision, whoever asks."""
    chunk = Chunk(state, rules.killed.keys("channel"), offer_numbers(candidates))
    rows = rows_of(chunk, candidates)
    within_policies(rows, candidates, state.size)
    contact = Contact(chunk, rules, zones, candidates)
    lots = held_out(rows, candidates, state, draw)
    across_policies(rows, chunk, candidates, contact, lots)
    tag_global_holdout(rows, chunk)
    return Decided(chunk, rows)


def reasons_of(decided: Decided, candidate: Candidate) -> tuple[Places, Codes]:
    """Every user of a candidate's population with the reason for it."""
    state = decided.chunk.state
    found = before_eligibility(decided.chunk, candidate)
    eligible = state.true[flag("eligible", candidate)]
    everybody: Bits = state.true[candidate.population]
    who = places_of(everybody, state.size)
    running = found == RUNNING
    found[running] = CODE["INELIGIBLE"]
    met = np.zeros(state.size, np.bool_)
    met[who] = taken(eligible, who)
    found[running & met] = CODE["NOT_APPLICABLE"]
    first, last = np.searchsorted(decided.rows.numbers, [candidate.number, candidate.number + 1])
    found[decided.rows.users[first:last]] = decided.rows.reasons[first:last]
    return who, found[who]
