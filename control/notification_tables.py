"""The tables of notifications: what there was to tell, whom of it, and the letters that tell it."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("sentence", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("urgent", sa.Boolean, nullable=False),
    # The way into the console, from its address on.
    sa.Column("page", sa.Text, nullable=False),
    sa.Column("began_at", sa.DateTime, nullable=False),
    sa.Column("ended_at", sa.DateTime),
    # How it ended, where there is more to say than that it is over.
    sa.Column("ending", sa.Text, nullable=False),
)

# One thing is open once, however many servers look at it.
_OPEN = sa.text("ended_at IS NULL")
sa.Index(
    "one_open_notice",
    notices.c.kind,
    notices.c.subject,
    unique=True,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)

notification_letters = sa.Table(
    "notification_letters",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    # What it is for: of two that say the same to the same person only one is written.
    sa.Column("occasion", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("way", sa.Text, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    # What is sent, word for word, every time.
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", sa.DateTime, nullable=False),
    sa.Column("leased_until", sa.DateTime),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False, index=True),
    sa.Column("sent_at", sa.DateTime),
    sa.CheckConstraint("kind IN ('news', 'digest', 'test')", name="closed_letter_kind"),
    sa.CheckConstraint(
        "state IN ('waiting', 'sent', 'refused', 'given_up')", name="closed_letter_state"
    ),
)

tellings = sa.Table(
    "tellings",
    metadata,
    sa.Column("notice_id", sa.ForeignKey("notices.id"), primary_key=True),
    sa.Column("event", sa.Text, primary_key=True),
    sa.Column("way", sa.Text, primary_key=True),
    sa.Column("recipient", sa.Text, primary_key=True),
    # None: it is in no letter yet.
    sa.Column("letter_id", sa.ForeignKey("notification_letters.id"), index=True),
    sa.CheckConstraint("event IN ('began', 'over')", name="closed_event"),
)
