"""Who gets which message in two worlds, and what replaces what: sets of (user, message)."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from orchestrate.effects.twice import Part, Worlds
from orchestrate.engine.decided import Decided
from orchestrate.engine.staging import CODE
from orchestrate.engine.state import Bools

Keys = npt.NDArray[np.int64]
"""``place of the user × number of labels + label``, ascending, none twice."""


class Label(NamedTuple):
    """A message of a rule, whichever version of the rule sends it."""

    rule: str
    action: str

    def __str__(self) -> str:
        return f"{self.rule}/{self.action}"


class Shift(NamedTuple):
    """One chunk of decided users: what changes between the worlds."""

    had: Bools
    has: Bools
    differs: Bools
    moves: Counter[tuple[int, int]]
    """(label, label) → users; the number of labels stands for no message."""
    gone: npt.NDArray[np.int64]
    """Label → messages that no longer go out."""
    replaced: npt.NDArray[np.int64]
    """User → the first message that no longer goes out, and ``comes`` the first that is new."""
    comes: npt.NDArray[np.int64]


class Labels:
    """The messages of all candidates, in the order in which they win."""

    def __init__(self, worlds: Worlds) -> None:
        named = [Label(one.policy.key, one.entry.action.key) for one in worlds.stand.candidates]
        self.all = tuple(dict.fromkeys(named))
        places = {label: place for place, label in enumerate(self.all)}
        self._of = np.array([places[label] for label in named], np.int64)

    def shift(self, part: Part) -> Shift:
        """What changes for the users of a part."""
        users, many = part.who.size, len(self.all)
        before, after = self._granted(part.before), self._granted(part.after)
        gone = np.setdiff1d(before, after, assume_unique=True)
        new = np.setdiff1d(after, before, assume_unique=True)
        had, has = _users(before, users, many), _users(after, users, many)
        differs = _users(gone, users, many) | _users(new, users, many)
        replaced, comes = _first(gone, users, many), _first(new, users, many)
        pairs = replaced[differs] * (many + 1) + comes[differs]
        found, counted = np.unique(pairs, return_counts=True)
        moves = Counter(
            {
                (int(pair) // (many + 1), int(pair) % (many + 1)): int(n)
                for pair, n in zip(found, counted, strict=True)
            }
        )
        lost = np.bincount(gone % many, minlength=many) if gone.size else np.zeros(many, np.int64)
        return Shift(had, has, differs, moves, lost, replaced, comes)

    def _granted(self, decided: Decided) -> Keys:
        rows = decided.rows
        selected = np.flatnonzero(rows.reasons == CODE["SELECTED"])
        users = rows.users[selected].astype(np.int64)
        found: Keys = np.unique(users * len(self.all) + self._of[rows.numbers[selected]])
        return found

    def word(self, number: int) -> str | None:
        """A label by its number; None: no message."""
        return str(self.all[number]) if number < len(self.all) else None


def _users(keys: Keys, users: int, many: int) -> Bools:
    found = np.zeros(users, np.bool_)
    found[keys // max(many, 1)] = True
    return found


def _first(keys: Keys, users: int, many: int) -> npt.NDArray[np.int64]:
    """Each user's first label of these; ``many`` where there is none."""
    found = np.full(users, many, np.int64)
    who, places = np.unique(keys // max(many, 1), return_index=True)
    found[who] = keys[places] % max(many, 1)
    return found
