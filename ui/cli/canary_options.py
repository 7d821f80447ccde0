"""Options of ``approvals approve`` for what goes live for a share of the users first."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from core.canary import CanaryAsk
from ui import canary_limits
from ui.canary_limits import CannotBe

_LIMITS: dict[str, tuple[str, str]] = {
    "min_messages": ("--canary-min-messages", "Messages sent before it may be promoted."),
    "watch_seconds": ("--canary-watch-hours", "Hours before it may be promoted."),
    "max_complaint_rate": ("--canary-max-complaints", "Complaints, % of messages."),
    "max_unsubscribe_rate": ("--canary-max-unsubscribes", "Opt-outs, % of messages."),
    "max_error_rate": ("--canary-max-errors", "Failed messages, %."),
    "max_conversion_drop": (
        "--canary-max-drop",
        "Fewer conversions than with the version before, %.",
    ),
    "confidence": ("--canary-confidence", "Of the bounds of these rates, %."),
}
"""Limit → its option, in the units that people see, and what it means."""


def canary_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--canary PERCENT`` and its limits; the command gets ``canary``, or None without it."""

    @functools.wraps(command)
    def wrapped(*words: Any, canary: float | None, **options: Any) -> Any:
        given = {name: options.pop(name) for name in _LIMITS}
        limits = {name: value for name, value in given.items() if value is not None}
        if canary is None and limits:
            raise click.UsageError("A limit of a canary needs --canary.")
        asked = None if canary is None else _asked(canary, limits)
        return command(*words, canary=asked, **options)

    for name, (option, about) in reversed(_LIMITS.items()):
        kind = int if name == "min_messages" else float
        told = f"{about}  [default: {canary_limits.default(name):g}]"
        wrapped = click.option(option, name, type=kind, help=told)(wrapped)
    about = "Go live for so many of 100 users first; limits decide what becomes of it."
    return click.option("--canary", type=float, metavar="PERCENT", help=about)(wrapped)


def _asked(percent: float, limits: dict[str, float]) -> CanaryAsk:
    try:
        return canary_limits.asked(percent, limits)
    except CannotBe as error:
        option = _LIMITS[error.field][0] if error.field in _LIMITS else "--canary"
        raise click.UsageError(f"{option} cannot be that much or that little.") from error
