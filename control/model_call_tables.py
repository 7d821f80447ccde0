"""The table of calls of a model: what each cost, so that budgets hold across processes."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

model_calls = sa.Table(
    "model_calls",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    # The conversation it was made for; empty for a run of evals.
    sa.Column("thread_id", sa.Text, nullable=False, index=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("called_at", sa.DateTime, nullable=False, index=True),
    sa.Column("tokens", sa.Integer, nullable=False),
    sa.Column("usd", sa.Float, nullable=False),
    # What it may cost at most, until the answer is there.
    sa.Column("is_reserved", sa.Boolean, nullable=False),
)
