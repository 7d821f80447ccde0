"""What a proposed rule would change for people, beside what is live; and how far that may drift."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.conditions import Frozen

SMALL = 10
"""Cells with fewer people are folded together, so that nobody is singled out."""
OTHERS = "others"
"""The cell that small ones are folded into."""

Direction = Literal["enters", "leaves", "changes"]


class Against(Frozen):
    """Whom the rule is for, by conditions alone, beside the version of its key that is live."""

    version: int | None
    """The live version; None: nothing of that key is live."""
    before: int
    after: int
    entered: int
    left: int


class Move(Frozen):
    """People whose message becomes another one. ``rule/action``; None: no message."""

    before: str | None
    after: str | None
    users: int


class Everything(Frozen):
    """What people would get in the next cycle, beside everything that is live."""

    rules: int
    """How many other rules are live and send something."""
    before: int
    """Users who get any message."""
    after: int
    gained: int
    """Users who get one and got none."""
    lost: int
    """Users who get none and got one."""
    changed: int
    """Users who get other messages than before: something else won."""
    moves: tuple[Move, ...]
    """What replaces what, the most people first; small ones folded together."""


class Cell(Frozen):
    """People with one value."""

    value: str
    users: int


class Breakdown(Frozen):
    """The people who enter, leave or get something else, by the values of a column or a state."""

    by: str
    entered: tuple[Cell, ...]
    left: tuple[Cell, ...]
    changed: tuple[Cell, ...]


class Sampled(Frozen):
    """One person for whom something changes, and the clause that makes it so."""

    user_id: str
    change: Direction
    why: str


class Displaced(Frozen):
    """Messages of another rule that would no longer go out."""

    rule: str
    messages: int


class Pressure(Frozen):
    """What caps and the minimum gap do to the rule's messages, and those to others'."""

    wanted: int
    """Messages of the rule that nothing else stops."""
    no_room: int
    """Of those, what the contact policy has no room for."""
    displaced: int
    """Messages of other rules that no longer go out."""
    by_rule: tuple[Displaced, ...]


class RunningTest(Frozen):
    """A running experiment or canary that shares people with the rule."""

    rule: str
    what: Literal["experiment", "canary"]
    users: int


class Contamination(Frozen):
    """How clean a comparison with those held out would be."""

    held_out: int
    """People of the audience in the rule's holdout or the global one."""
    got_it: int
    """Of those, who got one of its messages in the past: they are no clean comparison."""
    tested: tuple[RunningTest, ...]


class Day(Frozen):
    """Messages of the rule on one day (UTC)."""

    day: str
    messages: int


class Traffic(Frozen):
    """Messages of the rule a day, for a week."""

    days: tuple[Day, ...]
    """The first is counted, those after it are estimated."""
    entering: float
    """People a day who came to meet the conditions, over the last seven days."""
    how: str
    """How the days to come are estimated."""

    @property
    def a_day(self) -> float:
        """Messages a day, over the week."""
        return sum(one.messages for one in self.days) / max(len(self.days), 1)


class Cost(Frozen):
    """What the week's messages cost."""

    amount: float | None
    """In the currency in which the catalog declares costs; None: a channel declares none."""
    undeclared: tuple[str, ...]
    """Channels without a cost."""


class Naming(Frozen):
    """A live rule that names the audience in whichever version is live: people whom it is for."""

    rule: str
    before: int
    after: int
    entered: int
    left: int


class Effect(Frozen):
    """The effect diff of a proposed rule: measured on a snapshot, stored with the request."""

    as_of: str
    against: Against
    everything: Everything | None = None
    """None: the rule sends nothing."""
    by: tuple[Breakdown, ...] = ()
    sample: tuple[Sampled, ...] = ()
    pressure: Pressure | None = None
    contamination: Contamination | None = None
    traffic: Traffic | None = None
    cost: Cost | None = None
    named_by: tuple[Naming, ...] = ()
    """Other rules that would be for other people by it, the most moved first."""


class EffectTolerance(Frozen):
    """How far an effect may move between approval and go-live: the larger of the two."""

    share: float = Field(default=0.2, ge=0, le=1)
    """Of what was approved."""
    users: int = Field(default=100, ge=0)
    """People, or messages."""

    def holds(self, approved: float, now: float) -> bool:
        """Whether a number is still what was approved."""
        return abs(now - approved) <= max(self.share * approved, self.users)


class Drifted(Frozen):
    """A number that is not what was approved."""

    what: str
    approved: float
    now: float

    @property
    def sentence(self) -> str:
        """Both numbers, for whoever decides anew."""
        return f"{self.what}: {self.approved:,.0f} when it was proposed, {self.now:,.0f} now"


def drifted(approved: Effect, now: Effect, tolerance: EffectTolerance) -> tuple[Drifted, ...]:
    """What moved further than tolerated: audience, who enters, messages a day."""
    numbers = [
        ("people it is for", approved.against.after, now.against.after),
        ("people who enter", approved.against.entered, now.against.entered),
        ("messages a day", _a_day(approved), _a_day(now)),
    ]
    return tuple(
        Drifted(what=what, approved=before, now=after)
        for what, before, after in numbers
        if not tolerance.holds(before, after)
    )


def _a_day(effect: Effect) -> float:
    return effect.traffic.a_day if effect.traffic else 0.0


def folded(cells: dict[str, int]) -> tuple[Cell, ...]:
    """Cells by value, the largest first; those of fewer than ten people are put together, and
    with the least of the others while even their sum is smaller: the total less all others would
    give it away. Empty: nothing can be told, or there is nobody."""
    kept = {value: users for value, users in cells.items() if users >= SMALL and value != OTHERS}
    rest = sum(cells.values()) - sum(kept.values())
    while kept and 0 < rest < SMALL:
        rest += kept.pop(min(kept, key=lambda value: (kept[value], value)))
    if 0 < rest < SMALL:
        return ()
    told = sorted(kept.items(), key=lambda cell: (-cell[1], cell[0]))
    return tuple(Cell(value=value, users=users) for value, users in told) + (
        (Cell(value=OTHERS, users=rest),) if rest else ()
    )
