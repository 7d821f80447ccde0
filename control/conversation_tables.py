"""The table of conversations: what each thread of the agent holds."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

conversations = sa.Table(
    "conversations",
    metadata,
    # Not a foreign key: who owns a thread is its own row, and may be forgotten apart from it.
    sa.Column("thread_id", sa.Text, primary_key=True),
    sa.Column("held", sa.JSON, nullable=False),
    sa.Column("updated_at", sa.DateTime, nullable=False),
)
