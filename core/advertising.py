"""What a paid channel may be told of people: by which of their columns, and with which consent."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.conditions import Frozen

Identifier = Literal["email", "phone", "first_name", "last_name", "country", "zip", "city", "state"]


class Advertising(Frozen):
    """Which user column is which identifier, and the consent that an export needs."""

    columns: dict[Identifier, str] = Field(min_length=1)
    """Identifier → column of the table of users."""
    consent_purpose: str = "advertising"
    consent_channel: str = "ads"
