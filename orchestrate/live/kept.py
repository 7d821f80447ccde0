"""What was told of a user as it is kept, and as the next decision looks back on it."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrate.live.entry import Decision, Edition, Entry
from orchestrate.live.person import Past, Person
from orchestrate.live.scalar import SELECTED, Told
from orchestrate.live.writing import decision_id


def entry_of(person: Person, told: Told, of: Edition, cycle_id: str, trace_id: str) -> Entry:
    """A decision as it is kept."""
    return Entry(
        edition=of.number,
        cycle_id=cycle_id,
        trace_id=trace_id,
        user=person.user,
        now=told.now,
        literals=told.literals,
        zone=person.zone,
        held_out=told.lots.held_out,
        held_by=told.lots.held_by,
        tried_by=told.lots.tried_by,
        scores=person.scores,
        consent=person.consent,
        address=person.address,
        history=told.history,
        decisions=tuple(
            Decision(row.line.number, row.reason, row.place, row.ghost, row.ready)
            for row in told.rows
        ),
    )


def pasts_of(entry: Entry, told: Told) -> Iterator[Past]:
    """What was granted, as the next decision on the user will look back on it."""
    for row in told.rows:
        if row.reason == SELECTED or row.ghost:
            candidate = row.line.candidate
            action = candidate.entry.action
            yield Past(
                by=entry.user,
                decision_id=decision_id(entry.cycle_id, candidate, entry.user),
                decided=entry.now,
                policy=candidate.policy.key,
                action=action.key,
                channel=action.channels[max(row.place, 0)],
                ghost=row.ghost,
                at=row.ready,
                terms=None if action.offer is None else action.offer.terms,
                offer_from=row.line.offer_from,
                offer_until=row.line.offer_until,
            )
