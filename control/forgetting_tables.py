"""The tables of forgetting: who must not come back, as hashes, and what was removed when."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

tombstone_salt = sa.Table(
    "tombstone_salt",
    metadata,
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("salt", sa.Text, nullable=False),
    sa.CheckConstraint("place = 1", name="one_salt"),
)

tombstones = sa.Table(
    "tombstones",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("forget_id", sa.Text, nullable=False),
)

forget_log = sa.Table(
    "forget_log",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("requested_by", sa.Text, nullable=False),
    sa.Column("requested_at", sa.DateTime, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    # What is left to remove, in clear: gone as soon as nothing is.
    sa.Column("task", sa.JSON(none_as_null=True)),
    sa.Column("receipt", sa.JSON(none_as_null=True)),
    sa.Column("finished_at", sa.DateTime),
    sa.CheckConstraint("state IN ('removing', 'compacting', 'done')", name="closed_forget_state"),
)
