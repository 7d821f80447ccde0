"""The table of the hold: why nothing goes live and nothing is sent after an old store came back."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

store_holds = sa.Table(
    "store_holds",
    metadata,
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("since", sa.DateTime, nullable=False),
    # The head of the audit log as the store had it then.
    sa.Column("head_seq", sa.Integer, nullable=False),
    sa.CheckConstraint("place = 1", name="one_hold"),
)
