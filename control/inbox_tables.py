"""The table of the inbox: messages that an app or a page fetches for its user."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("intent_id", sa.ForeignKey("outbox.intent_id"), primary_key=True),
    sa.Column("user_id", sa.Text, nullable=False, index=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("html", sa.Text),
    sa.Column("template", sa.Text),
    sa.Column("variables", sa.JSON, nullable=False),
    sa.Column("arrived_at", sa.DateTime, nullable=False),
    sa.Column("seen_at", sa.DateTime),
    sa.Column("clicked_at", sa.DateTime),
    sa.Column("dismissed_at", sa.DateTime),
)
