"""The table of the radar: which renamed events were proposed, and how large they were then."""

from __future__ import annotations

import sqlalchemy as sa

from control.tables import metadata

radar_proposals = sa.Table(
    "radar_proposals",
    metadata,
    sa.Column("sent_name", sa.Text, primary_key=True),
    sa.Column("event_name", sa.Text, primary_key=True),
    sa.Column("change_request_id", sa.ForeignKey("change_requests.id"), primary_key=True),
    sa.Column("events", sa.BigInteger, nullable=False),
    sa.Column("proposed_at", sa.DateTime, nullable=False),
)
