"""The tables of routing: chosen events on their way to destinations, and how many went where."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

routed_outbox = sa.Table(
    "routed_outbox",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("event_name", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False, index=True),
    # Empty once it was sent: what has left is not kept here.
    sa.Column("payload", sa.Text),
    sa.Column("bytes", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    # A batch keeps its name and its rows until it is sent, so that sending it again is the same.
    sa.Column("batch", sa.Text, index=True),
    sa.Column("lease_until", sa.DateTime),
    sa.Column("enqueued_at", sa.DateTime, nullable=False),
    sa.Column("sent_at", sa.DateTime),
    sa.CheckConstraint("state IN ('pending', 'leased', 'sent')", name="closed_routed_state"),
)
sa.Index("routed_due", routed_outbox.c.destination, routed_outbox.c.state)

routing_cursors = sa.Table(
    "routing_cursors",
    metadata,
    sa.Column("destination", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
)

routed_volume = sa.Table(
    "routed_volume",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("destination", sa.Text, primary_key=True),
    sa.Column("event_name", sa.Text, primary_key=True),
    sa.Column("events", sa.BigInteger, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
)
