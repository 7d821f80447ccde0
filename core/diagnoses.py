"""The parts of a debug report: what moved, by how much, why most likely, and how sure that is.

Rates and their changes are fractions; a relative change of -0.2 is a fall by a fifth. Intervals
are 95 %. ``sql`` names the queries that made a number: their ids in the answer's list of SQL.
"""

from __future__ import annotations

from typing import Any, Literal

from core.conditions import Frozen

Moved = Literal["drop", "rise", "none", "unknown"]
Place = Literal["segment", "both", "unclear", "nowhere"]
Trusted = Literal["good", "fair", "poor"]


class Figure(Frozen):
    """A number as the report's sentences write it, and the queries that made it."""

    text: str
    value: float | None
    """None: a name that the data gave, such as a version's."""
    sql: tuple[str, ...]


class Headline(Frozen):
    """The change of the whole metric in the segment, and whether it is more than noise."""

    moved: Moved
    """``unknown``: too little history or too few users to say."""
    where: Place
    rate_now: float
    rate_expected: float
    """What earlier periods lead one to expect, each as known at the same moment of its own."""
    change: float
    """``rate_now - rate_expected``: contributions of steps, and of causes with what is left,
    sum to it."""
    naive: float | None
    """Relative change against the period before as it is known today."""
    aligned: float | None
    """The same against the period before as it was known at the same moment of its own."""
    mature: float | None
    """Relative change among users who have had the whole window."""
    own_z: float
    control_z: float | None
    difference_z: float | None
    """Segment minus control."""
    p: float
    smallest_visible: float
    """The relative change that would have been seen four times out of five."""
    trend: float | None = None
    """Relative change a period that earlier periods already had, where they had one."""
    season: float | None = None
    """Relative change of the same period a year ago, where it is taken into account."""
    sql: tuple[str, ...] = ()

    @property
    def incomplete(self) -> float | None:
        """How much of the naive change is only that the period is not over."""
        if self.naive is None or self.aligned is None:
            return None
        return self.naive - self.aligned


class Rate(Frozen):
    """Users who reached a step and went on, with the interval of their rate."""

    entered: int
    converted: int
    rate: float
    low: float
    high: float


class StepChange(Frozen):
    """One step of the funnel, now and in earlier periods, in the segment and its control."""

    step: str
    now: Rate
    before: Rate
    control_now: Rate | None
    control_before: Rate | None
    change: float
    """Relative change of the segment's odds against what was expected, less the control's where
    there is one."""
    low: float
    high: float
    z: float
    significant: bool
    contribution: float
    """Its part in the change of the whole rate; the parts of all steps sum to it."""
    sql: tuple[str, ...]


class MessageLoss(Frozen):
    """One way in which candidate messages failed to reach users, now and before."""

    action: str
    way: str
    """The channel that fails, or the reason code that stops."""
    now: float
    before: float
    control_now: float | None
    control_before: float | None
    z: float
    messages: float
    """Messages that were not delivered because of it; below 0: more were."""
    worth: float | None
    """What one is worth in conversions, by the randomised holdout; None: it cannot say."""
    contribution: float
    sql: tuple[str, ...]


class Evidence(Frozen):
    """One observation that speaks for or against a cause."""

    speaks: Literal["for", "against"]
    sentence: str
    sql: tuple[str, ...]


class CheckRun(Frozen):
    """A query that would confirm or refute a cause, and what it gave when it ran."""

    title: str
    sql: str
    query: str
    """Its id in the answer's list of SQL."""
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    """The first rows."""
    row_count: int


class Rejected(Frozen):
    """A hypothesis that was tested and does not hold."""

    kind: str
    sentence: str
    sql: tuple[str, ...]


class Trust(Frozen):
    """One reason to trust the data under a report, or not to."""

    name: str
    level: Trusted
    sentence: str
    sql: tuple[str, ...]
