"""The tables of conversations: what each thread of the agent holds, and answers marked as right."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

conversations = sa.Table(
    "conversations",
    metadata,
    # Not a foreign key: who owns a thread is its own row, and may be forgotten apart from it.
    sa.Column("thread_id", sa.Text, primary_key=True),
    sa.Column("held", sa.JSON, nullable=False),
    sa.Column("updated_at", sa.DateTime, nullable=False),
)

marked_answers = sa.Table(
    "marked_answers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("draft", sa.JSON, nullable=False),
    # Of everything that the answer could have stood on when it was marked.
    sa.Column("definitions", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("marked_at", sa.DateTime, nullable=False),
)
