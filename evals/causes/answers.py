"""An answer to 'why did it drop', whoever gives it: causes in order, the likeliest first."""

from __future__ import annotations

from core.conditions import Frozen


class Named(Frozen):
    """A cause that an answer names."""

    kind: str | None
    """None: the method only says for whom, not what happened."""
    dimension: str | None
    value: str | None
    told: str
    also: tuple[tuple[str, str], ...] = ()
    """Further columns and values, where a segment is told by several."""
    effect: float | None = None
    """Relative to the rate without it; None: the method gives no size."""


class Answer(Frozen):
    """What a method says about a scenario."""

    causes: tuple[Named, ...]
    verdict: str = ""
    cpu_seconds: float = 0.0
