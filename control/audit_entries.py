"""What an entry of the audit log is, and the hashes that chain and seal entries: pure functions.

``docs/audit.md`` says the same in words, for whoever checks an export without Pilothouse.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import NamedTuple

GENESIS = "0" * 64
"""What the first entry follows."""
COMMITTED = "sha256:"
"""What stands before a digest where a text would stand."""
REMOVED = "(removed)"
"""How a text reads that was taken away."""

# RFC 8785 for what entries hold, texts and whole numbers: ten times as fast as the general one.
_canonical = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


class AuditEntry(NamedTuple):
    """One entry. ``hash`` covers every other field as it is stored, ``prev_hash`` included."""

    seq: int
    at: datetime
    who: str
    what: str
    subject: str
    before_hash: str | None
    after_hash: str | None
    note: str
    prev_hash: str
    hash: str


class Texts(NamedTuple):
    """Texts that an entry commits to, kept apart from it."""

    salt: str
    subject: str | None
    note: str | None


def seal(entry: AuditEntry) -> str:
    """The hash an entry must have, as it is stored."""
    return _sha256(
        {
            "after_hash": entry.after_hash,
            "at": entry.at.isoformat(),
            "before_hash": entry.before_hash,
            "note": entry.note,
            "prev_hash": entry.prev_hash,
            "seq": entry.seq,
            "subject": entry.subject,
            "what": entry.what,
            "who": entry.who,
        }
    )


def commitment(field: str, salt: str, text: str) -> str:
    """What stands in an entry for the text of a field that is kept apart."""
    return COMMITTED + _sha256([field, salt, text])


def is_committed(text: str) -> bool:
    """Whether a field holds what stands for a text instead of one."""
    return text.startswith(COMMITTED) and len(text) == len(COMMITTED) + len(GENESIS)


def reading(entry: AuditEntry, texts: Texts | None) -> AuditEntry:
    """An entry with its texts in their places, as far as they are still there."""
    return entry._replace(
        subject=_read(entry.subject, texts.subject if texts else None),
        note=_read(entry.note, texts.note if texts else None),
    )


def digest_as_it_reads(entry: AuditEntry, texts: Texts | None) -> str:
    """What a redaction is sealed over: all of an entry as it is stored, with the texts it has."""
    kept = list(texts) if texts else None
    return _sha256([seal(entry), entry.hash, kept])


def redaction_hash(digests: list[tuple[int, str]]) -> str:
    """What the entry of a redaction has as ``after_hash``: of number and digest of each entry."""
    return _sha256([list(one) for one in sorted(digests)])


def texts_fit(entry: AuditEntry, texts: Texts | None) -> bool:
    """Whether the texts kept apart are the ones that an entry commits to: all, and no others."""
    kept = texts or Texts("", None, None)
    fields = (("subject", entry.subject, kept.subject), ("note", entry.note, kept.note))
    return all(
        not is_committed(stored) if text is None else commitment(field, kept.salt, text) == stored
        for field, stored, text in fields
    )


def _read(stored: str, text: str | None) -> str:
    if text is not None:
        return text
    return REMOVED if is_committed(stored) else stored


def _sha256(content: object) -> str:
    return hashlib.sha256(_canonical(content).encode()).hexdigest()
