"""What a scenario is: the question, how large the app is, and what was planted in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from core.conditions import Frozen
from evals.causes.worlds.app import DAY, IOS

MONDAY = datetime(2026, 6, 22)
"""Where every world's current week begins; moments inside a world are seconds from here."""

Kind = Literal[
    "late_data",
    "tracking_break",
    "null_property",
    "identity_change",
    "timezone_shift",
    "entrant_inflation",
    "mix_shift",
    "delivery_failure",
    "suppression_cap",
    "holdout_misconfiguration",
    "consent_drop",
    "release_regression",
    "segment_regression",
    "two_way_cell",
    "returning_only",
    "platform_fall",
    "global_dip",
    "price_change",
    "currency_change",
    "duplicate_events",
]
Trap = Literal["trend", "rising_control", "rise", "innocent_release", "capped_by_zeal"]
"""What moves numbers without being a cause of a fall in the segment this week."""

Where = tuple[str, str]
"""A column of users and its value."""


@dataclass(frozen=True)
class Planted:
    """One cause. ``size`` is in the unit of its kind: log odds, a share, hours, or a factor."""

    kind: Kind
    size: float
    since: float = 0.0
    """When it begins, in seconds from the start of the week."""
    step: int | None = None
    """The transition that falls (0 is the first), or for measurement the event that is missing."""
    where: tuple[Where, ...] = ()
    """Whom it concerns beyond the platform; both of two."""
    platforms: tuple[int, ...] = (IOS,)
    version: str | None = None
    """The version that does it."""

    def weaker(self, factor: float) -> Planted:
        """The same cause with less of it; a factor or hours shrink towards doing nothing."""
        if self.kind in ("mix_shift", "price_change", "currency_change"):
            return replace(self, size=1 + (self.size - 1) * factor)
        return replace(self, size=self.size * factor)


@dataclass(frozen=True)
class Release:
    """A version of a platform's app and when it came out, in seconds from the start of the week."""

    platform: int
    version: str
    at: float


@dataclass(frozen=True)
class Scenario:
    """A world before it is made: the same seed gives the same one."""

    seed: int
    entrants: int
    """Users of the segment who open the app in a week; the control has as many, give or take."""
    control_entrants: int
    weeks: int
    """Whole weeks before the current one."""
    end: float
    """The period asked about is [0, end), in seconds from the start of the week."""
    as_of: float
    planted: tuple[Planted, ...]
    traps: tuple[Trap, ...]
    releases: tuple[Release, ...]
    weak: bool = False
    nuisance: dict[str, float] | None = None
    """How strong each trap is, and at which step."""

    @property
    def mid_week(self) -> bool:
        """Whether it is asked before the week is over."""
        return self.end < 7 * DAY

    def without(self, cause: Planted) -> Scenario:
        """The same world where one cause never happened."""
        return replace(self, planted=tuple(p for p in self.planted if p is not cause))

    def moment(self, seconds: float) -> datetime:
        """A moment of the world as a naive UTC time."""
        return MONDAY + timedelta(seconds=seconds)


class Truth(Frozen):
    """A planted cause and what it did to the segment's rate, as far as it is known by then."""

    kind: Kind
    step: int | None
    where: tuple[tuple[str, str], ...]
    version: str | None
    effect: float
    """Relative to the rate that the same world has without it: -0.2 is a fifth fewer."""
    harmless: bool = False
    """It must not move the rate: nobody has to name it, and whoever does is not wrong."""
