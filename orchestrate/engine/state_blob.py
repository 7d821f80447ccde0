"""A state as bytes and back: all that a record keeps of it besides the flags."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from orchestrate.engine.state import NOTHING, Buckets, Places, Slots, State
from warehouse.batch.bits import Bits

Array = npt.NDArray[Any]


def pack_state(state: State) -> bytes:
    """Everything but users and flags; what is the same for everybody is left out."""
    arrays: dict[str, Array] = {"size": np.array([state.size], np.int64)}
    arrays |= {f"score:{name}": values for name, values in state.scores.items()}
    for (purpose, channel), codes in state.consent.items():
        arrays[f"consent:{purpose}:{channel}"] = codes
    arrays |= {f"address:{name}": np.packbits(has) for name, has in state.address.items()}
    arrays |= {
        name: np.packbits(getattr(state, name)) for name in _BITS if getattr(state, name).any()
    }
    arrays |= {name: _small(getattr(state, name)) for name in _COUNTS}
    if (state.standing != NOTHING).any():
        arrays["standing"] = state.standing
    arrays |= {f"resting:{key}": places for key, places in state.resting.items()}
    arrays |= {f"valid:{number}": places for number, places in state.valid.items()}
    for number, (places, where) in state.paused.items():
        arrays[f"paused:{number}"] = np.stack([places, where.astype(np.int32)])
    for kind in _ASSIGNED:
        for number, (places, buckets) in getattr(state, kind).items():
            arrays[f"{kind}:{number}"] = np.stack([places.astype(np.int64), buckets])
    if state.slots is not None:
        arrays |= {f"slots:{name}": one for name, one in state.slots._asdict().items()}
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def unpack_state(
    blob: bytes, users: Array, true: dict[str, Bits], unknown: dict[str, Bits], *, only: int
) -> State:
    """The state of the user at one place, with the flags that were kept beside it."""
    with np.load(io.BytesIO(blob), allow_pickle=False) as kept:
        arrays = {name: kept[name] for name in kept.files}
    size = int(arrays["size"][0])
    parts: dict[str, dict[str, Array]] = {}
    for name, array in arrays.items():
        kind, _, key = name.partition(":")
        parts.setdefault(kind, {})[key] = array

    def is_in(array: Array | None) -> npt.NDArray[np.bool_]:
        if array is None:
            return np.zeros(1, np.bool_)
        return np.unpackbits(array, count=size).view(np.bool_)[only : only + 1]

    standing = arrays.get("standing", np.full(size, NOTHING, np.int32))
    return State(
        users=users,
        true=true,
        unknown=unknown,
        scores={name: one[only : only + 1] for name, one in parts.get("score", {}).items()},
        consent={
            (key.rpartition(":")[0], key.rpartition(":")[2]): codes[only : only + 1]
            for key, codes in parts.get("consent", {}).items()
        },
        address={name: is_in(has) for name, has in parts.get("address", {}).items()},
        held_out=is_in(arrays.get("held_out")),
        zone=arrays["zone"][only : only + 1].astype(np.int16),
        counts=arrays["counts"][:, only : only + 1].astype(np.int32),
        shadow=arrays["shadow"][:, only : only + 1].astype(np.int32),
        near=is_in(arrays.get("near")),
        near_shadow=is_in(arrays.get("near_shadow")),
        standing=standing[only : only + 1],
        resting={
            key: np.zeros(1, np.int32)
            for key, places in parts.get("resting", {}).items()
            if only in places
        },
        valid={
            int(key): np.zeros(1, np.int32)
            for key, places in parts.get("valid", {}).items()
            if only in places
        },
        paused={
            int(key): _paused(pair, only)
            for key, pair in parts.get("paused", {}).items()
            if only in pair[0]
        },
        slots=_slots(parts["slots"], only) if "slots" in parts else None,
        **{kind: _assigned(parts.get(kind, {}), only) for kind in _ASSIGNED},
    )


def _slots(kept: dict[str, Array], only: int) -> Slots:
    mine = np.flatnonzero(kept["users"] == only)
    users = np.zeros(mine.size, np.int32)
    return Slots(users, kept["at"][mine], kept["ghosts"][mine], kept["counted"][:, mine])


def _assigned(kept: dict[str, Array], only: int) -> dict[int, tuple[Places, Buckets]]:
    return {
        int(number): (np.zeros(1, np.int32), pair[1][pair[0] == only].astype(np.uint32))
        for number, pair in kept.items()
        if only in pair[0]
    }


def _paused(pair: Array, only: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int16]]:
    where = pair[1][pair[0] == only]
    return np.zeros(where.size, np.int32), where.astype(np.int16)


_ASSIGNED = ("held_by", "tried_by")
_BITS = ("held_out", "near", "near_shadow")
_COUNTS = ("zone", "counts", "shadow")


def _small(array: Array) -> Array:
    """The same numbers in the fewest bytes that hold them."""
    most = int(array.max(initial=0))
    return array.astype(np.uint8 if most < 256 else np.int32)
