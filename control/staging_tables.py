"""The tables of staging: what is tried there, and what was promoted from it at once."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

staged = sa.Table(
    "staged",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    # Either a change request, or an older version of the key.
    sa.Column("change_request_id", sa.ForeignKey("change_requests.id"), unique=True),
    sa.Column("older_version", sa.Integer),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("since", sa.DateTime, nullable=False),
    sa.Column("staged_at", sa.DateTime, nullable=False),
    sa.Column("staged_by", sa.Text, nullable=False),
    sa.CheckConstraint("(change_request_id IS NULL) <> (older_version IS NULL)", name="one_source"),
)

promotions = sa.Table(
    "promotions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("switched", sa.JSON, nullable=False),
    sa.Column("promoted_at", sa.DateTime, nullable=False),
    sa.Column("promoted_by", sa.Text, nullable=False),
    sa.Column("taken_back_at", sa.DateTime),
    sa.Column("taken_back_by", sa.Text),
)
