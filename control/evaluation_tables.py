"""The table of what changes did once they were live."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

evaluations = sa.Table(
    "evaluations",
    metadata,
    sa.Column("change_request_id", sa.ForeignKey("change_requests.id"), primary_key=True),
    sa.Column("days", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("filed_at", sa.DateTime, nullable=False),
)
