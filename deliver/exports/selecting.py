"""Who of an audience may be told to a paid channel, and as which hashes: all in the engine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
from sqlglot import exp, parse_one

from core.advertising import Advertising
from core.assignment import share_end
from core.rules import Holdout
from deliver.exports.vendors import Column, Vendor
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DIALECT
from warehouse.people import name_people

EXPORTED = "exported"
"""The table of this connection that a file is written from."""
NOTHING_TO_MATCH = "UNREACHABLE"
_SQL = Path(__file__).parent / "sql"
_CONSENT = Path(__file__).parents[1] / "sql" / "consent.sql"


class Asked(NamedTuple):
    """Whose export, and who must not be in it."""

    audience: str
    """A query for ``user_id``."""
    advertising: Advertising
    global_holdout: Holdout | None
    policy_holdout: Holdout | None


class Selected(NamedTuple):
    """What came of it, in users; several with the same identifiers are one row."""

    audience: int
    exported: int
    rows: int
    left_out: dict[str, int]
    """Reason code → users."""


def select(
    cursor: duckdb.DuckDBPyConnection,
    asked: Asked,
    vendor: Vendor,
    columns: tuple[Column, ...],
    catalog: Catalog,
    *,
    now: datetime,
) -> Selected:
    """Make the table ``exported`` on this connection: the vendor's columns, each row once.

    Consent is the latest word by ``now`` (naive UTC).
    """
    make_temporary(cursor, "candidates", parse_one(asked.audience, dialect=DIALECT))
    _judge(cursor, asked, catalog, now)
    make_temporary(cursor, "contacts", _contacts(asked.advertising, catalog))
    cursor.execute(_sql("reading"))
    make_temporary(cursor, "hashed", parse_one(_sql(vendor.name), dialect=DIALECT))
    names = [exp.column(one.name, quoted=True) for one in columns]
    rows = exp.select(*names).distinct().from_("hashed").where("matchable")
    make_temporary(cursor, EXPORTED, rows)
    return _counted(cursor)


def _judge(
    cursor: duckdb.DuckDBPyConnection, asked: Asked, catalog: Catalog, now: datetime
) -> None:
    consent = asked.advertising
    given = {"channel": consent.consent_channel, "purpose": consent.consent_purpose}
    cursor.execute(_sql("asked"), given)
    name_people(cursor, catalog)
    said = parse_one(_CONSENT.read_text(encoding="utf-8"), dialect=DIALECT)
    make_temporary(cursor, "said", said, {"now": now})
    held = _held("global", asked.global_holdout) | _held("policy", asked.policy_holdout)
    cursor.execute(_sql("judged"), held)


def _held(whose: str, holdout: Holdout | None) -> dict[str, str | None]:
    end = share_end(holdout.share) if holdout else None
    return {f"{whose}_salt": holdout.salt if holdout else None, f"{whose}_end": end}


def _contacts(advertising: Advertising, catalog: Catalog) -> exp.Query:
    """One row a user who may be told of, with what is known of them under fixed names."""
    users = catalog.layout.users
    known: Mapping[str, str] = {str(name): own for name, own in advertising.columns.items()}
    columns = [
        exp.alias_(
            exp.cast(exp.column(known[name], "u") if name in known else exp.null(), "text"), name
        )
        for name in ("email", "phone", "first_name", "last_name", "country", "zip", "city", "state")
    ]
    return (
        exp.select(*columns)
        .from_(exp.to_table(users.table).as_("u"))
        .join("judged AS j", on=exp.column("user_id", "j").eq(exp.column(users.key, "u")))
        .where("j.reason IS NULL")
    )


def _counted(cursor: duckdb.DuckDBPyConnection) -> Selected:
    found = cursor.execute(_sql("counted")).fetchall()
    left_out = {reason: users for reason, users in found if reason and users}
    audience = sum(users for _, users in found)
    ((unmatched,),) = cursor.execute(_sql("unmatched")).fetchall()
    ((rows,),) = cursor.execute(_sql("rows")).fetchall()
    exported = audience - sum(left_out.values()) - unmatched
    left_out |= {NOTHING_TO_MATCH: unmatched} if unmatched else {}
    return Selected(audience, exported, rows, dict(sorted(left_out.items())))


def make_temporary(
    cursor: duckdb.DuckDBPyConnection,
    table: str,
    query: exp.Expr,
    given: dict[str, object] | None = None,
) -> None:
    """Make a table of this connection from a query of our own."""
    made = exp.Create(
        this=exp.to_table(table),
        kind="TABLE",
        replace=True,
        expression=query,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
    )
    cursor.execute(made.sql(DIALECT), given)


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
