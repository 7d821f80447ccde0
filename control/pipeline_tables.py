"""The tables of the pipeline: its runs, their steps, and the read-outs they leave."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

pipeline_runs = sa.Table(
    "pipeline_runs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("started_by", sa.Text, nullable=False),
    sa.Column("as_of", sa.DateTime, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("started_at", sa.DateTime, nullable=False, index=True),
    sa.Column("finished_at", sa.DateTime),
    sa.CheckConstraint("state IN ('running', 'done', 'failed')", name="closed_run_state"),
)

# Of two processes that start a run at once, one has it.
_RUNNING = sa.text("state = 'running'")
sa.Index(
    "one_running_pipeline",
    pipeline_runs.c.state,
    unique=True,
    sqlite_where=_RUNNING,
    postgresql_where=_RUNNING,
)

pipeline_steps = sa.Table(
    "pipeline_steps",
    metadata,
    sa.Column("run_id", sa.ForeignKey("pipeline_runs.id"), primary_key=True),
    sa.Column("step", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("started_at", sa.DateTime),
    sa.Column("finished_at", sa.DateTime),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Column("refusal", sa.JSON(none_as_null=True)),
)

readouts = sa.Table(
    "readouts",
    metadata,
    sa.Column("policy_key", sa.Text, primary_key=True),
    sa.Column("as_of", sa.DateTime, primary_key=True),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("made_at", sa.DateTime, nullable=False),
)
