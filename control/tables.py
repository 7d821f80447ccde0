"""The tables of the control store, in types that SQLite and PostgreSQL share.

Times are naive UTC. Content is kept as JSON together with its hash; whoever
relies on content hashes it again.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

people = sa.Table(
    "people",
    metadata,
    sa.Column("email", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
)

roles = sa.Table(
    "roles",
    metadata,
    sa.Column("email", sa.ForeignKey("people.email"), primary_key=True),
    sa.Column("role", sa.Text, primary_key=True),
)

threads = sa.Table(
    "threads",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("graph_version", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("thread_id", sa.Text, nullable=False, index=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("result", sa.JSON(none_as_null=True)),
    sa.Column("created_at", sa.DateTime, nullable=False, index=True),
    sa.Column("finished_at", sa.DateTime),
)

run_steps = sa.Table(
    "run_steps",
    metadata,
    sa.Column("run_id", sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("node", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("ms", sa.Integer, nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
)

change_requests = sa.Table(
    "change_requests",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("target_key", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("base_version", sa.Integer),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("rule_diff", sa.JSON, nullable=False),
    sa.Column("effect", sa.JSON(none_as_null=True)),
    sa.Column("effect_hash", sa.Text, nullable=False),
    sa.Column("dependencies", sa.JSON, nullable=False),
    sa.Column("dependency_hash", sa.Text, nullable=False),
    sa.Column("findings", sa.JSON, nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("assumptions", sa.JSON, nullable=False),
    sa.Column("author", sa.ForeignKey("people.email"), nullable=False),
    sa.Column("thread_id", sa.Text),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("updated_at", sa.DateTime, nullable=False),
)

# The same author asking for the same content twice is one request while it waits.
_WAITING = sa.text("state = 'in_review'")
sa.Index(
    "one_waiting_request",
    change_requests.c.content_hash,
    change_requests.c.author,
    unique=True,
    sqlite_where=_WAITING,
    postgresql_where=_WAITING,
)

reviews = sa.Table(
    "reviews",
    metadata,
    # Every verdict ends the review, so of two approvers at once exactly one has a row.
    sa.Column("change_request_id", sa.ForeignKey("change_requests.id"), primary_key=True),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("by", sa.ForeignKey("people.email"), nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("effect_hash", sa.Text, nullable=False),
    sa.Column("dependency_hash", sa.Text, nullable=False),
    sa.CheckConstraint(
        "verdict IN ('approve', 'reject', 'request_changes')", name="closed_verdict"
    ),
)

versions = sa.Table(
    "versions",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    # Empty only for a rollback, whose content an older version of the key already had.
    sa.Column("change_request_id", sa.ForeignKey("change_requests.id"), unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("published_at", sa.DateTime, nullable=False),
    sa.Column("published_by", sa.Text, nullable=False),
    sa.CheckConstraint("state IN ('live', 'paused', 'superseded')", name="closed_state"),
)

_CURRENT = sa.text("state <> 'superseded'")
sa.Index(
    "one_current_version",
    versions.c.key,
    unique=True,
    sqlite_where=_CURRENT,
    postgresql_where=_CURRENT,
)

kill_switches = sa.Table(
    "kill_switches",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("before_hash", sa.Text),
    sa.Column("after_hash", sa.Text),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("prev_hash", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("intent_id", sa.Text, primary_key=True),
    sa.Column("decision_id", sa.Text, nullable=False),
    sa.Column("cycle_id", sa.Text, nullable=False, index=True),
    sa.Column("trace_id", sa.Text, nullable=False),
    sa.Column("policy_key", sa.Text, nullable=False),
    sa.Column("policy_version", sa.Integer, nullable=False),
    sa.Column("action_key", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("decided_at", sa.DateTime, nullable=False),
    sa.Column("not_before", sa.DateTime, nullable=False),
    sa.Column("expires_at", sa.DateTime, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("lease_owner", sa.Text),
    sa.Column("lease_until", sa.DateTime),
    sa.Column("updated_at", sa.DateTime, nullable=False),
)
sa.Index("outbox_due", outbox.c.state, outbox.c.not_before)

mailbox = sa.Table(
    "mailbox",
    metadata,
    sa.Column("intent_id", sa.ForeignKey("outbox.intent_id"), primary_key=True),
    sa.Column("user_id", sa.Text, nullable=False, index=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("sent_at", sa.DateTime, nullable=False),
)

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("write_key", sa.Text, nullable=False, unique=True),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("unplanned", sa.Text, nullable=False),
    sa.CheckConstraint(
        "unplanned IN ('accept', 'dead_letter', 'suppress')", name="closed_unplanned"
    ),
)
