"""What the last looks for drift found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from control.drift_tables import drift_looks
from control.store import Store, utc

KEPT = 400
"""Looks that are kept: a good year of days."""


class Kept(NamedTuple):
    """A look as it was kept. Times are naive UTC."""

    as_of: datetime
    document: dict[str, Any]
    made_at: datetime


def keep(store: Store, as_of: datetime, document: Mapping[str, Any], *, now: datetime) -> None:
    """Keep a look; the same moment again replaces it, and the oldest ones go."""
    moment = utc(as_of)
    newest = sa.select(drift_looks.c.as_of).order_by(drift_looks.c.as_of.desc()).limit(KEPT)
    with store.write() as connection:
        connection.execute(drift_looks.delete().where(drift_looks.c.as_of == moment))
        row = {"as_of": moment, "document": dict(document), "made_at": utc(now)}
        connection.execute(drift_looks.insert().values(row))
        kept = [*connection.execute(newest).scalars()]
        connection.execute(drift_looks.delete().where(drift_looks.c.as_of < kept[-1]))


def latest(store: Store) -> Kept | None:
    """The look at the newest data; None before the first one."""
    columns = (drift_looks.c.as_of, drift_looks.c.document, drift_looks.c.made_at)
    query = sa.select(*columns).order_by(drift_looks.c.as_of.desc()).limit(1)
    with store.read() as connection:
        row = connection.execute(query).first()
    return None if row is None else Kept(*row)
