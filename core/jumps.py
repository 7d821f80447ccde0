"""A population that jumped since the last cycle, as something that people approve like a rule."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.conditions import Frozen

JUMP: Literal["population_jump"] = "population_jump"
"""The kind, which is also the key: what is accepted has one line of versions."""
BAND = 0.2
"""How far a population may be from the approved one, as a share of it, and still be that one."""


class JumpedPolicy(Frozen):
    """One policy or rule whose population vanished or exploded."""

    key: str
    version: int
    before: int = Field(ge=0)
    """Users of its population in the last cycle."""
    after: int = Field(ge=0)
    """Users of it in the cycle that is held."""

    def is_like(self, other: JumpedPolicy) -> bool:
        """Whether it is the same jump: the same version, from the same size to about the same."""
        same = (self.key, self.version, self.before) == (other.key, other.version, other.before)
        return same and abs(self.after - other.after) <= BAND * other.after


class PopulationJump(Frozen):
    """Populations that jumped at once, each held until a person says that it is right."""

    kind: Literal["population_jump"] = JUMP
    key: Literal["population_jump"] = JUMP
    name: str = Field(min_length=1)
    """What jumped, for people."""
    since: str
    """The id of the last cycle that was decided: once another is, this jump is over."""
    policies: tuple[JumpedPolicy, ...] = Field(min_length=1)

    def covers(self, other: PopulationJump) -> bool:
        """Whether everything that jumps in the other one is in this one, since the same cycle."""
        known = {one.key: one for one in self.policies}
        return self.since == other.since and all(
            one.key in known and one.is_like(known[one.key]) for one in other.policies
        )
