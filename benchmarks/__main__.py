"""Every benchmark in one table: ``python -m benchmarks`` (or ``make bench``).

Seconds depend on the machine and on what else it does. CPU time does so less,
and the ratio to a yardstick of the same run least of all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable

from benchmarks import (
    bench_audit,
    bench_collect,
    bench_console,
    bench_cycle,
    bench_deliver,
    bench_diagnosis,
    bench_effects,
    bench_evaluate,
    bench_identity,
    bench_kill,
    bench_lift,
    bench_loop,
    bench_models,
    bench_on_events,
    bench_online,
    bench_policies,
    bench_prompts,
    bench_rule,
    bench_simulation,
)
from benchmarks.measured import Measured
from ui import telemetry

BENCHMARKS: tuple[Callable[[], list[Measured]], ...] = (
    bench_rule.measure,
    bench_policies.measure,
    bench_prompts.measure,
    bench_loop.measure,
    bench_collect.measure,
    bench_identity.measure,
    bench_models.measure,
    bench_evaluate.measure,
    bench_online.measure,
    bench_on_events.measure,
    bench_cycle.measure,
    bench_deliver.measure,
    bench_diagnosis.measure,
    bench_kill.measure,
    bench_lift.measure,
    bench_simulation.measure,
    bench_effects.measure,
    bench_audit.measure,
    bench_console.measure,
)
HEADINGS = ("what", "measured", "limit", "", "CPU", "ratio", "to")


def main() -> None:
    """Measure everything and print it; the exit status says whether the limits held."""
    telemetry.configure_logging(quiet=True)
    measured = [one for benchmark in BENCHMARKS for one in benchmark()]
    print(table(measured))
    cores, busy = os.cpu_count() or 1, os.getloadavg()[0]
    print(f"\n{cores} cores, load {busy:.1f} at the end")
    sys.exit(0 if all(one.fine for one in measured) else 1)


def table(measured: Iterable[Measured]) -> str:
    """One line a measurement, in columns."""
    rows = [HEADINGS, *(_row(one) for one in measured)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
             for row in rows]  # fmt: skip
    return "\n".join(line.rstrip() for line in lines)


def _row(one: Measured) -> tuple[str, ...]:
    return (
        one.what,
        f"{one.value:,.2f} {one.unit}",
        f"{one.limit:,.0f} {one.unit}" if one.limit is not None else "",
        "" if one.limit is None else "ok" if one.fine else "over",
        f"{one.cpu:,.2f}" if one.cpu is not None else "",
        f"{one.ratio:,.1f}" if one.ratio is not None else "",
        one.yardstick,
    )


if __name__ == "__main__":
    main()
