"""The table of cancellations: messages that a destination has and is asked to take back."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

cancellations = sa.Table(
    "cancellations",
    metadata,
    sa.Column("intent_id", sa.ForeignKey("outbox.intent_id"), primary_key=True),
    sa.Column("destination", sa.Text, nullable=False),
    # The reason code of a message that was taken back: what stopped it.
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", sa.DateTime, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    # When the destination is asked next; whoever asks moves it on first, and so has it to itself.
    sa.Column("ask_at", sa.DateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # What the destination said last.
    sa.Column("detail", sa.Text),
    # When the warehouse knew that it was taken back.
    sa.Column("told_at", sa.DateTime),
    sa.CheckConstraint(
        "state IN ('waiting', 'taken_back', 'too_late', 'unanswered')",
        name="closed_cancellation_state",
    ),
)
sa.Index("cancellations_due", cancellations.c.state, cancellations.c.ask_at)
