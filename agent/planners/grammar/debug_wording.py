"""A debug question in the words of a prompt: what a person may pick instead of writing it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from agent.planners.grammar.debug_words import Direction
from agent.planners.port import Segment
from core.artifacts import Choice
from warehouse.catalog import Catalog

_VERBS: dict[Direction, str] = {"drop": "drop", "rise": "rise", "change": "change"}
_MOST = 4


class Asked:
    """What is understood of a debug question so far."""

    def __init__(self, catalog: Catalog, start: datetime, end: datetime) -> None:
        self.catalog = catalog
        self.start = start
        self.end = end
        self.direction: Direction = "drop"
        self.metric = ""
        self.segment: Segment | None = None
        self.control: Segment | None = None

    def prompt(self, metric: str, segment: Segment | None, control: Segment | None) -> str:
        """The whole prompt that asks for a metric in a segment against a control."""
        on = f" for {_label(segment)}" if segment else ""
        against = f" compared with {_label(control)}" if control else ""
        last = self.end - timedelta(seconds=1)
        return (
            f"Why did {metric.replace('_', ' ')} {_VERBS[self.direction]}{on}{against} "
            f"between {self.start:%Y-%m-%d} and {last:%Y-%m-%d}?"
        )

    def of_metrics(self, names: Iterable[str]) -> tuple[Choice, ...]:
        """One choice a metric, the first ones by name."""
        return tuple(
            Choice(label=name.replace("_", " "), prompt=self.prompt(name, self.segment, None))
            for name in sorted(names)[:_MOST]
        )

    def of_segments(self, segments: list[Segment]) -> tuple[Choice, ...]:
        """One choice a segment, each looked at alone."""
        return tuple(
            Choice(label=one.label, prompt=self.prompt(self.metric, one, None))
            for one in segments[:_MOST]
        )

    def of_sides(self, first: Segment, second: Segment) -> tuple[Choice, ...]:
        """Two values, either against the other."""
        return tuple(
            Choice(
                label=f"{one.label} compared with {other.label}",
                prompt=self.prompt(self.metric, one, other),
            )
            for one, other in ((first, second), (second, first))
        )


def _label(segment: Segment) -> str:
    return f"{segment.label} users"
