"""The circuit breaker: a population that vanished or exploded holds the cycle for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.errors import Code, PilothouseError, Refusal
from core.jumps import JumpedPolicy, PopulationJump
from orchestrate.plan import PlannedPolicy

TIMES = 50
"""A population that is so many times the last one is a mistake until somebody says otherwise."""
ENOUGH = 100
"""Smaller populations come and go."""


class Held(PilothouseError):
    """A cycle in which populations jumped: nothing was decided."""

    def __init__(self, refusal: Refusal, jump: PopulationJump) -> None:
        super().__init__(refusal)
        self.jump = jump


def hold_a_jump(
    since: str,
    before: Mapping[str, int],
    now: Mapping[str, int],
    policies: Sequence[PlannedPolicy],
    accepted: PopulationJump | None = None,
) -> None:
    """Raise ``Held`` for a cycle in which a policy's population jumped, unless it was accepted.

    ``since`` is the id of the cycle that ``before`` was counted in. What journeys have due
    comes and goes with their steps and is not looked at.
    """
    jumped = tuple(
        JumpedPolicy(key=one.key, version=one.version, before=was, after=is_now)
        for one in policies
        if not one.repeats
        and _is_jump(was := before.get(one.key, 0), is_now := now.get(one.key, 0))
    )
    if not jumped:
        return
    jump = PopulationJump(name=_name(jumped), since=since, policies=jumped)
    if accepted is None or not accepted.covers(jump):
        raise Held(_refusal(jump), jump)


def _is_jump(was: int, is_now: int) -> bool:
    vanished = is_now == 0 and was >= ENOUGH
    exploded = was > 0 and is_now >= max(ENOUGH, TIMES * was)
    return vanished or exploded


def _name(jumped: Sequence[JumpedPolicy]) -> str:
    first, more = jumped[0], len(jumped) - 1
    name = f"The population of '{first.key}' went from {first.before:,} users to {first.after:,}"
    return name + (f", and {more} more jumped" if more else "")


def _refusal(jump: PopulationJump) -> Refusal:
    return Refusal(
        code=Code.BLOCKED_BY_POLICY,
        message=f"{jump.name} since the last cycle. The cycle is held: nothing was decided.",
        span=jump.policies[0].key,
        fix="Look at the data it reads.",
    )
