"""What the laws of countries ask of a message, as data: it is looked up, never worked out here."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from core.artifacts import Severity
from core.conditions import Frozen
from core.rules import MessageClass

Medium = Literal["email", "sms", "push", "in_app", "call", "letter"]
Need = Literal["opt_in", "hours", "sender", "unsubscribe", "age"]
CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


class Hours(Frozen):
    """When messages are allowed on the wall clock where the user is: from ``start`` to ``end``."""

    start: str = Field(pattern=CLOCK)
    end: str = Field(pattern=CLOCK)
    days: tuple[int, ...] = EVERY_DAY
    """Of the week, Monday is 1."""

    @model_validator(mode="after")
    def _is_within_a_day(self) -> Self:
        if self.start >= self.end:
            raise ValueError("allowed hours begin before they end, on the same day")
        if not {*self.days} <= {*EVERY_DAY}:
            raise ValueError("days are 1 (Monday) to 7 (Sunday)")
        return self


class Regulation(Frozen):
    """One thing that a law asks of messages to people in some countries."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    law: str
    """Its short name, as people say it."""
    countries: tuple[str, ...] = Field(min_length=1)
    """ISO 3166 codes of two letters."""
    media: tuple[Medium, ...] = Field(min_length=1)
    message_classes: tuple[MessageClass, ...] = ("marketing",)
    needs: Need
    hours: Hours | None = None
    minimum_age: int | None = Field(default=None, ge=1, le=21)
    severity: Severity = "warn"
    says: str
    """What it asks for, as one sentence."""
    source: str = Field(pattern=r"^https://")
    section: str
    seen: Literal["text", "summary"]
    """Whether the words of the law itself were read, or only what others say of them."""

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        if (self.needs == "hours") != (self.hours is not None):
            raise ValueError("a regulation of hours, and no other, says which")
        if (self.needs == "age") != (self.minimum_age is not None):
            raise ValueError("a regulation of age, and no other, says which")
        if any(len(code) != 2 or not code.isupper() for code in self.countries):
            raise ValueError("countries are codes of two capital letters")
        return self
