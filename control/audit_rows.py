"""How the audit log is read: entries together with the texts that are kept apart from them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from control.audit_entries import AuditEntry, Texts
from control.audit_tables import audit_texts
from control.tables import audit


def with_texts() -> sa.Select[Any]:
    """Every entry with the texts that are kept apart from it."""
    columns = (audit_texts.c.salt, audit_texts.c.subject, audit_texts.c.note)
    joined = audit.outerjoin(audit_texts, audit_texts.c.seq == audit.c.seq)
    return sa.select(*audit.c, *columns).select_from(joined)


def split(row: sa.Row[Any]) -> tuple[AuditEntry, Texts | None]:
    """A row of ``with_texts`` as entry and texts."""
    texts = Texts._make(row[-3:])
    return AuditEntry._make(row[:-3]), None if texts.salt is None else texts
