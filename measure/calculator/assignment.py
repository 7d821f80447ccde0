"""Hashes, buckets and namespaces."""

from __future__ import annotations

from measure.calculator.given import (
    Inputs,
    Method,
    Outputs,
)
from measure.methods import (
    buckets,
)


def _hashes(given: Inputs) -> Outputs:
    return {"hash": [buckets.growthbook_hash(*one) for one in given["seed_value_version"]]}


def _ranges(given: Inputs) -> Outputs:
    found = [buckets.bucket_ranges(*one) for one in given["n_coverage_weights"]]
    return {"ranges": [[list(one) for one in ranges] for ranges in found]}


def _variations(given: Inputs) -> Outputs:
    return {"variation": [buckets.choose_variation(*one) for one in given["n_ranges"]]}


def _namespaces(given: Inputs) -> Outputs:
    found = [buckets.in_namespace(user, tuple(one)) for user, one in given["user_namespace"]]
    return {"inside": found}


METHODS: dict[str, Method] = {
    "bucket_ranges": _ranges,
    "choose_variation": _variations,
    "growthbook_hash": _hashes,
    "in_namespace": _namespaces,
}
