"""What a rehearsal comes to: counts of users and messages, nothing of which is kept."""

from __future__ import annotations

from core.conditions import Frozen


class Step(Frozen):
    """One step of a waterfall: how many users are left after it, and how many it took."""

    stage: str
    """``population``, ``clause``, or a stage of the decision."""
    label: str
    """The clause in words, or the reason in one sentence."""
    reason_code: str | None
    removed: int
    remaining: int


class RehearsedAction(Frozen):
    """One action of one rule: who gets it today, and what stops the others."""

    policy: str
    version: int | None
    """None: proposed, not published."""
    action: str
    name: str
    tier: int
    eligible: int
    """In the population, eligible, and the action applies."""
    selected: int
    held_out: int
    waterfall: tuple[Step, ...]


class OverlapMatrix(Frozen):
    """How many users two actions are for: ``users[i][j]`` for actions i and j, i = j for one."""

    actions: tuple[str, ...]
    """``policy/action``."""
    users: tuple[tuple[int, ...], ...]


class CapPressure(Frozen):
    """How many messages a cap stops. A message that several caps stop counts for each."""

    cap: str
    allows: int | None
    """Messages in its window; None: a minimum gap, one at a time."""
    stopped: int
    by_earlier: int
    """Its room was taken before today."""
    by_priority: int
    """Its room was taken by a message of higher priority in the same cycle."""


class DayVolume(Frozen):
    """Messages that would go out on one day (UTC)."""

    day: str
    messages: int
    by_channel: dict[str, int]
    estimated: bool
    """From a sample of users, scaled up."""


class Rehearsal(Frozen):
    """What the rules would do at a moment, if a cycle ran then."""

    as_of: str
    users: int
    rules: dict[str, int | None]
    """Rule → version; None: proposed."""
    selected: int
    held_out: int
    actions: tuple[RehearsedAction, ...]
    overlap: OverlapMatrix
    caps: tuple[CapPressure, ...]
    deferred: int
    """Selected messages that wait for the end of quiet hours."""
    calendar: tuple[DayVolume, ...]
    assumptions: tuple[str, ...]
    """How the numbers about coming days are estimated."""
