"""The table of what became of decisions that were made a second time, day by day."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

parity = sa.Table(
    "parity",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("checked", sa.Integer, nullable=False),
    sa.Column("differing", sa.Integer, nullable=False),
    sa.Column("last_at", sa.DateTime, nullable=False),
    sa.Column("last_difference", sa.Text),
)
