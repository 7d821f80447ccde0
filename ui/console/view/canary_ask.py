"""What an approver may ask of a canary, in the units of the card, and what is said to a slip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from core.canary import CanaryAsk, CanaryLimits
from core.errors import Code, refuse
from ui import canary_limits
from ui.canary_limits import HOURS, CannotBe, share_words
from ui.console.view.text import listing, number

SHARE = 5.0
"""Of 100 users, unless the approver says otherwise."""


class Limit(NamedTuple):
    """One limit as the card asks for it."""

    field: str
    label: str
    step: float
    """By how much an arrow of the box changes it."""
    wrong: str
    """What is said to a value that cannot be."""

    @property
    def default(self) -> float:
        """In the card's units."""
        return canary_limits.default(self.field)


_WRONG_RATE = "{} must lie between 0 and 100 %."
LIMITS: tuple[Limit, ...] = (
    Limit("max_complaint_rate", "Complaints, %", 0.1, _WRONG_RATE.format("Complaints")),
    Limit("max_unsubscribe_rate", "Unsubscribes, %", 0.1, _WRONG_RATE.format("Unsubscribes")),
    Limit("max_error_rate", "Errors, %", 1.0, _WRONG_RATE.format("Errors")),
    Limit(
        "max_conversion_drop", "Fewer goals, %", 5.0, _WRONG_RATE.format("The drop of conversion")
    ),
    Limit("min_messages", "Least messages", 50.0, "At least 1 message has to be sent first."),
    Limit("watch_seconds", "Watch, hours", 1.0, "It cannot be watched for less than 0 hours."),
)
"""In the order of the card. The confidence of the bounds is the default here."""
_WRONG_SHARE = "The share of users must be more than 0 % and less than 100 %."
_WRONG = {limit.field: limit.wrong for limit in LIMITS}


def asked(percent: float | None, values: Mapping[str, float | None]) -> CanaryAsk:
    """What was typed, as the engine takes it; refuses with INVALID_ARGUMENT what cannot be.

    ``values`` are by field, in the card's units; None is an empty box.
    """
    try:
        return canary_limits.asked(percent, values)
    except CannotBe as error:
        raise refuse(
            Code.INVALID_ARGUMENT,
            _WRONG.get(error.field, _WRONG_SHARE),
            span=error.field,
            fix="Nothing is decided until this is mended.",
        ) from error


def stops_words(limits: CanaryLimits, *, compares: bool) -> str:
    """By which limits it stops by itself; ``compares`` when there is a version before it."""
    told = [
        f"complaints pass {share_words(limits.max_complaint_rate)}",
        f"unsubscribes pass {share_words(limits.max_unsubscribe_rate)}",
        f"errors pass {share_words(limits.max_error_rate)}",
    ]
    if compares:
        told.append(f"conversion drops by more than {share_words(limits.max_conversion_drop)}")
    return listing(told, last="or")


def goes_on_words(limits: CanaryLimits) -> str:
    """When it goes live for everybody by itself."""
    messages = "message" if limits.min_messages == 1 else "messages"
    return f"{number(limits.min_messages)} {messages} and {limits.watch_seconds * HOURS:.3g} hours"
