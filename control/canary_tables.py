"""The tables of canaries: what approvers asked for, what runs or ran, and what was read out."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

canary_asks = sa.Table(
    "canary_asks",
    metadata,
    sa.Column("change_request_id", sa.ForeignKey("change_requests.id"), primary_key=True),
    sa.Column("asked", sa.JSON, nullable=False),
)

canaries = sa.Table(
    "canaries",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    # Empty where nothing was live before: the other users get nothing of it.
    sa.Column("baseline", sa.Integer),
    sa.Column("share", sa.Float, nullable=False),
    sa.Column("salt", sa.Text, nullable=False),
    sa.Column("limits", sa.JSON, nullable=False),
    sa.Column("change_request_id", sa.ForeignKey("change_requests.id")),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("started_at", sa.DateTime, nullable=False),
    sa.Column("started_by", sa.Text, nullable=False),
    sa.Column("ended_at", sa.DateTime),
    sa.Column("ended_by", sa.Text),
    sa.Column("why", sa.Text, nullable=False),
    sa.CheckConstraint(
        "state IN ('running', 'promoted', 'rolled_back', 'superseded')", name="closed_canary_state"
    ),
    sa.UniqueConstraint("key", "version", name="one_canary_of_a_version"),
)
_RUNNING = sa.text("state = 'running'")
sa.Index(
    "one_running_canary",
    canaries.c.key,
    unique=True,
    sqlite_where=_RUNNING,
    postgresql_where=_RUNNING,
)

canary_readouts = sa.Table(
    "canary_readouts",
    metadata,
    sa.Column("canary_id", sa.ForeignKey("canaries.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
)
