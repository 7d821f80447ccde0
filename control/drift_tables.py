"""Tables of drift: what the last looks found, rules paused for it, and runs started by alerts."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

drift_looks = sa.Table(
    "drift_looks",
    metadata,
    sa.Column("as_of", sa.DateTime, primary_key=True),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("made_at", sa.DateTime, nullable=False),
)

drift_pauses = sa.Table(
    "drift_pauses",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("at", sa.DateTime, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
)

investigations = sa.Table(
    "investigations",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("started_at", sa.DateTime, nullable=False),
)
