"""What every stage of a diagnosis reads, and what it gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from math import exp
from typing import Literal

from core.diagnoses import MessageLoss
from measure.changes import LEAST_RATE, Change, Sign, p_towards, step_change, whole_change
from measure.compared import Slice
from measure.figures import Figures
from measure.funnel import FunnelCells, Span, count_funnel
from measure.queries import Bindable, Runner
from measure.statistics import log_odds_of
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
    figures: Figures
    sign: Sign = -1
    """Which way the metric is asked about: stages look for what moved it that way."""
    explained: float = 0.0
    """What is explained already without a recount, on the log scale of the rate."""
    named: frozenset[tuple[str, str]] = frozenset()
    """Values (dimension, value) whose move has its reason already."""
    told_steps: frozenset[int] = frozenset()
    """Steps whose move has its reason, or a part of it, already."""
    located_steps: frozenset[int] = frozenset()
    """Those of them of which it is known whose move it was."""

    @property
    def rest(self) -> float:
        """One-sided p-value that a move remains which no stage has explained."""
        own = self.change.own
        freed = min(1 - LEAST_RATE, max(self.change.rate, LEAST_RATE) * exp(-self.explained))
        return p_towards(own._replace(change=log_odds_of(freed) - own.expected), self.sign)

    @property
    def still_moved(self) -> bool:
        """Whether a move remains that no stage has explained."""
        return self.change.where != "nowhere" and self.rest < ALPHA

    @property
    def unexplained(self) -> float:
        """What no stage has explained yet, on the log scale of the rate."""
        return self.change.log_rate - self.explained

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

    def periods_back(self, most: int) -> datetime:
        """When the earliest of so many baseline periods began."""
        stretches = self.span.periods.stretches
        return stretches[min(most, len(stretches) - 1)].start

    def step_name(self, number: int) -> str:
        """A step and the one that it leads to."""
        return " → ".join(self.cells.steps[number - 1 : number + 1])

    @property
    def grew(self) -> str:
        """The verb of the move asked about."""
        return "fell" if self.sign < 0 else "rose"

    @cached_property
    def change(self) -> Change:
        """The change of the whole funnel."""
        return whole_change(self.cells, self.span.periods, self.has_control, self.sign)

    def step(self, number: int) -> Change:
        """The change of one step to the next."""
        return step_change(self.cells, number, self.span.periods, self.has_control, self.sign)

    def recounted(self, span: Span | None = None, steps: tuple[str, ...] | None = None) -> Inquiry:
        """The same inquiry over another span or other steps, counted again."""
        span, steps = span or self.span, steps or self.cells.steps
        cells = count_funnel(self.runner, self.catalog, steps, span)
        return replace(self, span=span, cells=cells)

    def having_told_steps(self, steps: Iterable[int]) -> Inquiry:
        """The same inquiry, in which what these steps did has its reason."""
        return replace(self, told_steps=self.told_steps.union(steps))

    def having_located(self, steps: Iterable[int]) -> Inquiry:
        """The same inquiry, in which it is told whose move these steps' was."""
        steps = frozenset(steps)
        told = self.having_told_steps(steps)
        return replace(told, located_steps=self.located_steps | steps)

    def having_named(self, dimension: str, value: str) -> Inquiry:
        """The same inquiry, in which whatever is left of a value's move has its reason."""
        return replace(self, named=self.named | {(dimension, value)})

    def having_explained(self, effect: float) -> Inquiry:
        """The same inquiry with an effect more explained."""
        return replace(self, explained=self.explained + effect)


@dataclass(frozen=True)
class Check:
    """A query of ``sql/checks`` that would confirm or refute a suspect."""

    title: str
    query: str
    values: Mapping[str, Bindable] = field(default_factory=dict)


@dataclass(frozen=True)
class Ground:
    """What speaks for a suspect or against it."""

    sentence: str
    sql: tuple[str, ...]
    speaks: Literal["for", "against"] = "for"


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
    checks: tuple[Check, ...]
    error: float | None = None
    """The effect's standard error, where it can be told."""
    since: str | None = None
    grounds: tuple[Ground, ...] = ()


@dataclass(frozen=True)
class Ruled:
    """A hypothesis that was tested and does not hold."""

    kind: str
    sentence: str
    sql: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stage:
    """What a stage gives: whom it suspects, what it ruled out, and the inquiry corrected."""

    inquiry: Inquiry
    suspects: tuple[Suspect, ...] = ()
    ruled_out: tuple[Ruled, ...] = ()
    tests: int = 1
    """How many hypotheses were tested."""
    messages: Sequence[MessageLoss] = ()


def shift_of(before: Inquiry, after: Inquiry) -> float:
    """What a correction takes out of the change, on the log scale of the rate."""
    return before.change.log_rate - after.change.log_rate
