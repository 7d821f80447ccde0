"""The inbox, a page at a time: change requests found by state, risk, kind, author and words, so
that only those that are drawn are read whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from control import requests
from control.requests import ChangeRequest
from control.review_terms_tables import review_terms
from control.store import Store
from control.tables import change_requests
from core.approval_policies import Risk
from core.lifecycle import State


class Wanted(NamedTuple):
    """Which requests are asked for; what is empty is not asked."""

    waiting: bool = True
    """Those in review; else all others."""
    words: str = ""
    """A part of the name, of the key or of the id, in any case."""
    risk: Risk | None = None
    kind: str | None = None
    author: str | None = None


_OPEN = (
    State.DRAFT, State.IN_REVIEW, State.CHANGES_REQUESTED, State.APPROVED, State.SCHEDULED,
)  # fmt: skip
_TERMS = review_terms.c.change_request_id == change_requests.c.id
_FROM = change_requests.join(review_terms, _TERMS, isouter=True)


def count(store: Store, wanted: Wanted | None = None) -> int:
    """How many requests are asked for; those in review by default."""
    query = sa.select(sa.func.count()).select_from(_FROM).where(*_asked(wanted or Wanted()))
    with store.read() as connection:
        return connection.execute(query).scalar_one()


def page(store: Store, wanted: Wanted, *, first: int, many: int) -> list[ChangeRequest]:
    """So many of them from the ``first`` on, counted from 0: what waits is told oldest first, what
    was decided newest first."""
    this = change_requests.c
    if wanted.waiting:
        order = (this.created_at.asc(), sa.func.length(this.id).asc(), this.id.asc())
    else:
        order = (this.updated_at.desc(), sa.func.length(this.id).desc(), this.id.desc())
    query = sa.select(this.id).select_from(_FROM).where(*_asked(wanted)).order_by(*order)
    with store.read() as connection:
        ids = [*connection.execute(query.offset(first).limit(many)).scalars()]
        found = {one.id: one for one in requests.select(connection, this.id.in_(ids))}
    return [found[one] for one in ids]


def on_their_way(store: Store, key: str, *, many: int) -> list[ChangeRequest]:
    """So many at most of the changes of one rule that may still go live, newest first."""
    this = change_requests.c
    query = (
        sa.select(this.id)
        .where(this.target_key == key, this.state.in_(_OPEN))
        .order_by(this.created_at.desc(), this.id.desc())
    )
    with store.read() as connection:
        ids = [*connection.execute(query.limit(many)).scalars()]
        return requests.select(connection, this.id.in_(ids))


def kinds(store: Store) -> Sequence[str]:
    """Every kind of change that was ever asked for, in order."""
    return _distinct(store, change_requests.c.kind)


def authors(store: Store) -> Sequence[str]:
    """Everybody who ever asked for a change, in order."""
    return _distinct(store, change_requests.c.author)


def _distinct(store: Store, column: sa.Column[str]) -> list[str]:
    with store.read() as connection:
        return sorted(connection.execute(sa.select(column).distinct()).scalars())


def _asked(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    this = change_requests.c
    in_review = this.state == State.IN_REVIEW.value
    conditions = [in_review if wanted.waiting else sa.not_(in_review)]
    if wanted.words.strip():
        words = wanted.words.strip()
        named = (
            this[name].icontains(words, autoescape=True) for name in ("name", "target_key", "id")
        )
        conditions.append(sa.or_(*named))
    if wanted.kind:
        conditions.append(this.kind == wanted.kind)
    if wanted.author:
        conditions.append(this.author == wanted.author)
    if wanted.risk:
        # What no policy covered has no terms: it is never hidden, whatever its risk.
        conditions.append(sa.or_(review_terms.c.risk == wanted.risk, review_terms.c.risk.is_(None)))
    return conditions
