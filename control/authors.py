"""Whose work a change request is: everybody who wrote on what it says, whoever sent it.

Passing a draft on, or letting somebody else propose it, makes nobody else of its author.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from control.review_terms_tables import request_authors
from control.tables import change_requests, runs, threads
from core.lifecycle import State
from core.same_person import identity_of

_WENT_LIVE = (State.LIVE.value, State.SUPERSEDED.value)


def keep(
    connection: sa.Connection, request: Mapping[str, Any], continues: str | None = None
) -> None:
    """Write down whose work a row of change_requests is, in the transaction that stores it.

    ``continues``: the request that it takes the place of, whose authors are authors of this one.
    """
    found = {str(request["author"]), *_of_thread(connection, request["thread_id"])}
    folded = {identity_of(one) for one in found}
    for earlier in (*_same_content(connection, request), *([continues] if continues else [])):
        folded.update(of(connection, earlier))
    rows = [{"change_request_id": request["id"], "author": one} for one in sorted(folded)]
    connection.execute(request_authors.insert(), rows)


def of(connection: sa.Connection, request_id: str) -> tuple[str, ...]:
    """The authors of a request, each as ``identity_of`` folds an address, in order."""
    this = sa.select(change_requests).where(change_requests.c.id == request_id)
    rows = connection.execute(this).mappings()
    return of_all(connection, [dict(row) for row in rows]).get(request_id, ())


def of_all(
    connection: sa.Connection, requests: Sequence[Mapping[str, Any]]
) -> dict[str, tuple[str, ...]]:
    """The authors of rows of change_requests, by id."""
    # Of what was stored before authors were kept, whoever sent it is the one that is known.
    found = {row["id"]: {identity_of(row["author"])} for row in requests}
    kept = sa.select(request_authors).where(request_authors.c.change_request_id.in_(found))
    for request_id, author in connection.execute(kept):
        found[request_id].add(author)
    return {request_id: tuple(sorted(each)) for request_id, each in found.items()}


def _of_thread(connection: sa.Connection, run_id: str | None) -> Iterator[str]:
    """Everybody who asked in the conversation that a draft came from."""
    asked = runs.alias("asked")
    thread = sa.select(asked.c.thread_id).where(asked.c.id == run_id).scalar_subquery()
    yield from connection.execute(
        sa.select(runs.c.person).where(runs.c.thread_id == thread)
    ).scalars()
    yield from connection.execute(
        sa.select(threads.c.owner).where(threads.c.id == thread)
    ).scalars()


def _same_content(connection: sa.Connection, request: Mapping[str, Any]) -> Iterator[str]:
    """Earlier requests for just this, unless it went live: then others approved it as it is."""
    query = sa.select(change_requests.c.id).where(
        change_requests.c.target_key == request["target_key"],
        change_requests.c.content_hash == request["content_hash"],
        change_requests.c.id != request["id"],
        change_requests.c.state.not_in(_WENT_LIVE),
    )
    yield from connection.execute(query).scalars().all()
