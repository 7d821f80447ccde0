"""A state as bytes and back: all that a record keeps of it besides the flags."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from orchestrate.engine.state import NOTHING, State
from warehouse.batch.bits import Bits

Array = npt.NDArray[Any]


def pack_state(state: State) -> bytes:
    """Everything but users and flags; what is the same for everybody is left out."""
    arrays: dict[str, Array] = {"size": np.array([state.size], np.int64)}
    arrays |= {f"score:{name}": values for name, values in state.scores.items()}
    for (purpose, channel), codes in state.consent.items():
        arrays[f"consent:{purpose}:{channel}"] = codes
    arrays |= {f"address:{name}": np.packbits(has) for name, has in state.address.items()}
    arrays |= {name: np.packbits(getattr(state, name)) for name in _BITS if any_(state, name)}
    arrays |= {name: _small(getattr(state, name)) for name in _COUNTS}
    if (state.standing != NOTHING).any():
        arrays["standing"] = state.standing
    arrays |= {f"resting:{key}": places for key, places in state.resting.items()}
    arrays |= {f"valid:{number}": places for number, places in state.valid.items()}
    for number, (places, where) in state.paused.items():
        arrays[f"paused:{number}"] = np.stack([places, where.astype(np.int32)])
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def unpack_state(
    blob: bytes, users: Array, true: dict[str, Bits], unknown: dict[str, Bits]
) -> State:
    """The state that ``pack_state`` packed, with the users and flags that were kept beside it."""
    with np.load(io.BytesIO(blob), allow_pickle=False) as kept:
        arrays = {name: kept[name] for name in kept.files}
    size = int(arrays["size"][0])
    parts: dict[str, dict[str, Array]] = {}
    for name, array in arrays.items():
        kind, _, key = name.partition(":")
        parts.setdefault(kind, {})[key] = array

    def bits(name: str) -> npt.NDArray[np.bool_]:
        if name not in arrays:
            return np.zeros(size, np.bool_)
        return np.unpackbits(arrays[name], count=size).view(np.bool_)

    return State(
        users=users,
        true=true,
        unknown=unknown,
        scores=parts.get("score", {}),
        consent={
            (key.rpartition(":")[0], key.rpartition(":")[2]): codes
            for key, codes in parts.get("consent", {}).items()
        },
        address={
            name: np.unpackbits(has, count=size).view(np.bool_)
            for name, has in parts.get("address", {}).items()
        },
        held_out=bits("held_out"),
        zone=arrays["zone"],
        counts=arrays["counts"].astype(np.int32),
        shadow=arrays["shadow"].astype(np.int32),
        near=bits("near"),
        near_shadow=bits("near_shadow"),
        standing=arrays.get("standing", np.full(size, NOTHING, np.int32)),
        resting=parts.get("resting", {}),
        valid={int(key): places for key, places in parts.get("valid", {}).items()},
        paused={
            int(key): (pair[0], pair[1].astype(np.int16))
            for key, pair in parts.get("paused", {}).items()
        },
    )


_BITS = ("held_out", "near", "near_shadow")
_COUNTS = ("zone", "counts", "shadow")


def any_(state: State, name: str) -> bool:
    """Whether a set has anybody in it."""
    return bool(getattr(state, name).any())


def _small(array: Array) -> Array:
    """The same numbers in the fewest bytes that hold them."""
    most = int(array.max(initial=0))
    return array.astype(np.uint8 if most < 256 else np.int32)
