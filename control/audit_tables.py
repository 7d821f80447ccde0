"""The tables beside the audit log: texts that may have to go, and the head of the chain."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

audit_texts = sa.Table(
    "audit_texts",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    # Without it nobody can try out which text an entry commits to.
    sa.Column("salt", sa.Text, nullable=False),
    sa.Column("subject", sa.Text),
    sa.Column("note", sa.Text),
)
"""What an entry commits to and does not hold itself: kept apart, it can go and the chain stays."""

audit_redactions = sa.Table(
    "audit_redactions",
    metadata,
    # The entry that says so, and the entry that it is about.
    sa.Column("by_seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    # Of the entry as it reads from then on.
    sa.Column("digest", sa.Text, nullable=False),
)
"""Entries whose text was taken away or changed; the entry ``by_seq`` is sealed over these rows."""

audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.CheckConstraint("place = 1", name="one_head"),
)
"""The last entry that was written: one that is cut off the end is missed here."""
