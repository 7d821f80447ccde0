"""Old entries of the audit log leave the store: written out, and one entry vouches for them.

Never silently: what is folded lies in a file first, and the entry that says so holds the hash of
that file and of the last entry in it, from which the chain goes on.
"""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from control.audit import Act, append
from control.audit_check import FOLDED, check
from control.audit_export import lines
from control.audit_tables import audit_texts
from control.guards import GUARDS, statements
from control.store import Store, utc
from control.tables import audit
from core.errors import Code, refuse


class Folded(NamedTuple):
    """Entries that are in a file from here on."""

    first: int
    last: int
    file: str
    sha256: str


def fold(store: Store, folder: Path, *, before: datetime, who: str, now: datetime) -> Folded | None:
    """Move the entries before a moment into a file of a folder, without texts kept apart; None
    when there are none. Refuses with AUDIT_FAILED while the log does not hold."""
    with store.read() as connection:
        old = sa.select(sa.func.min(audit.c.seq), sa.func.max(audit.c.seq))
        first, last = connection.execute(old.where(audit.c.at < utc(before))).one()
    if last is None:
        return None
    if broken := check(store).breaks:
        raise refuse(
            Code.AUDIT_FAILED,
            f"The audit log does not hold, so nothing of it is folded: {broken[0].why}",
            fix="'pilothouse audit verify' shows every place.",
        )
    file = folder / f"entries-{first}-{last}.ndjson"
    digest = _write(store, file, last)
    with store.write() as connection:
        of_last = connection.execute(sa.select(audit.c.hash).where(audit.c.seq == last)).scalar()
        act = Act(now, who, FOLDED, f"{first}-{last}", of_last, digest, note=file.name)
        append(connection, act)
        _remove(connection, last)
    return Folded(first, last, str(file), digest)


def _write(store: Store, file: Path, last: int) -> str:
    """The entries on disk, for good, before they leave the store."""
    file.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    file.touch(mode=0o600)
    with file.open("wb") as opened:
        for line in lines(store, through=last, texts=False):
            content = f"{line}\n".encode()
            digest.update(content)
            opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    return digest.hexdigest()


def _remove(connection: sa.Connection, last: int) -> None:
    dialect = connection.dialect.name
    ours = [one for one in GUARDS if one.table in ("audit", "audit_texts")]
    for guard in ours:
        where = f" ON {guard.table}" if dialect == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {guard.name}{where}")
    connection.execute(audit_texts.delete().where(audit_texts.c.seq <= last))
    connection.execute(audit.delete().where(audit.c.seq <= last))
    for statement in statements(dialect):
        connection.exec_driver_sql(statement)
