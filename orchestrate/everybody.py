"""Everybody in one pass: what several readers ask of users, told once as sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from core.conditions import Condition
from core.readings import Reading
from warehouse.batch import Flags
from warehouse.batch.bits import Bits
from warehouse.batch.columns import Column
from warehouse.compile import Audiences


class Tells(Protocol):
    """What a pass needs of a query runner."""

    def told(
        self,
        asked: Mapping[str, Condition],
        *,
        as_of: datetime,
        purpose: str,
        audiences: Audiences | None = None,
        carried: Sequence[Reading] = (),
    ) -> Iterator[Flags]:
        """The truth of conditions for everybody, some users at a time."""
        ...


class Told(NamedTuple):
    """Some users as one reader asked about them, under the names that it gave."""

    users: int
    true: Mapping[str, Bits]
    unknown: Mapping[str, Bits]
    carried: Mapping[Reading, Column]


class Reader(Protocol):
    """Whoever asks about everybody, and adds up what is told."""

    @property
    def asked(self) -> Mapping[str, Condition]:
        """What it asks, by names of its own."""
        ...

    @property
    def carried(self) -> Sequence[Reading]:
        """Values that it needs as they are."""
        ...

    def add(self, told: Told) -> None:
        """Take in some users; each comes once."""
        ...


def look(
    readers: Sequence[Reader],
    runner: Tells,
    *,
    as_of: datetime,
    purpose: str,
    audiences: Audiences | None = None,
) -> None:
    """Tell every reader of everybody; what two of them ask is worked out once."""
    flags: dict[Condition, str] = {}
    for reader in readers:
        for condition in reader.asked.values():
            flags.setdefault(condition, f"f{len(flags)}")
    named = [{name: flags[one] for name, one in reader.asked.items()} for reader in readers]
    carried = tuple(dict.fromkeys(one for reader in readers for one in reader.carried))
    asked = {name: condition for condition, name in flags.items()}
    for part in runner.told(
        asked, as_of=as_of, purpose=purpose, audiences=audiences, carried=carried
    ):
        for reader, names in zip(readers, named, strict=True):
            reader.add(_for(names, part))


def _for(names: Mapping[str, str], part: Flags) -> Told:
    return Told(
        users=len(part.users),
        true={name: part.true[flag] for name, flag in names.items()},
        unknown={name: part.unknown[flag] for name, flag in names.items()},
        carried=part.carried,
    )
