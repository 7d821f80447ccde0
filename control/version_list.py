"""The library of rules, a page at a time: what is in force or paused, found by name, state, kind
and owner without reading what the rules say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import sqlalchemy as sa

from control.canary_tables import canaries
from control.store import Store
from control.tables import change_requests, versions

RULE_KINDS = ("decision_policy", "eligibility_rule")
Standing = Literal["live", "canary", "paused"]


class Wanted(NamedTuple):
    """Which rules are asked for; what is empty is not asked."""

    words: str = ""
    """A part of the name or of the key, in any case."""
    standing: Standing | None = None
    """``live`` leaves out canaries: they are live for some only."""
    kind: str | None = None
    owner: str | None = None


class Listed(NamedTuple):
    """A rule in force or paused, without what it says."""

    key: str
    name: str
    kind: str
    version: int
    state: str
    published_at: datetime
    owner: str
    """Who asked for the version; who published it where nobody did, as with a rollback."""


_NAME = versions.c.content["name"].as_string()
_OWNER = sa.func.coalesce(change_requests.c.author, versions.c.published_by)
_CURRENT = sa.and_(versions.c.state != "superseded", versions.c.kind.in_(RULE_KINDS))
_REQUESTED = versions.join(
    change_requests, change_requests.c.id == versions.c.change_request_id, isouter=True
)
_ON_TRIAL = versions.c.key.in_(sa.select(canaries.c.key).where(canaries.c.state == "running"))


def count(store: Store, wanted: Wanted) -> int:
    """How many rules are asked for."""
    query = sa.select(sa.func.count()).select_from(_REQUESTED).where(*_asked(wanted))
    with store.read() as connection:
        return connection.execute(query).scalar_one()


def page(store: Store, wanted: Wanted, *, first: int, many: int) -> list[Listed]:
    """So many of them by name, from the ``first`` on, counted from 0."""
    columns = [versions.c[name] for name in ("kind", "version", "state", "published_at")]
    query = (
        sa.select(versions.c.key, _NAME.label("name"), *columns, _OWNER.label("owner"))
        .select_from(_REQUESTED)
        .where(*_asked(wanted))
        .order_by(sa.func.lower(_NAME), versions.c.key)
        .offset(first)
        .limit(many)
    )
    with store.read() as connection:
        return [Listed(**row._mapping) for row in connection.execute(query)]


def owners(store: Store) -> Sequence[str]:
    """Everybody who owns a rule in force or paused, in order."""
    query = sa.select(_OWNER.label("owner")).distinct().select_from(_REQUESTED).where(_CURRENT)
    with store.read() as connection:
        return sorted(connection.execute(query).scalars())


def stamp(store: Store) -> int:
    """A number that differs once another version is in force, or is not any more."""
    query = sa.select(versions.c.key, versions.c.version, versions.c.state)
    query = query.where(versions.c.state != "superseded").order_by(versions.c.key)
    with store.read() as connection:
        return hash(tuple(tuple(row) for row in connection.execute(query)))


def _asked(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [_CURRENT]
    if wanted.words.strip():
        words = wanted.words.strip()
        named = (column.icontains(words, autoescape=True) for column in (_NAME, versions.c.key))
        conditions.append(sa.or_(*named))
    if wanted.kind:
        conditions.append(versions.c.kind == wanted.kind)
    if wanted.owner:
        conditions.append(_OWNER.in_((wanted.owner,)))
    match wanted.standing:
        case "paused":
            conditions.append(versions.c.state == "paused")
        case "canary":
            conditions.append(_ON_TRIAL)
        case "live":
            conditions += [versions.c.state == "live", sa.not_(_ON_TRIAL)]
    return conditions
