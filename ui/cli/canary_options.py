"""Options of ``approvals approve`` for what goes live for a share of the users first."""

from __future__ import annotations

import functools
from collections.abc import Callable
from math import isfinite
from typing import Any

import click
from pydantic import ValidationError

from core.canary import CanaryAsk, CanaryLimits

_PERCENT = 100.0
_LIMITS: dict[str, tuple[str, float, str]] = {
    "min_messages": ("--canary-min-messages", 1, "Messages sent before it may be promoted."),
    "watch_seconds": ("--canary-watch-hours", 1 / 3600, "Hours before it may be promoted."),
    "max_complaint_rate": ("--canary-max-complaints", _PERCENT, "Complaints, % of messages."),
    "max_unsubscribe_rate": ("--canary-max-unsubscribes", _PERCENT, "Opt-outs, % of messages."),
    "max_error_rate": ("--canary-max-errors", _PERCENT, "Failed messages, %."),
    "max_conversion_drop": (
        "--canary-max-drop",
        _PERCENT,
        "Fewer conversions than with the version before, %.",
    ),
    "confidence": ("--canary-confidence", _PERCENT, "Of the bounds of these rates, %."),
}
"""Limit → its option, what one of its units is in the option's, and what it means."""
_WHOLE = frozenset({"min_messages", "watch_seconds"})


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

    for name, (option, scale, about) in reversed(_LIMITS.items()):
        default = CanaryLimits.model_fields[name].default * scale
        kind = int if name == "min_messages" else float
        told = f"{about}  [default: {default:g}]"
        wrapped = click.option(option, name, type=kind, help=told)(wrapped)
    about = "Go live for so many of 100 users first; limits decide what becomes of it."
    return click.option("--canary", type=float, metavar="PERCENT", help=about)(wrapped)


def _asked(percent: float, limits: dict[str, float]) -> CanaryAsk:
    values = {name: value / _LIMITS[name][1] for name, value in limits.items()}
    for name in _WHOLE & values.keys():
        values[name] = round(values[name]) if isfinite(values[name]) else values[name]
    try:
        return CanaryAsk(share=percent / 100, limits=CanaryLimits.model_validate(values))
    except ValidationError as error:
        (first, *_) = error.errors()
        field = str(first["loc"][-1])
        option = _LIMITS[field][0] if field in _LIMITS else "--canary"
        raise click.UsageError(f"{option} cannot be that much or that little.") from error
