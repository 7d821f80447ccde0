"""The tables of journeys: who is where, who belongs to an entry audience, and when each was last
looked at."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

journey_runs = sa.Table(
    "journey_runs",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("journey_key", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False, index=True),
    # Whoever the user was then: a merge moves the run to another user and never makes it a new one.
    sa.Column("entered_as", sa.Text, nullable=False),
    sa.Column("entry_key", sa.Text, nullable=False),
    sa.Column("entered_at", sa.DateTime, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("step_at", sa.DateTime, nullable=False),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("offered_at", sa.DateTime),
    sa.Column("reason_code", sa.Text),
    sa.Column("intent_id", sa.Text, index=True),
    sa.Column("exit_reason", sa.Text),
    sa.Column("exited_at", sa.DateTime),
    sa.CheckConstraint(
        "phase IN ('here', 'due', 'held', 'unreachable', 'sending')", name="closed_phase"
    ),
    sa.CheckConstraint("(exit_reason IS NULL) = (exited_at IS NULL)", name="exit_is_whole"),
)
sa.Index(
    "one_run_an_entry",
    journey_runs.c.journey_key,
    journey_runs.c.entered_as,
    journey_runs.c.entry_key,
    unique=True,
)
_ACTIVE = sa.text("exit_reason IS NULL")
sa.Index(
    "runs_under_way",
    journey_runs.c.journey_key,
    journey_runs.c.phase,
    sqlite_where=_ACTIVE,
    postgresql_where=_ACTIVE,
)

journey_members = sa.Table(
    "journey_members",
    metadata,
    sa.Column("journey_key", sa.Text, primary_key=True),
    sa.Column("user_id", sa.Text, primary_key=True),
)

journey_ticks = sa.Table(
    "journey_ticks",
    metadata,
    sa.Column("journey_key", sa.Text, primary_key=True),
    sa.Column("ticked_at", sa.DateTime),
    # From when on events count for entry: since it went live, or was resumed without those before.
    sa.Column("since", sa.DateTime),
    # Set while the journey is paused; until the first tick afterwards it says from when on.
    sa.Column("paused_at", sa.DateTime),
    # What was chosen on resuming: those who qualified meanwhile enter, or they do not.
    sa.Column("backfill", sa.Boolean, nullable=False),
)
