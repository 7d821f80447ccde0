"""Decisions on single users that the engine of the cycles made once more: how many, and which of
them came out otherwise. There should be none; each is an entry of the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control.audit import Act, append
from control.parity_tables import parity
from control.people import Person
from control.store import Store, insert, utc

SHADOW = Person(email="shadow@pilothouse", name="Shadow decisions", roles=frozenset())


class Difference(NamedTuple):
    """A decision that the engine would have made otherwise."""

    decision_id: str
    note: str
    """What differs, without a word about the user."""


class Parity(NamedTuple):
    """What all checks so far came to."""

    checked: int
    differing: int
    last_at: datetime | None
    last_difference: str | None
    """A decision_id."""


def note(store: Store, checked: int, found: Sequence[Difference], *, now: datetime) -> None:
    """Count decisions that were made once more, and enter those that differ into the audit log."""
    day = now.date().isoformat()
    last = found[-1].decision_id if found else None
    row = {"day": day, "checked": checked, "differing": len(found)}
    row |= {"last_at": utc(now), "last_difference": last}
    with store.write() as connection:
        today = insert(connection, parity)
        more = {
            "checked": parity.c.checked + today.excluded.checked,
            "differing": parity.c.differing + today.excluded.differing,
            "last_at": today.excluded.last_at,
            "last_difference": sa.func.coalesce(
                today.excluded.last_difference, parity.c.last_difference
            ),
        }
        connection.execute(today.on_conflict_do_update(index_elements=["day"], set_=more), row)
        for one in found:
            act = Act(now, SHADOW.email, "decision_differs", one.decision_id, note=one.note)
            append(connection, act)


def counted(store: Store) -> Parity:
    """What all checks so far came to."""
    sums = sa.select(
        sa.func.coalesce(sa.func.sum(parity.c.checked), 0),
        sa.func.coalesce(sa.func.sum(parity.c.differing), 0),
        sa.func.max(parity.c.last_at),
    )
    differing = sa.select(parity.c.last_difference).where(parity.c.last_difference.is_not(None))
    newest = differing.order_by(parity.c.day.desc()).limit(1)
    with store.read() as connection:
        checked, differ, last_at = connection.execute(sums).one()
        last = connection.execute(newest).scalar()
    return Parity(int(checked), int(differ), last_at, last)
