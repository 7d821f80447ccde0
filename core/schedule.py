"""When what was approved may go live, as a window of time. Pure; all moments are naive UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import NaiveDatetime, model_validator

from core.conditions import Frozen

Standing = Literal["early", "open", "over"]


class Window(Frozen):
    """From when on, and until when if not for good: ``[at, until)``."""

    at: NaiveDatetime
    until: NaiveDatetime | None = None

    @model_validator(mode="after")
    def _has_a_length(self) -> Window:
        if self.until is not None and self.until <= self.at:
            raise ValueError("a window ends after it begins")
        return self

    def standing(self, now: datetime) -> Standing:
        """Whether a moment is before, in or after it."""
        if now < self.at:
            return "early"
        return "over" if self.until is not None and now >= self.until else "open"

    def __str__(self) -> str:
        ends = f" until {self.until:%Y-%m-%d %H:%M}" if self.until else ""
        return f"{self.at:%Y-%m-%d %H:%M}{ends} UTC"
