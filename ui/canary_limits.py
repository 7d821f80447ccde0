"""A canary as people ask for it, in percent and hours, and as the engine takes it."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from pydantic import ValidationError

from core.canary import CanaryAsk, CanaryLimits

PERCENT, HOURS = 100.0, 1 / 3_600
SHOWN: dict[str, float] = {
    "min_messages": 1,
    "watch_seconds": HOURS,
    "max_complaint_rate": PERCENT,
    "max_unsubscribe_rate": PERCENT,
    "max_error_rate": PERCENT,
    "max_conversion_drop": PERCENT,
    "confidence": PERCENT,
}
"""Limit → what one of its own units is in those that people see."""
_WHOLE = frozenset({"min_messages", "watch_seconds"})


class CannotBe(ValueError):
    """Something that was asked for cannot be; ``field`` is the limit, or ``share``."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def default(field: str) -> float:
    """A limit where nobody says otherwise, in the units that people see."""
    return round(float(CanaryLimits.model_fields[field].default) * SHOWN[field], 6)


def asked(percent: float | None, limits: Mapping[str, float | None]) -> CanaryAsk:
    """What an approver asks for, from a share and limits in the units that people see.

    Raises CannotBe for the first that cannot be; None and what is no number never can.
    """
    own = {field: _own(field, value) for field, value in limits.items()}
    share = None if percent is None else percent / PERCENT
    try:
        return CanaryAsk.model_validate({"share": share, "limits": own})
    except ValidationError as error:
        raise CannotBe(str(error.errors()[0]["loc"][-1])) from error


def share_words(share: float) -> str:
    """0.1 is 10 %."""
    return f"{share * PERCENT:.3g} %"


def _own(field: str, value: float | None) -> float | None:
    if value is None or not isfinite(value):
        return None
    own = value / SHOWN[field]
    return round(own) if field in _WHOLE else own
