"""The truth of conditions for many users at once, from what was kept of each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from core.evaluate import Truths
from core.lookups import Literals
from warehouse.batch.bits import Bits
from warehouse.batch.logic import Truth, truth, unknown


def flags(
    names: Iterable[str], truths: Truths, kept: Sequence[Literals]
) -> tuple[dict[str, Bits], dict[str, Bits]]:
    """Who each of these conditions is true for, and of those that cannot be told for everybody who
    it is unknown for; users in the order of what was kept of them."""
    users, leaves = len(kept), _leaves(truths, kept)
    true: dict[str, Bits] = {}
    untold: dict[str, Bits] = {}
    for name in names:
        found = truth(truths.program.trees[name], leaves, users)
        true[name] = found.true
        rest = unknown(found, users)
        if rest is not None and rest.any():
            untold[name] = rest
    return true, untold


def _leaves(truths: Truths, kept: Sequence[Literals]) -> list[Truth]:
    """Leaf → who it is true for, and who it is false for."""
    many = len(truths.program.leaves)
    width = (2 * many + 7) // 8
    lines = b"".join(one.to_bytes(width, "little") for one in kept)
    bits = np.frombuffer(lines, np.uint8).reshape(len(kept), width)
    by_user = np.unpackbits(bits, axis=1, count=2 * many, bitorder="little")
    by_literal = np.packbits(by_user.T, axis=1, bitorder="little")
    return [Truth(by_literal[leaf], by_literal[many + leaf]) for leaf in range(many)]
