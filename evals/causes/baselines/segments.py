"""wise-pizza, a library that looks for the segments behind a change of an average."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from evals.causes.answers import Named
from evals.causes.baselines.before import DIMENSIONS, Before

SEGMENTS = 3


def wise_pizza(before: Before) -> list[Named]:
    """Its segments of one or two values that pull the average down, the largest first."""
    import pandas as pd
    from wise_pizza import explain_changes_in_average

    def frame(now: bool) -> pd.DataFrame:
        counts = before.current if now else before.earlier
        scale = 1 if now else before.periods
        rows = [
            (*values, count.converted / scale, count.entered / scale)
            for values, count in sorted(counts.items())
        ]
        return pd.DataFrame(rows, columns=[*DIMENSIONS, "converted", "entered"])

    with _silence():
        found: Any = explain_changes_in_average(
            frame(now=False),
            frame(now=True),
            dims=list(DIMENSIONS),
            total_name="converted",
            size_name="entered",
            max_segments=SEGMENTS,
            max_depth=2,
            how="totals",
            verbose=0,
        )
    falls = sorted((s for s in found.segments if s["impact"] < 0), key=lambda s: s["impact"])
    return [_named(segment["segment"]) for segment in falls]


def _named(segment: dict[str, object]) -> Named:
    (dimension, value), *also = sorted((column, str(value)) for column, value in segment.items())
    told = " and ".join(f"{column} {value}" for column, value in segment.items())
    return Named(kind=None, dimension=dimension, value=value, also=tuple(also), told=told)


@contextmanager
def _silence() -> Iterator[None]:
    """The library prints, warns and logs as it goes."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
