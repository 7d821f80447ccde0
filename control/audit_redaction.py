"""Takes texts out of the audit log and keeps its chain: a later entry vouches for what was changed.

Hashes and links stay as they were written, so what was exported or noted before still fits.
Guards must be lifted by the caller, in whose transaction all of it happens.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control.audit import Act, append
from control.audit_check import REDACTED
from control.audit_entries import AuditEntry, Texts, digest_as_it_reads, redaction_hash
from control.audit_rows import split, with_texts
from control.audit_tables import audit_redactions, audit_texts
from control.tables import audit
from core.identifiers import Traces

LISTED = 50
"""So many entries are named in the note of one redaction."""


class _Changed(NamedTuple):
    """One entry and its texts as they read from here on."""

    entry: AuditEntry
    texts: Texts | None


def redact(connection: sa.Connection, traces: Traces, who: str, now: datetime) -> int:
    """Put a word in the place of one person's identifiers; gives how many entries changed."""
    rows = connection.execute(with_texts().order_by(audit.c.seq))
    changed = [_without(*split(row), traces) for row in rows if _named(*split(row), traces)]
    if changed:
        _write(connection, changed)
        _vouch(connection, changed, who, now)
    return len(changed)


def _named(entry: AuditEntry, texts: Texts | None, traces: Traces) -> bool:
    apart = (texts.subject or "", texts.note or "") if texts else ()
    return traces.are_in("\n".join((entry.subject, entry.note, *apart)))


def _without(entry: AuditEntry, texts: Texts | None, traces: Traces) -> _Changed:
    cleaned = entry._replace(
        subject=traces.removed_from(entry.subject), note=traces.removed_from(entry.note)
    )
    if texts is None:
        return _Changed(cleaned, None)
    subject, note = (
        None if text is None else traces.removed_from(text) for text in (texts.subject, texts.note)
    )
    return _Changed(cleaned, texts._replace(subject=subject, note=note))


def _write(connection: sa.Connection, changed: list[_Changed]) -> None:
    for entry, texts in changed:
        values = {"subject": entry.subject, "note": entry.note}
        connection.execute(audit.update().where(audit.c.seq == entry.seq).values(values))
        if texts is not None:
            # Whoever kept the salt could try out which text the entry commits to.
            this = audit_texts.c.seq == entry.seq
            values = texts._replace(salt="")._asdict()
            connection.execute(audit_texts.update().where(this).values(values))


def _vouch(connection: sa.Connection, changed: list[_Changed], who: str, now: datetime) -> None:
    digests = [
        (entry.seq, digest_as_it_reads(entry, texts._replace(salt="") if texts else None))
        for entry, texts in changed
    ]
    listed = ", ".join(str(seq) for seq, _ in digests[:LISTED])
    more = f" and {len(digests) - LISTED:,} more" if len(digests) > LISTED else ""
    note = f"Entries {listed}{more} named somebody who was forgotten."
    act = Act(now, who, REDACTED, "audit", after_hash=redaction_hash(digests), note=note)
    said = append(connection, act)
    rows = [{"by_seq": said.seq, "seq": seq, "digest": digest} for seq, digest in digests]
    connection.execute(audit_redactions.insert(), rows)
