"""Quantiles of arms: their order statistics are picked out where the data is."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from measure.experiments.measured import Compared
from measure.methods.arms import Z95, Arm, quantile_arm
from measure.queries import AS_RECORDED, Runner, query, text
from warehouse.catalog import Catalog


def arms(
    runner: Runner,
    catalog: Catalog,
    metric: Compared,
    place: int,
    tables: Mapping[str, exp.Query],
) -> dict[str, Arm]:
    """Arm → its quantile, with the variance that the interval of its order statistics tells."""
    assert metric.share is not None, "a quantile has a share"
    sql = query("lift_quantile", share=metric.share, z=Z95, metric=place)
    fetched = runner.fetch(
        text(sql, catalog, AS_RECORDED, **tables), purpose=f"{metric.name} by arm"
    )
    return {
        arm: quantile_arm(float(n), float(value), float(low), float(high))
        for arm, n, value, low, high in fetched.rows
    }
