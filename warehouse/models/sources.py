"""What models stand on: the tables that they may read, and who the users are.

The canonical tables by default. Over a team's own warehouse its catalog says which
of its tables may be read, which lists the users, and when each row happened.
"""

from __future__ import annotations

import json
from typing import NamedTuple

import sqlglot
from sqlglot import exp

from warehouse.catalog import Catalog
from warehouse.views import OWN_TABLES

USER = "user_id"
"""What every trait calls the key of the users, whatever their table calls it."""
MESSAGES = "fct_messages"
"""The one table that Pilothouse writes itself and models may read."""


class Times(NamedTuple):
    """When the rows of a table happened."""

    table: str
    happened: str
    arrived: str | None = None
    """None: as soon as they happened."""


class Sources(NamedTuple):
    """The ground of a set of models."""

    tables: frozenset[str]
    """What a model may read, besides other models."""
    users: str
    """The table with a row for every user."""
    key: str
    """Its column that every trait gives as ``user_id``."""
    canonical: str
    """SQL over it: true for the users who count."""
    times: tuple[Times, ...] = ()
    """Of the tables that are not canonical, those whose rows have a time."""


CANONICAL = Sources(
    frozenset(
        {
            "dim_users",
            "fct_events",
            "fct_subscriptions",
            "fct_support",
            MESSAGES,
            "fct_consent",
            "fct_spend",
            "dim_releases",
            "dim_campaigns",
            "external_signals",
        }
    ),
    users="dim_users",
    key=USER,
    canonical="merged_into IS NULL",
)
"""The tables that Pilothouse fills from what it collects and imports."""


def sources_of(catalog: Catalog) -> Sources:
    """The ground over a team's own tables: those that its catalog lists."""
    layout = catalog.layout
    tables = {*catalog.tables} - OWN_TABLES | {MESSAGES} & {*catalog.tables}
    times = {
        name: Times(name, table.time_column)
        for name, table in catalog.tables.items()
        if table.time_column
    }
    if layout.users.signup:
        times[layout.users.table] = Times(layout.users.table, layout.users.signup)
    times[layout.consent.table] = Times(layout.consent.table, layout.consent.effective_at)
    events = layout.events
    times[events.table] = Times(events.table, events.time, events.received)
    return Sources(
        frozenset(tables),
        layout.users.table,
        layout.users.key,
        layout.users.canonical,
        tuple(times[name] for name in sorted(times.keys() & tables - CANONICAL.tables)),
    )


def users_query(sources: Sources) -> exp.Select:
    """``user_id`` of every user who counts, as text; each once, whatever a team's table holds."""
    counts = sqlglot.parse_one(sources.canonical, dialect="duckdb")
    users = exp.select().from_(exp.to_table(sources.users)).where(counts)
    if sources == CANONICAL:
        return users.select(USER, copy=False)
    key = exp.cast(exp.column(sources.key), "text").as_(USER)
    return users.select(key, copy=False).distinct(copy=False)


def to_text(sources: Sources) -> str:
    """As it is kept beside the models that were built on it."""
    return json.dumps([sorted(sources.tables), *sources[1:]])


def from_text(text: str) -> Sources:
    """What ``to_text`` wrote."""
    tables, users, key, canonical, times = json.loads(text)
    return Sources(frozenset(tables), users, key, canonical, tuple(Times(*one) for one in times))
