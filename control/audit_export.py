"""The audit log as lines of JSON that anybody can check without Pilothouse: ``docs/audit.md``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

import sqlalchemy as sa

from control.audit_check import PAGE
from control.audit_entries import AuditEntry, Texts
from control.audit_rows import split, with_texts
from control.audit_tables import audit_redactions
from control.store import Store, utc
from control.tables import audit


def lines(
    store: Store,
    *,
    since: datetime | None = None,
    through: int | None = None,
    texts: bool = True,
    only: Iterable[sa.ColumnElement[bool]] = (),
) -> Iterator[str]:
    """Entries as they are stored, oldest first, one a line.

    With ``texts`` what is kept apart stands beside each; ``through`` is the last number; ``only``
    those for which all of this holds.
    """
    query = with_texts().where(*only).order_by(audit.c.seq).limit(PAGE)
    if since is not None:
        query = query.where(audit.c.at >= utc(since))
    if through is not None:
        query = query.where(audit.c.seq <= through)
    with store.read() as connection:
        redacted = _redactions(connection)
        page = connection.execute(query).all()
        while page:
            for row in page:
                entry, apart = split(row)
                yield _line(entry, apart if texts else None, redacted.get(entry.seq))
            page = connection.execute(query.where(audit.c.seq > page[-1][0])).all()


def _redactions(connection: sa.Connection) -> dict[int, list[tuple[int, str]]]:
    found: dict[int, list[tuple[int, str]]] = {}
    for row in connection.execute(sa.select(audit_redactions).order_by("by_seq", "seq")):
        found.setdefault(row.by_seq, []).append((row.seq, row.digest))
    return found


def _line(entry: AuditEntry, texts: Texts | None, says: list[tuple[int, str]] | None) -> str:
    document: dict[str, object] = entry._asdict() | {"at": entry.at.isoformat()}
    if texts is not None:
        document["texts"] = texts._asdict()
    if says is not None:
        document["redacts"] = says
    return json.dumps(document, ensure_ascii=False)
