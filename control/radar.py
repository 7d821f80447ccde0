"""What the radar proposed: each renamed event with the change request it went into."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control.radar_tables import radar_proposals
from control.store import Store, utc


class Proposed(NamedTuple):
    """One renamed event as it was proposed. ``proposed_at`` is naive UTC."""

    sent_name: str
    event_name: str
    change_request_id: str
    events: int
    """How many had been sent under the other name by then."""
    proposed_at: datetime


def keep(store: Store, proposed: Iterable[Proposed]) -> None:
    """Keep what was proposed; the same in the same change request again replaces it."""
    rows = [one._replace(proposed_at=utc(one.proposed_at))._asdict() for one in proposed]
    if not rows:
        return
    key = ("sent_name", "event_name", "change_request_id")
    same = sa.and_(*(radar_proposals.c[name] == sa.bindparam(f"this_{name}") for name in key))
    with store.write() as connection:
        these = [{f"this_{name}": row[name] for name in key} for row in rows]
        connection.execute(radar_proposals.delete().where(same), these)
        connection.execute(radar_proposals.insert(), rows)


def latest(store: Store) -> dict[tuple[str, str], Proposed]:
    """(sent name, event) → how it was proposed last."""
    query = sa.select(*(radar_proposals.c[name] for name in Proposed._fields))
    with store.read() as connection:
        rows = connection.execute(query.order_by(radar_proposals.c.proposed_at))
        found = [Proposed(*row) for row in rows]
    return {(one.sent_name, one.event_name): one for one in found}
