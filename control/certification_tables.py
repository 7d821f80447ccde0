"""The tables of re-certification: who said of a rule that it still holds, and what was paused."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

certifications = sa.Table(
    "certifications",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    # Of this content: another one is certified by its own approval.
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
)

lapses = sa.Table(
    "lapses",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.DateTime, primary_key=True),
    # Empty while it is paused for that.
    sa.Column("ended_at", sa.DateTime),
    sa.Column("ended_by", sa.Text),
)
