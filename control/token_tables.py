"""The tables of tokens: the hash of each secret, what it is good for, and until when."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("sha256", sa.Text, nullable=False, unique=True),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("revoked_at", sa.DateTime),
)

token_terms = sa.Table(
    "token_terms",
    metadata,
    # A table of its own: tokens of older workspaces have no row here until they are used.
    sa.Column("name", sa.ForeignKey("tokens.name"), primary_key=True),
    sa.Column("prefix", sa.Text, index=True),
    sa.Column("expires_at", sa.DateTime, nullable=False),
    sa.Column("last_used_at", sa.DateTime),
    sa.Column("last_refused_at", sa.DateTime),
)
