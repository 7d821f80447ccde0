"""Sets of users as packed bits: bit ``i % 8`` of byte ``i // 8`` is the user at place ``i``.

Bits beyond the last user are 0, so that counting needs no care.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]


def pack(flags: Bools) -> Bits:
    """One bit a user."""
    return np.packbits(flags, bitorder="little")


def unpack(bits: Bits, users: int) -> Bools:
    """One truth value a user."""
    return np.unpackbits(bits, count=users, bitorder="little").view(np.bool_)


def count(bits: Bits) -> int:
    """How many users are in a set."""
    words = bits.size // 8 * 8
    # Eight bytes at a time; the few that are left, singly.
    whole = np.bitwise_count(bits[:words].view(np.uint64)).sum(dtype=np.int64)
    return int(whole + np.bitwise_count(bits[words:]).sum(dtype=np.int64))


def nobody(users: int) -> Bits:
    """No user."""
    return np.zeros((users + 7) // 8, dtype=np.uint8)


def opposite(bits: Bits, users: int) -> Bits:
    """Every user who is not in a set."""
    made = np.bitwise_not(bits)
    if users % 8:
        made[-1] &= (1 << users % 8) - 1
    return made


def everybody(users: int) -> Bits:
    """Every user."""
    return opposite(nobody(users), users)
