"""The circuit breaker: a population that vanished or exploded holds the cycle for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.errors import Code, refuse
from orchestrate.plan import PlannedPolicy

TIMES = 50
"""A population that is so many times the last one is a mistake until somebody says otherwise."""
ENOUGH = 100
"""Smaller populations come and go."""


def hold_a_jump(
    before: Mapping[str, int], now: Mapping[str, int], policies: Sequence[PlannedPolicy]
) -> None:
    """Refuse with BLOCKED_BY_POLICY a cycle in which a policy's population jumped.

    What journeys have due comes and goes with their steps and is not looked at.
    """
    for policy in policies:
        was, is_now = before.get(policy.key, 0), now.get(policy.key, 0)
        vanished = is_now == 0 and was >= ENOUGH
        exploded = was > 0 and is_now >= max(ENOUGH, TIMES * was)
        if (vanished or exploded) and not policy.repeats:
            raise refuse(
                Code.BLOCKED_BY_POLICY,
                f"The population of '{policy.key}' went from {was:,} users to {is_now:,} since "
                "the last cycle. The cycle is held: nothing was decided.",
                span=policy.key,
                fix="Look at the data it reads; if it is right, 'pilothouse cycle run "
                "--accept-jump' decides.",
            )
