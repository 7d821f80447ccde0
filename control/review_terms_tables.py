"""The tables of what it takes to approve a change request, and of whose work it is."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

review_terms = sa.Table(
    "review_terms",
    metadata,
    sa.Column("change_request_id", sa.ForeignKey("change_requests.id"), primary_key=True),
    sa.Column("risk", sa.Text, nullable=False),
    sa.Column("policy", sa.Text, nullable=False),
    sa.Column("approvers", sa.Integer, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("review_by", sa.DateTime, nullable=False),
    sa.Column("escalate_to", sa.Text, nullable=False),
    # What they were drawn up for: they hold for nothing else.
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("effect_hash", sa.Text, nullable=False),
    sa.CheckConstraint("risk IN ('low', 'medium', 'high')", name="closed_risk"),
    sa.CheckConstraint("approvers BETWEEN 1 AND 9", name="at_least_one_approver"),
)

request_authors = sa.Table(
    "request_authors",
    metadata,
    sa.Column("change_request_id", sa.ForeignKey("change_requests.id"), primary_key=True),
    # As core/same_person folds it: one person, whichever of their accounts they used.
    sa.Column("author", sa.Text, primary_key=True),
)

approval_policies = sa.Table(
    "approval_policies",
    metadata,
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("policies", sa.JSON, nullable=False),
)
