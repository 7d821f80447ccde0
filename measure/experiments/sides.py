"""Arms as rows of the cells, and one side of a metric from them."""

from __future__ import annotations

from measure.experiments.cells import Cells, Mask
from measure.experiments.effects import Side
from measure.methods.arms import Arm


def side(cells: Cells, place: int, part: Mask, quantile: Arm | None = None) -> Side:
    """The metric at a place over some rows."""
    return Side(
        sums=cells.sums(place, part),
        applied=cells.number("reached", part),
        product=cells.number(f"ya{place}", part),
        bad=int(cells.number(f"bad{place}", part)),
        quantile=quantile,
    )
