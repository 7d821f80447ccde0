"""What can be read out beside holdouts of policies: experiments, and the global holdout."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from core.errors import Code, PilothouseError, refuse
from core.experiments import DeclaredExperiment, ExperimentArm, FromDecisions
from core.rules import Experiment, Holdout
from measure.experiments.declared import by_experiment, by_global_holdout
from measure.experiments.measured import Subject
from measure.experiments.metrics import of_catalog
from measure.experiments.overlaps import overlaps
from measure.experiments.reading import read
from measure.experiments.readout import ExperimentReadout
from measure.queries import Runner, query, text
from warehouse.catalog import Catalog, unknown_name

GLOBAL = "global"
"""The key of the global holdout's read-out."""
PRE_DAYS = 28


def read_experiment(
    runner: Runner,
    catalog: Catalog,
    key: str,
    experiments: Mapping[str, DeclaredExperiment],
    *,
    as_of: datetime,
) -> ExperimentReadout:
    """One of these experiments at a moment (naive UTC). Refuses with UNKNOWN_KEY."""
    one = experiments.get(key)
    if one is None:
        known = list(experiments)
        raise PilothouseError(unknown_name(Code.UNKNOWN_KEY, "experiment", key, known))
    assigned = by_experiment(catalog, one, as_of=as_of)
    others = {
        name: by_experiment(catalog, other, as_of=as_of)
        for name, other in experiments.items()
        if name != key and one.overlaps(other) and other.starts_at < as_of
    }
    subject = Subject(
        kind="experiment",
        key=key,
        name=one.name,
        assigned=assigned,
        metrics=of_catalog(catalog, one.metrics),
        as_of=as_of,
        horizon_days=one.horizon_days,
        pre_days=one.pre_days,
        planned_units=one.planned_units,
        ends_at=one.ends_at,
        tolerated=one.contamination_tolerated,
        checks=tuple(overlaps(runner, catalog, assigned, others)),
    )
    return read(runner, catalog, subject)


def read_global_holdout(
    runner: Runner,
    catalog: Catalog,
    holdout: Holdout | None,
    *,
    as_of: datetime,
    horizon_days: int | None = None,
    since: datetime | None = None,
) -> ExperimentReadout:
    """Everybody against those held out of everything, from the first decision under it on, or from
    ``since``. Refuses where there is no global holdout, or nothing was decided under it yet."""
    if holdout is None:
        raise refuse(
            Code.UNKNOWN_KEY,
            "There is no global holdout: nobody is held out of everything.",
            fix="Set 'global_holdout' of the contact policy in the catalog's defaults.yaml.",
        )
    start = since or _since(runner, catalog, as_of)
    horizon = timedelta(days=horizon_days) if horizon_days else None
    subject = Subject(
        kind="global_holdout",
        key=GLOBAL,
        name="Global holdout",
        assigned=by_global_holdout(catalog, holdout, since=start, as_of=as_of, horizon=horizon),
        metrics=of_catalog(catalog),
        as_of=as_of,
        horizon_days=horizon_days,
        pre_days=PRE_DAYS,
    )
    return read(runner, catalog, subject)


def _since(runner: Runner, catalog: Catalog, as_of: datetime) -> datetime:
    sql = text(query("lift_global_since", as_of=as_of), catalog)
    ((since,),) = runner.fetch(sql, purpose="since when the global holdout holds").rows
    if since is None:
        raise refuse(
            Code.UNKNOWN_KEY,
            "Nobody was held out of everything in a decision yet.",
            fix="Run a cycle, or name a moment since when it holds.",
        )
    return since


def of_rule(
    policy: str, action: str, experiment: Experiment, *, since: datetime
) -> DeclaredExperiment:
    """The experiment of a policy's entry as if it had been declared."""
    arms = tuple(
        ExperimentArm(
            key=arm.key,
            share=_share(arm.low, arm.high),
            treated=arm.treated,
            buckets=(arm.low, arm.high),
        )
        for arm in experiment.arms
    )
    control = next((one.key for one in arms if not one.treated), arms[0].key)
    return DeclaredExperiment(
        name=f"{experiment.key} of {policy}",
        salt=experiment.salt,
        arms=tuple(one.model_copy(update={"control": one.key == control}) for one in arms),
        decisions=FromDecisions(policy=policy, action=action),
        starts_at=since,
    )


def _share(low: str, high: str | None) -> float:
    end = 2**32 if high is None else int(high, 16)
    return (end - int(low, 16)) / 2**32
