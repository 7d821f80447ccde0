"""The tables of when things are due: going live, and having been reviewed."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

go_live_windows = sa.Table(
    "go_live_windows",
    metadata,
    sa.Column("change_request_id", sa.ForeignKey("change_requests.id"), primary_key=True),
    sa.Column("at", sa.DateTime, nullable=False),
    # Empty: from then on, for good.
    sa.Column("until", sa.DateTime),
    sa.Column("by", sa.Text, nullable=False),
    sa.CheckConstraint("until IS NULL OR until > at", name="window_has_a_length"),
)

escalations = sa.Table(
    "escalations",
    metadata,
    sa.Column("change_request_id", sa.ForeignKey("change_requests.id"), primary_key=True),
    sa.Column("to_role", sa.Text, nullable=False),
    sa.Column("review_by", sa.DateTime, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
)
