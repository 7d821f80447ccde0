"""What a look for drift found: one finding a series, each with the query behind it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from core.conditions import Frozen

Kind = Literal["volume", "nulls", "values"]
Verdict = Literal["quiet", "watch", "alert"]


class Origin(Frozen):
    """Where a drift comes from: without this part of the events it would not be one."""

    dimension: Literal["platform", "version"]
    value: str
    share: float
    """Of the whole change, between 0 and 1, that this part brings."""


class Finding(Frozen):
    """One series of the data on the day looked at, against its seasonal reference."""

    kind: Kind
    subject: str
    """An event, ``event.property`` or a trait."""
    event: str | None
    """The event that it is read from; None for a trait."""
    verdict: Verdict
    now: float
    """Volume: events; nulls: the share without a value; values: the PSI."""
    expected: float
    """Volume and nulls: what the reference makes of the day; values: the PSI that one week in
    a hundred reaches among the reference weeks themselves."""
    p: float | None = None
    """Two-sided, of the day under its reference; None for values, which are held against
    ``expected``."""
    distance: float | None = None
    """Values that are numbers: the largest distance of the two distributions (Kolmogorov-Smirnov),
    on the bins."""
    origin: Origin | None = None
    sentence: str
    query_id: str


class Query(Frozen):
    """A query that a look ran."""

    id: str
    purpose: str
    text: str


class DriftReport(Frozen):
    """A look at everything that the catalog names, for one whole day."""

    day: date | None
    """The last whole day of the data; None when there is none."""
    as_of: datetime
    weeks: int
    """Weeks of the reference."""
    findings: tuple[Finding, ...] = ()
    """What drifts first, the worst first; then what is quiet."""
    unjudged: tuple[str, ...] = ()
    """What could not be judged, each with the reason."""
    queries: tuple[Query, ...] = ()

    @property
    def drifting(self) -> tuple[Finding, ...]:
        """What somebody has to look at."""
        return tuple(one for one in self.findings if one.verdict == "alert")
