"""Takes one person's identifiers out of the control store, its history included.

Rows about the person go. Rows about anything else stay, with a word where an
identifier stood. That changes content that was approved, which nobody else may:
its hashes are made anew. The chain of the audit log stays as it is: an entry of it
vouches for the texts that were changed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from control import audit_redaction
from control.guards import GUARDS, statements
from control.hashing import content_hash
from control.review_terms_tables import review_terms
from control.sign_offs_tables import sign_offs
from control.store import Store
from control.tables import change_requests, metadata, reviews, run_steps, runs, versions
from core.identifiers import FORGOTTEN, Traces

MEMBERS = frozenset({"people", "roles", "identities", "sights", "departures"})
"""Who works here is not whom messages go to."""
_ACTORS = frozenset(
    {"who", "by", "signer", "author", "owner", "person", "published_by", "requested_by"}
)
_OWN = frozenset({"forget_log", "tombstones", "tombstone_salt"})
_LOG = frozenset({"audit", "audit_texts", "audit_redactions", "audit_head"})
_HASHES = {"content": "content_hash", "effect": "effect_hash", "dependencies": "dependency_hash"}


def remove(store: Store, traces: Traces, *, who: str, now: datetime) -> dict[str, int]:
    """Remove a person in one transaction; gives rows changed or gone, by table.

    Rows are theirs by a column ``user_id``; runs of the agent are theirs when prompt or
    answer names them.
    """
    counts: Counter[str] = Counter()
    with store.write() as connection:
        _lift_guards(connection)
        for table in reversed(metadata.sorted_tables):
            if "user_id" in table.c:
                counts[table.name] += _delete_theirs(connection, table, traces)
        counts.update(_delete_runs(connection, traces))
        for table in metadata.sorted_tables:
            if table.name not in MEMBERS | _OWN | _LOG:
                counts[table.name] += _redact(connection, table, traces)
        counts["audit"] += audit_redaction.redact(connection, traces, who, now)
        for statement in statements(connection.dialect.name):
            connection.exec_driver_sql(statement)
    return {table: count for table, count in sorted(counts.items()) if count}


def named_runs(store: Store, traces: Traces) -> list[str]:
    """The runs whose prompt or answer names the person."""
    with store.read() as connection:
        return list(_named_runs(connection, traces))


def _lift_guards(connection: sa.Connection) -> None:
    """For this transaction: it ends with every guard in its place, or never happened."""
    postgres = connection.dialect.name == "postgresql"
    for guard in GUARDS:
        where = f" ON {guard.table}" if postgres else ""
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {guard.name}{where}")


def _delete_theirs(connection: sa.Connection, table: sa.Table, traces: Traces) -> int:
    theirs = table.c.user_id.in_(traces.identifiers)
    for key in (key for other in metadata.tables.values() for key in other.foreign_keys):
        if key.column.table is table:
            ids = sa.select(key.column).where(theirs)
            connection.execute(key.parent.table.delete().where(key.parent.in_(ids)))
    return connection.execute(table.delete().where(theirs)).rowcount


def _named_runs(connection: sa.Connection, traces: Traces) -> Iterator[str]:
    query = sa.select(runs.c.id, runs.c.prompt, sa.cast(runs.c.result, sa.Text))
    for run_id, *texts in connection.execute(query):
        if any(text and traces.are_in(text) for text in texts):
            yield run_id


def _delete_runs(connection: sa.Connection, traces: Traces) -> dict[str, int]:
    ids = list(_named_runs(connection, traces))
    steps = connection.execute(run_steps.delete().where(run_steps.c.run_id.in_(ids))).rowcount
    gone = connection.execute(runs.delete().where(runs.c.id.in_(ids))).rowcount
    return {"run_steps": steps, "runs": gone}


# Rows that stay.


def _redact(connection: sa.Connection, table: sa.Table, traces: Traces) -> int:
    texts = [column for column in table.c if _holds_text(column)]
    keys = list(table.primary_key.columns)
    changed = 0
    for row in connection.execute(sa.select(table)).mappings().all():
        new = {
            column.name: _without(row[column.name], traces)
            for column in texts
            if traces.are_in(_as_text(row[column.name]))
        }
        if new:
            new |= _new_hashes(connection, table, dict(row), new)
            this = sa.and_(*(key == row[key.name] for key in keys))
            changed += connection.execute(table.update().where(this).values(new)).rowcount
    return changed


def _holds_text(column: sa.Column[Any]) -> bool:
    own = isinstance(column.type, sa.Text | sa.JSON) and not column.foreign_keys
    return own and column.name not in _ACTORS


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else "\n".join(_texts_in(value))


def _texts_in(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield json.dumps(value, ensure_ascii=False)
    elif isinstance(value, dict):
        for key, inside in value.items():
            yield from (*_texts_in(key), *_texts_in(inside))
    elif isinstance(value, list):
        for inside in value:
            yield from _texts_in(inside)


def _without(value: Any, traces: Traces) -> Any:
    if isinstance(value, str):
        return FORGOTTEN if value in traces.identifiers else traces.removed_from(value)
    if isinstance(value, dict):
        return {traces.removed_from(key): _without(one, traces) for key, one in value.items()}
    return [_without(one, traces) for one in value] if isinstance(value, list) else value


def _new_hashes(
    connection: sa.Connection, table: sa.Table, row: dict[str, Any], new: dict[str, Any]
) -> dict[str, Any]:
    """The hashes of changed content, for the row itself; whoever refers to them follows."""
    hashes = {}
    for name, hash_name in _HASHES.items():
        if name in new and hash_name in row and content_hash(row[name]) == row[hash_name]:
            hashes[hash_name] = content_hash(new[name])
            for other in (change_requests, reviews, versions, review_terms, sign_offs):
                if hash_name in other.c and other is not table:
                    same = other.c[hash_name] == row[hash_name]
                    values = {hash_name: hashes[hash_name]}
                    connection.execute(other.update().where(same).values(values))
    return hashes
