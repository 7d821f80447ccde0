"""The table of destinations and syncs that were set up later than those of the first version."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

kept_tables = sa.Table(
    "kept_tables",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("kept_at", sa.DateTime, nullable=False),
)
