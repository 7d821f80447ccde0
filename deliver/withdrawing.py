"""Consent that ends because somebody told a provider no, written where consent is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
import sqlglot
from sqlglot import exp

from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DIALECT
from warehouse.layout import Consent
from warehouse.people import OWN_CONSENT, consent_to_write, name_people

_WITHDRAWN = Path(__file__).parent / "sql" / "withdrawn.sql"
_MORE_COLUMNS = frozenset({"observed_at", "source"})
"""Columns of consent that a warehouse may be without."""


class Withdrawal(NamedTuple):
    """Somebody said no on a channel. ``at`` is naive UTC."""

    user_id: str
    channel: str
    at: datetime
    source: str
    """Who told, for whoever asks why consent ended."""


def withdraw(
    cursor: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    said: Sequence[Withdrawal],
    *,
    now: datetime,
) -> None:
    """Withdraw the purpose of each channel from the moment of the no on; what is there stays once.

    A channel that needs no consent has none to withdraw.
    """
    purposes = {name: channel.consent_purpose for name, channel in catalog.channels.items()}
    needing = [one for one in said if purposes.get(one.channel)]
    if not needing:
        return
    into = consent_to_write(cursor, catalog)
    name_people(cursor, catalog)
    given = {
        "user_ids": [one.user_id for one in needing],
        "purposes": [purposes[one.channel] for one in needing],
        "channels": [one.channel for one in needing],
        "moments": [one.at for one in needing],
        "sources": [one.source for one in needing],
        "observed_at": now,
    }
    # Not every place of it has a column for when we learnt of it, and from whom.
    own = into is OWN_CONSENT
    columns = _MORE_COLUMNS if own else _MORE_COLUMNS & catalog.tables[into.table].columns.keys()
    cursor.execute(_into(into, sorted(columns)).sql(DIALECT), given)


def _into(consent: Consent, more: Sequence[str]) -> exp.Insert:
    """The rows of ``withdrawn.sql``, written where consent is recorded."""
    named = {"user_id": consent.user, "purpose": consent.purpose, "channel": consent.channel}
    named |= {"status": consent.status, "effective_at": consent.effective_at}
    named |= {name: name for name in more}
    rows = sqlglot.parse_one(_WITHDRAWN.read_text(encoding="utf-8"), dialect=DIALECT)
    assert isinstance(rows, exp.Query), "one of ours"
    chosen = exp.select(*(exp.column(name) for name in named)).from_(rows.subquery("words"))
    into = [exp.to_identifier(own) for own in named.values()]
    return exp.Insert(
        this=exp.Schema(this=exp.to_table(consent.table), expressions=into), expression=chosen
    )
