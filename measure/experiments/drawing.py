"""The lots of experiments in SQL: buckets and GrowthBook's hashes, equal to those in Python."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from core.assignment import share_end
from core.experiments import DeclaredExperiment, bucket_range
from core.rules import Holdout
from measure.methods.buckets import bucket_ranges

NOBODY = exp.Literal.string("")
"""The arm of whom no arm has."""


def bucket_of(salt: str, unit: exp.Expr) -> exp.Expr:
    """``core.assignment.bucket`` in SQL."""
    salted = exp.DPipe(this=exp.Literal.string(f"{salt}:"), expression=unit.copy(), safe=True)
    return exp.Left(this=exp.MD5(this=salted), expression=exp.Literal.number(8))


def in_range(bucket: exp.Expr, low: str, high: str | None) -> exp.Expr:
    """``core.assignment.in_range`` in SQL."""
    inside: exp.Expr = exp.GTE(this=bucket.copy(), expression=exp.Literal.string(low))
    if high is None:
        return inside
    below = exp.LT(this=bucket.copy(), expression=exp.Literal.string(high))
    return exp.paren(exp.And(this=inside, expression=below))


def in_share(holdout: Holdout, unit: exp.Expr) -> exp.Expr:
    """Whether a unit is held out."""
    return exp.paren(in_range(bucket_of(holdout.salt, unit), "00000000", share_end(holdout.share)))


def drawn_arm(experiment: DeclaredExperiment, user: str) -> exp.Expr:
    """The arm that salt and shares give a row of ``everybody``, under this alias; an empty text
    for none, NULL where it cannot be known."""
    if experiment.salt is None:
        return exp.cast(exp.null(), "text")
    if experiment.hash == "bucket":
        return _by_bucket(experiment, experiment.salt, exp.column("user_id", user))
    shares = [one.share for one in experiment.arms]
    whole = sum(shares)
    ranges = bucket_ranges(len(shares), whole, [one / whole for one in shares])
    keys = [one.key for one in experiment.arms]
    return _by_number(exp.column("number", user), list(zip(keys, ranges, strict=True)))


def is_inside(experiment: DeclaredExperiment, unit: exp.Expr) -> exp.Expr:
    """Whether a unit is of the part of the namespace that the experiment has."""
    namespace = experiment.namespace
    if namespace is None:
        return exp.true()
    ends = bucket_range(namespace.start, namespace.end)
    return in_range(bucket_of(namespace.salt, unit), *ends)


def _by_bucket(experiment: DeclaredExperiment, salt: str, unit: exp.Expr) -> exp.Expr:
    found, bucket = exp.Case(), bucket_of(salt, unit)
    for key, low, high in experiment.ranges():
        inside = in_range(bucket, low, high)
        found = found.when(inside, exp.Literal.string(key))
    return found.else_(NOBODY.copy())


def _by_number(number: exp.Expr, ranges: Sequence[tuple[str, tuple[float, float]]]) -> exp.Expr:
    unknown = exp.Is(this=number.copy(), expression=exp.null())
    found = exp.Case().when(unknown, exp.cast(exp.null(), "text"))
    for key, (low, high) in ranges:
        inside = exp.and_(
            exp.GTE(this=number.copy(), expression=exp.Literal.number(repr(low))),
            exp.LT(this=number.copy(), expression=exp.Literal.number(repr(high))),
        )
        found = found.when(inside, exp.Literal.string(key))
    return found.else_(NOBODY.copy())
