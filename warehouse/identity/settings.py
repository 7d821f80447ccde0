"""What a workspace may decide about identity; a changed setting resolves everything again."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

JUNK_IDS = (
    "null none undefined nan true false anonymous guest void id email distinct_id abc123 -1"
).split()
"""Ids that stand for nobody, in lower case and without quotes; zeroes and dashes are too."""


class IdentitySettings(BaseModel):
    """Limits and policies of resolution."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    junk_ids: tuple[str, ...] = (*JUNK_IDS, "[object object]", "test@test.com")
    gaps: Literal["unattributed", "last_owner"] = "unattributed"
    """Whose an anonymous event of a shared device is, between two people's sessions."""
    ids_per_person: int = Field(default=500, ge=2)
    user_ids_per_person: int = Field(default=25, ge=1)
