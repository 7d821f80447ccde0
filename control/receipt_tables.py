"""The tables of receipts: what providers said about messages, each saying once, and how many."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

receipts = sa.Table(
    "receipts",
    metadata,
    # A hash of the destination and of what tells this saying from every other one of it.
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    # Of which message: by our name for it, or by the provider's.
    sa.Column("intent_id", sa.Text, index=True),
    sa.Column("provider_id", sa.Text, index=True),
    sa.Column("user_id", sa.Text, index=True),
    # Who opted out, where there is nothing better to know them by; gone once they are known.
    sa.Column("address", sa.Text),
    sa.Column("channel", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("received_at", sa.DateTime, nullable=False),
    # Empty while it waits: for its message to be written down, or for ever.
    sa.Column("applied_at", sa.DateTime),
    sa.CheckConstraint(
        "kind IN ('delivered', 'opened', 'clicked', 'bounced', 'unsubscribed', 'complained')",
        name="closed_receipt_kind",
    ),
)
_WAITS = sa.text("applied_at IS NULL")
sa.Index("receipts_waiting", receipts.c.received_at, sqlite_where=_WAITS, postgresql_where=_WAITS)

receipt_counts = sa.Table(
    "receipt_counts",
    metadata,
    sa.Column("destination", sa.Text, primary_key=True),
    sa.Column("outcome", sa.Text, primary_key=True),
    sa.Column("sayings", sa.BigInteger, nullable=False),
)
