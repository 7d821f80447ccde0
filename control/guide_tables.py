"""The table of the guided path: what people looked at on it, and who has put it away."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

guide_marks = sa.Table(
    "guide_marks",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("mark", sa.Text, primary_key=True),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.CheckConstraint("mark IN ('read', 'looked', 'put_away')", name="closed_mark"),
)
