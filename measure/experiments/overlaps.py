"""Other experiments on the same users: whether their arms are spread evenly over these arms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from scipy.stats import chi2_contingency
from sqlglot import exp

from measure.experiments.assigned import Assigned
from measure.experiments.effects import never_zero
from measure.experiments.readout import Check
from measure.queries import AS_RECORDED, Runner, query, text
from measure.statistics import p_text
from warehouse.catalog import Catalog

UNEVEN = 0.001
"""Below this p the other experiment's arms are not spread by chance over these."""


def overlaps(
    runner: Runner, catalog: Catalog, mine: Assigned, others: Mapping[str, Assigned]
) -> Iterator[Check]:
    """One check for each other experiment that some of the same users are in."""
    for key, other in others.items():
        fetched = runner.fetch(
            text(query("lift_overlap"), catalog, AS_RECORDED, **_tables(mine, other)),
            purpose=f"users who are in {key} as well",
        )
        if fetched.rows:
            yield _check(key, [(arm, their, int(n)) for arm, their, n in fetched.rows])


def _tables(mine: Assigned, other: Assigned) -> dict[str, exp.Query]:
    """Both assignments; what the other is made of has names of its own."""
    renamed = {name: f"other_{name}" for name in other.before}
    theirs = {renamed[name]: _with_names(one, renamed) for name, one in other.before.items()}
    return {
        **mine.before,
        "assigned": mine.rows,
        **theirs,
        "other": _with_names(other.rows, renamed),
    }


def _with_names(rows: exp.Query, renamed: Mapping[str, str]) -> exp.Query:
    found = rows.copy()
    for table in list(found.find_all(exp.Table)):
        if not table.db and table.name in renamed:
            table.set("this", exp.to_identifier(renamed[table.name]))
    return found


def _check(key: str, rows: list[tuple[str, str, int]]) -> Check:
    counts = {(arm, their): n for arm, their, n in rows}
    arms, theirs = sorted({arm for arm, _ in counts}), sorted({their for _, their in counts})
    table = np.array([[counts.get((arm, their), 0) for their in theirs] for arm in arms])
    shared = int(table.sum())
    told = f"{shared:,} of these users are in the experiment '{key}' as well"
    if min(table.shape) < 2:
        return Check(name="overlap", outcome="passed", p=None, sentence=f"{told}, in one arm.")
    p = never_zero(float(chi2_contingency(table, correction=False).pvalue))
    if p < UNEVEN:
        sentence = f"{told}, and its arms are not spread evenly over these ({p_text(p)})."
        return Check(name="overlap", outcome="failed", p=p, sentence=sentence)
    sentence = f"{told}; its arms are spread evenly over these ({p_text(p)})."
    return Check(name="overlap", outcome="passed", p=p, sentence=sentence)
