"""A jump that holds a cycle, in words."""

from __future__ import annotations

from core.jumps import BAND, JumpedPolicy, PopulationJump
from ui.console.view.text import number, people


def jump_lines(jump: PopulationJump) -> list[str]:
    """One line for each policy: how many users before and now."""
    return [_line(one) for one in jump.policies]


def jump_consequence(jump: PopulationJump) -> str:
    """What accepting does, in a sentence or two of Markdown."""
    now = max(one.after for one in jump.policies)
    size = f"for **{people(now)}**, or up to {BAND:.0%} more or fewer,"
    about = size if now else "with **nobody**"
    return (
        f"The next cycle decides {about} in this population. "
        "It accepts this jump and no other; rejecting it keeps cycles held."
    )


def _line(one: JumpedPolicy) -> str:
    size = f"{number(one.before)} → {number(one.after)} users since the last cycle"
    return f"{one.key} v{one.version}: {size}"
