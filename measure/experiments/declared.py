"""Who takes part in a declared experiment, and in the global holdout."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlglot import exp, parse_one

from core.experiments import DeclaredExperiment, FromDecisions
from core.rules import Holdout
from measure.experiments.assigned import HELD_OUT, TREATED, Assigned, PlannedArm
from measure.experiments.drawing import drawn_arm, in_share, is_inside
from measure.experiments.hashing import with_number
from measure.queries import DIALECT, literal, query
from warehouse.catalog import Catalog
from warehouse.compile.building import SCHEMA

Shared = dict[str, datetime | timedelta | exp.Expr]
"""What every query of an experiment is bound to."""


def everybody(catalog: Catalog) -> exp.Query:
    """Canonical users: ``user_id, signup_at``."""
    users = catalog.layout.users
    found = query(
        "lift_everybody",
        user=exp.column(users.key),
        signup=exp.column(users.signup) if users.signup else exp.cast(exp.null(), "timestamp"),
        is_canonical=parse_one(users.canonical, dialect=DIALECT),
    )
    # The condition is over the catalog's own columns: so is the table.
    for table in list(found.find_all(exp.Table)):
        table.replace(exp.table_(users.table, db=SCHEMA))
    return found


def by_global_holdout(
    catalog: Catalog,
    holdout: Holdout,
    *,
    since: datetime,
    as_of: datetime,
    horizon: timedelta | None,
) -> Assigned:
    """Everybody, held out everywhere or not; without a horizon what they did up to ``as_of``."""
    start = exp.func("GREATEST", exp.column("signup_at", "u"), literal(since))
    until = exp.Add(this=start, expression=literal(horizon)) if horizon else literal(as_of)
    return Assigned(
        rows=query(
            "lift_global",
            is_held_out=in_share(holdout, exp.column("user_id", "u")),
            since=since,
            as_of=as_of,
            until=until,
        ),
        total=query("lift_total"),
        arms=(
            PlannedArm(HELD_OUT, "held out", holdout.share, True),
            PlannedArm(TREATED, "everybody else", 1 - holdout.share, False),
        ),
        messages=exp.Not(this=exp.Is(this=exp.column("policy_key", "m"), expression=exp.null())),
        recomputed=True,
        before={"everybody": everybody(catalog)},
    )


def by_experiment(catalog: Catalog, one: DeclaredExperiment, *, as_of: datetime) -> Assigned:
    """The arms of a declared experiment, as recorded or as drawn."""
    ends_at = min(one.ends_at or as_of, as_of)
    drawn, inside = drawn_arm(one, "u"), is_inside(one, exp.column("user_id", "u"))
    shared: Shared = {
        "as_of": as_of,
        "starts_at": one.starts_at,
        "ends_at": ends_at,
        "horizon": timedelta(days=one.horizon_days),
        "drawn": drawn,
        "is_inside": inside,
    }
    return Assigned(
        rows=_rows(catalog, one, shared),
        total=_total(one, shared),
        arms=tuple(PlannedArm(a.key, a.name or a.key, a.share, a is one.control) for a in one.arms),
        messages=_messages(one.decisions),
        recomputed=one.salt is not None,
        reached_by="message" if one.decisions else "exposure",
        has_namespace=one.namespace is not None,
        before=_before(catalog, one),
    )


def _rows(catalog: Catalog, one: DeclaredExperiment, shared: Shared) -> exp.Query:
    if one.decisions is not None:
        untreated = tuple(exp.Literal.string(arm.key) for arm in one.arms if not arm.treated)
        meant = _meant(one.decisions)
        return query("lift_decided", is_meant=meant, untreated=untreated, **shared)
    if one.exposure is None:
        return query("lift_drawn", **shared)
    event = catalog.event_named(one.exposure.event) or one.exposure.event
    told = {"event": event, "recorded": _recorded(one.exposure.arm), **shared}
    if one.exposure.arm:
        return query("lift_exposed", arm=exp.column("first_arm", "e"), is_kept=exp.true(), **told)
    # Others meet the event as well: only whom the hash puts into an arm take part.
    drawn, inside = shared["drawn"], shared["is_inside"]
    in_an_arm = exp.NEQ(this=exp.paren(literal(drawn)), expression=exp.Literal.string(""))
    kept = exp.and_(literal(inside), in_an_arm)
    return query("lift_exposed", arm=drawn, is_kept=kept, **told)


def _total(one: DeclaredExperiment, shared: Shared) -> exp.Query:
    if one.salt is not None:
        return query("lift_drawn_total", **shared)
    return query("lift_total")


def _before(catalog: Catalog, one: DeclaredExperiment) -> dict[str, exp.Query]:
    if one.hash == "bucket" or one.salt is None:
        return {"everybody": everybody(catalog)}
    return with_number(everybody(catalog), one.salt, 2 if one.hash == "growthbook_2" else 1)


def _recorded(name: str | None) -> exp.Expr:
    if name is None:
        return exp.cast(exp.null(), "text")
    path = exp.JSONPath(expressions=[exp.JSONPathRoot(), exp.JSONPathKey(this=name)])
    properties = exp.column("properties", "v")
    return exp.JSONExtractScalar(this=properties, expression=path, only_json_types=False)


def _meant(decisions: FromDecisions) -> exp.Expr:
    policy = exp.column("policy_key", "d").eq(exp.Literal.string(decisions.policy))
    if decisions.action is None:
        return policy
    return exp.and_(policy, exp.column("action_key", "d").eq(exp.Literal.string(decisions.action)))


def _messages(decisions: FromDecisions | None) -> exp.Expr:
    """Those of the policy; of an experiment on the product none."""
    if decisions is None:
        return exp.false()
    meant = _meant(decisions)
    for column in meant.find_all(exp.Column):
        column.set("table", exp.to_identifier("m"))
    return meant
