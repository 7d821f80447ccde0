"""What every stage of a diagnosis reads, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from measure.changes import Change, whole_change
from measure.compared import Slice
from measure.funnel import FunnelCells, Span, count_funnel
from measure.queries import Bindable, Runner
from measure.thresholds import ALPHA
from warehouse.catalog import Catalog

Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True)
class Inquiry:
    """A funnel as counted so far, with the means to count more."""

    runner: Runner
    catalog: Catalog
    span: Span
    cells: FunnelCells
    explained: float = 0.0
    """What is explained already without a recount, on the log scale; never above 0."""

    @property
    def still_fell(self) -> bool:
        """Whether a fall remains that no stage has explained."""
        own = self.change.own
        rest = own._replace(change=own.change - self.explained)
        fell = self.change.where != "nowhere"
        return fell and rest.p_fall < ALPHA

    @property
    def baselines(self) -> list[int]:
        """The indexes of the baseline periods."""
        return [s.index for s in self.span.periods.baselines]

    @property
    def has_control(self) -> bool:
        """Whether there is a control."""
        return "control" in self.span.compared.slices

    @property
    def segment(self) -> str:
        """The segment, as people name it."""
        return self.span.compared.labels["segment"]

    @property
    def control(self) -> str:
        """The control, as people name it."""
        return self.span.compared.labels.get("control", "nobody")

    def label(self, part: Slice) -> str:
        """A slice, as people name it."""
        return self.span.compared.labels[part]

    @cached_property
    def change(self) -> Change:
        """The change of the whole funnel."""
        return whole_change(self.cells, self.baselines, self.has_control)

    def recounted(self, span: Span | None = None, steps: tuple[str, ...] | None = None) -> Inquiry:
        """The same inquiry over another span or other steps, counted again."""
        span, steps = span or self.span, steps or self.cells.steps
        cells = count_funnel(self.runner, self.catalog, steps, span)
        return replace(self, span=span, cells=cells)


@dataclass(frozen=True)
class Check:
    """A query of ``sql/checks`` that would confirm or refute a suspect."""

    title: str
    query: str
    values: dict[str, Bindable] = field(default_factory=dict)


@dataclass(frozen=True)
class Suspect:
    """A likely cause. ``effect`` is what it did to the rate, on the log scale."""

    kind: str
    sentence: str
    dimension: str | None
    value: str | None
    effect: float
    confidence: Confidence
    evidence: tuple[str, ...]
    check: Check


@dataclass(frozen=True)
class Stage:
    """What a stage gives: whom it suspects, what it ruled out, and the inquiry corrected."""

    inquiry: Inquiry
    suspects: tuple[Suspect, ...] = ()
    ruled_out: tuple[str, ...] = ()


def percent(share: float, digits: int = 1) -> str:
    """A fraction for people."""
    return f"{100 * share:.{digits}f} %"
