"""The table of approvals that came before the last one of a change request."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

sign_offs = sa.Table(
    "sign_offs",
    metadata,
    sa.Column("change_request_id", sa.ForeignKey("change_requests.id"), primary_key=True),
    # As core/same_person folds it, so that nobody counts twice under two accounts.
    sa.Column("signer", sa.Text, primary_key=True),
    sa.Column("by", sa.ForeignKey("people.email"), nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("effect_hash", sa.Text, nullable=False),
    sa.Column("dependency_hash", sa.Text, nullable=False),
    sa.Column("canary", sa.JSON(none_as_null=True)),
)
