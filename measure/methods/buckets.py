"""Assignment as GrowthBook's SDKs do it: hashes, bucket ranges, namespaces."""

from __future__ import annotations

from collections.abc import Sequence

Range = tuple[float, float]
BASIS, PRIME, MASK = 0x811C9DC5, 0x01000193, 0xFFFFFFFF
"""Of the 32-bit FNV-1a hash."""


def fnv1a32(text: str) -> int:
    """The 32-bit FNV-1a hash of a text's UTF-8 bytes."""
    found = BASIS
    for byte in text.encode():
        found = ((found ^ byte) * PRIME) & MASK
    return found


def growthbook_hash(seed: str, value: str, version: int) -> float | None:
    """In [0, 1); None for an unknown version."""
    if version == 2:
        return fnv1a32(str(fnv1a32(seed + value))) % 10_000 / 10_000
    if version == 1:
        return fnv1a32(value + seed) % 1_000 / 1_000
    return None


def bucket_ranges(
    variations: int, coverage: float = 1.0, weights: Sequence[float] | None = None
) -> list[Range]:
    """The range of each variation; equal weights where those given do not fit or do not add up."""
    equal = [1 / variations] * variations
    fit = weights is not None and len(weights) == variations
    chosen = list(weights) if weights is not None and fit else equal
    if not 0.99 <= sum(chosen) <= 1.01:
        chosen = equal
    kept = min(1.0, max(0.0, coverage))
    ranges, start = [], 0.0
    for weight in chosen:
        ranges.append((start, start + kept * weight))
        start += weight
    return ranges


def choose_variation(n: float, ranges: Sequence[Range]) -> int:
    """Which range holds the hash; -1 for none."""
    return next((k for k, (low, high) in enumerate(ranges) if low <= n < high), -1)


def in_namespace(user: str, namespace: tuple[str, float, float]) -> bool:
    """Whether a user's hash lies in the part of a namespace that an experiment has."""
    name, start, end = namespace
    return start <= fnv1a32(f"{user}__{name}") % 1_000 / 1_000 < end
