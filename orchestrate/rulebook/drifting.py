"""Rules whose data drifts are paused, where the settings ask for it; a person resumes them."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from control import audit, journeys
from control.drift_tables import drift_pauses
from control.store import Store, utc
from core.errors import Code, PilothouseError
from orchestrate.rulebook.writing import deed, require_current, set_state

WATCH = "drift-watch"
"""Who pauses, in the audit log: nobody signs in as it."""
LEAVES_ALONE = timedelta(days=7)
"""Whoever resumes a rule has looked: for so long it is not paused again for the same subject."""


def pause_drifted(store: Store, key: str, *, subject: str, why: str, now: datetime) -> bool:
    """Pause what is live under a key because ``subject``, which it reads, drifts.

    False when nothing is live under it, or when it was paused for the same lately.
    """
    with store.write() as connection:
        if _paused_lately(connection, key, subject, now):
            return False
        try:
            before = require_current(connection, key)
        except PilothouseError as error:
            if error.refusal.code is Code.UNKNOWN_KEY:
                return False
            raise
        if before.state != "live":
            return False
        set_state(connection, before, "paused")
        if before.kind == "journey":
            journeys.mark_paused(connection, key, utc(now))
        row = {"key": key, "subject": subject, "at": utc(now), "version": before.version}
        connection.execute(drift_pauses.insert().values(row))
        told = deed(now, WATCH, "pause", before, before._replace(state="paused"))
        audit.append(connection, told._replace(note=why))
        return True


def _paused_lately(connection: sa.Connection, key: str, subject: str, now: datetime) -> bool:
    lately = sa.select(sa.func.count()).where(
        drift_pauses.c.key == key,
        drift_pauses.c.subject == subject,
        drift_pauses.c.at > utc(now - LEAVES_ALONE),
    )
    return bool(connection.execute(lately).scalar_one())
