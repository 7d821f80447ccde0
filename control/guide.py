"""How far people are on the guided path: read off what they did, and two marks of what they saw."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal, NamedTuple

import sqlalchemy as sa

from control.guide_tables import guide_marks
from control.sign_offs_tables import sign_offs
from control.store import Store, insert, utc
from control.tables import change_requests, reviews, runs, versions
from core.data_changes import DATA_KINDS

Mark = Literal["read", "looked", "put_away"]
"""``read``: an answer with who is in; ``looked``: one user's decisions."""

DRAFTS = ("eligibility_rule", "decision_policy")
"""The kinds of artifacts that can be sent for approval from an answer."""


class Way(NamedTuple):
    """What was done so far in a workspace, by anybody."""

    asked: str | None
    """The run of the newest draft; None: nobody asked for one."""
    read: bool
    sent: str | None
    """The newest change request that waits, else the newest of all; None: nothing was sent."""
    decided: bool
    looked: bool
    diagnosed: bool


def note(store: Store, person: str, mark: Mark, *, now: datetime) -> None:
    """Remember something of a person, once and for good."""
    row = {"person": person, "mark": mark, "at": utc(now)}
    with store.write() as connection:
        connection.execute(insert(connection, guide_marks).on_conflict_do_nothing().values(row))


def bring_back(store: Store, person: str) -> None:
    """Show the path again to somebody who had put it away."""
    this = guide_marks.c.person == person, guide_marks.c.mark == "put_away"
    with store.write() as connection:
        connection.execute(guide_marks.delete().where(*this))


def marks(store: Store, person: str) -> frozenset[str]:
    """What is remembered of one person."""
    query = sa.select(guide_marks.c.mark).where(guide_marks.c.person == person)
    with store.read() as connection:
        return frozenset(connection.execute(query).scalars())


def way(store: Store, *, but: Collection[str]) -> Way:
    """How far people came; ``but`` are those who act and are no people."""
    intent = runs.c.result["intent"].as_string()
    kind = runs.c.result["artifact"]["kind"].as_string()
    newest = runs.c.created_at.desc(), runs.c.id.desc()
    done = runs.c.state.in_(("finished", "waiting")), runs.c.person.not_in([*but])
    draft = sa.select(runs.c.id).where(*done, kind.in_(DRAFTS))
    debug = sa.select(runs.c.id).where(*done, intent == "debug", kind == "debug_report")
    asked = change_requests.c.author.not_in([*but])
    waits = sa.case((change_requests.c.state == "in_review", 0), else_=1)
    sent = sa.select(change_requests.c.id).where(asked, change_requests.c.state != "draft")
    sent = sent.order_by(waits, change_requests.c.created_at.desc())
    given = sa.union_all(sa.select(reviews.c.by), sa.select(sign_offs.c.by)).limit(1)
    seen = sa.select(guide_marks.c.mark).distinct()
    with store.read() as connection:
        found = frozenset(connection.execute(seen).scalars())
        return Way(
            connection.execute(draft.order_by(*newest).limit(1)).scalar(),
            "read" in found,
            connection.execute(sent.limit(1)).scalar(),
            connection.execute(given).first() is not None,
            "looked" in found,
            connection.execute(debug.limit(1)).first() is not None,
        )


def first_rule_at(store: Store) -> datetime | None:
    """When the first rule, policy or journey went live; None: none ever did."""
    query = sa.select(sa.func.min(versions.c.published_at))
    with store.read() as connection:
        return connection.execute(query.where(versions.c.kind.not_in([*DATA_KINDS]))).scalar()
