"""The tables beside those of people and roles: who signs in as whom, who sees what, who left."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

identities = sa.Table(
    "identities",
    metadata,
    # What the provider says once and for all; an e-mail address may be given to somebody else.
    sa.Column("issuer", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("email", sa.ForeignKey("people.email"), nullable=False, unique=True),
    sa.Column("bound_at", sa.DateTime, nullable=False),
)

sights = sa.Table(
    "sights",
    metadata,
    sa.Column("email", sa.ForeignKey("people.email"), primary_key=True),
    sa.Column("sees_personal", sa.Boolean, nullable=False),
    sa.Column("limits", sa.JSON, nullable=False),
)

departures = sa.Table(
    "departures",
    metadata,
    sa.Column("email", sa.ForeignKey("people.email"), primary_key=True),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
)
