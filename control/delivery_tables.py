"""The tables of delivery: what was handed to whom, who is paused, how fast each is sent to."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

dispatches = sa.Table(
    "dispatches",
    metadata,
    sa.Column("intent_id", sa.ForeignKey("outbox.intent_id"), primary_key=True),
    sa.Column("destination", sa.Text, nullable=False),
    # The first intent of the request that it was part of: one made again must be the same whole.
    sa.Column("request", sa.Text, nullable=False, index=True),
    sa.Column("place", sa.Integer, nullable=False),
    # Of the request as it was made first: settings that changed since make it another one.
    sa.Column("digest", sa.Text),
    sa.Column("first_at", sa.DateTime, nullable=False),
    sa.Column("last_at", sa.DateTime, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    # What was sent, in JSON, where it may have to be sent or asked about again; then nothing.
    sa.Column("message", sa.Text),
    sa.Column("provider_id", sa.Text, index=True),
    sa.Column("detail", sa.Text),
    # Whether the recipient has said no there, which the warehouse must know.
    sa.Column("opted_out", sa.Boolean, nullable=False, default=False),
    # When an uncertain one is looked at again by itself; empty: a person or a receipt settles it.
    sa.Column("look_at", sa.DateTime),
    sa.Column("accepted_at", sa.DateTime, index=True),
    # When the warehouse knew of the message.
    sa.Column("told_at", sa.DateTime),
    sa.CheckConstraint(
        "outcome IN ('open', 'clear', 'accepted', 'rejected')", name="closed_dispatch_outcome"
    ),
)
# The last answers of a destination say how well it goes.
sa.Index("dispatches_newest", dispatches.c.destination, dispatches.c.last_at)
sa.Index("dispatches_untold", dispatches.c.outcome, dispatches.c.told_at)

destination_pauses = sa.Table(
    "destination_pauses",
    metadata,
    sa.Column("destination", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("since", sa.DateTime, nullable=False),
)

token_buckets = sa.Table(
    "token_buckets",
    metadata,
    sa.Column("destination", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("tokens", sa.Float, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("blocked_until", sa.DateTime),
)
