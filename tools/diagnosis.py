"""Why a number moved: funnels, message exposure and ranked causes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol

from langchain_core.tools import BaseTool, tool

from core.artifacts import DebugReport, ExposureRow, FunnelRow
from core.conditions import Frozen
from core.errors import PilothouseError
from measure.compared import Compared, SliceOf
from tools.context import Refused, refused
from warehouse.catalog import Catalog
from warehouse.runner import CheckedRunner

Direction = Literal["drop", "rise", "change"]


class Data(Protocol):
    """What a diagnosis needs of its surroundings: a ``ToolContext`` has it."""

    @property
    def catalog(self) -> Catalog:
        """The catalog of the warehouse."""
        ...

    @property
    def runner(self) -> CheckedRunner:
        """Runs what we compile, checked."""
        ...

    @property
    def as_of(self) -> datetime:
        """The moment of asking, naive UTC."""
        ...


class Slice(Frozen):
    """Users by one column's value, with the label people use."""

    label: str
    column: str
    value: str


def diagnosis_tools(context: Data) -> tuple[BaseTool, ...]:
    """``funnel``, ``exposure`` and ``diagnose``."""

    def report(
        metric: str,
        start: datetime,
        end: datetime,
        segment: Slice | None,
        control: Slice | None,
        direction: Direction,
    ) -> DebugReport | Refused:
        # Statistics bring scipy with them: nobody who asks for a rule waits for that.
        from measure.diagnose import diagnose as diagnose_metric

        try:
            return diagnose_metric(
                context.runner,
                context.catalog,
                metric=metric,
                compared=Compared(_slice(segment), _slice(control)),
                start=start,
                end=end,
                as_of=context.as_of,
                direction=direction,
            )
        except PilothouseError as error:
            return refused(error)

    @tool
    def funnel(
        metric: str,
        start: datetime,
        end: datetime,
        segment: Slice | None = None,
        control: Slice | None = None,
    ) -> list[FunnelRow] | Refused:
        """Count a metric's funnel by step for a segment and its control, now and before.

        `metric` is a catalog metric; the period is [start, end) in UTC. Returns one row a step,
        segment and period with entered, converted, rate and a 95 % interval.
        """
        result = report(metric, start, end, segment, control, "change")
        return result if isinstance(result, Refused) else list(result.funnel)

    @tool
    def exposure(
        metric: str,
        start: datetime,
        end: datetime,
        segment: Slice | None = None,
        control: Slice | None = None,
    ) -> list[ExposureRow] | Refused:
        """Compare which messages a segment and its control got, now and before.

        Returns per segment and period: users, selected, sent, delivered, suppressed, held out and
        delivered messages per user.
        """
        result = report(metric, start, end, segment, control, "change")
        return result if isinstance(result, Refused) else list(result.exposure)

    @tool
    def diagnose(
        metric: str,
        start: datetime,
        end: datetime,
        segment: Slice | None = None,
        control: Slice | None = None,
        direction: Direction = "drop",
        kind: str = "debug_question",
    ) -> DebugReport | Refused:
        """Explain why a metric moved in a segment against a control.

        Returns a verdict (which may be: no significant drop), funnel, exposure, likely causes in
        order with evidence and a runnable next check each, and what was ruled out.
        """
        return report(metric, start, end, segment, control, direction)

    return funnel, exposure, diagnose


def _slice(given: Slice | None) -> SliceOf | None:
    return SliceOf(given.column, given.value, given.label) if given else None
