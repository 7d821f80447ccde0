"""Whether anything that sends was ever approved: from then on, what it stands on is kept."""

from __future__ import annotations

import sqlalchemy as sa

from control.store import Store
from control.tables import change_requests, versions
from core.data_changes import DATA_KINDS
from core.jumps import JUMP
from core.lifecycle import State

_OTHER = sorted({*DATA_KINDS, JUMP})
_DECIDED = sorted(one.value for one in (State.APPROVED, State.SCHEDULED))


def anything_approved(store: Store) -> bool:
    """Whether a rule, policy or journey is live, was, or waits to go live with its approval."""
    published = sa.exists().where(versions.c.kind.not_in(_OTHER))
    waiting = sa.exists().where(
        change_requests.c.kind.not_in(_OTHER), change_requests.c.state.in_(_DECIDED)
    )
    with store.read() as connection:
        return bool(connection.execute(sa.select(sa.or_(published, waiting))).scalar())
