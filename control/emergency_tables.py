"""The table of emergencies: what one person stopped or rolled back alone, and who reviewed it."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

emergencies = sa.Table(
    "emergencies",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("deed", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    # Empty until somebody else has looked at it.
    sa.Column("reviewed_at", sa.DateTime),
    sa.Column("reviewed_by", sa.Text),
    sa.Column("comment", sa.Text),
    sa.CheckConstraint("deed IN ('stop', 'pause', 'rollback')", name="closed_emergency_deed"),
)
