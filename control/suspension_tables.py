"""The table of what holds change requests back, from when to when and why."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

suspensions = sa.Table(
    "suspensions",
    metadata,
    sa.Column("change_request_id", sa.ForeignKey("change_requests.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("fix", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    # Empty while it holds.
    sa.Column("lifted_at", sa.DateTime),
    sa.Column("lifted_by", sa.Text),
    sa.Column("lifted_why", sa.Text),
)
_OPEN = sa.text("lifted_at IS NULL")
# A request is held back once for each reason.
sa.Index(
    "one_open_suspension",
    suspensions.c.change_request_id,
    suspensions.c.code,
    unique=True,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)
