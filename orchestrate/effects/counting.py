"""Adds up an effect, chunk after chunk: whole sets of users, never one after the other."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import numpy as np

from core.canary import part_of
from core.effects import (
    OTHERS,
    Breakdown,
    Contamination,
    Displaced,
    Everything,
    Move,
    Naming,
    Pressure,
    RunningTest,
    folded,
)
from orchestrate.effects.asking import AFTER, BEFORE, GOT_IT, KEPT_OUT, Asked, named_flag
from orchestrate.effects.grants import Labels, Shift
from orchestrate.effects.sampling import Sample
from orchestrate.effects.twice import PROPOSED, Part, Worlds
from orchestrate.engine.staging import CODE, passed
from orchestrate.rehearsal.volume import Volume, sent_on
from warehouse.batch import Flags, count
from warehouse.batch.bits import Bits, nobody, pack

MOST_MOVES = 12
DIRECTIONS = ("entered", "left", "changed")


class Counts:
    """The running totals of one effect."""

    def __init__(self, asked: Asked, worlds: Worlds | None) -> None:
        self._asked, self._worlds = asked, worlds
        self._labels = Labels(worlds) if worlds else None
        self.sample = Sample(asked)
        self.members: Counter[str] = Counter()
        self._gets: Counter[str] = Counter()
        self._moves: Counter[tuple[str | None, str | None]] = Counter()
        self._gone: Counter[str] = Counter()
        self._cells: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._reasons: Counter[str] = Counter()
        self._tested: Counter[tuple[str, str]] = Counter()
        self._named: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.sent: Volume = Counter()

    def add(self, told: Flags, part: Part | None) -> None:
        """Count one chunk; without a part nothing is sent in either world."""
        before, after = told.true[BEFORE], told.true[AFTER]
        sets = {"entered": after & ~before, "left": before & ~after}
        self.members += Counter(
            {
                "before": count(before),
                "after": count(after),
                "held_out": count(after & told.true[KEPT_OUT]),
                "got_it": count(after & told.true[KEPT_OUT] & told.true[GOT_IT]),
                **{name: count(bits) for name, bits in sets.items()},
            }
        )
        for key in self._asked.named:
            self._add_named(told, key)
        self.sample.add(told, sets["entered"], sets["left"])
        sets["changed"] = self._add_part(part) if part else nobody(len(told.users))
        for name, bits in sets.items():
            self._add_cells(told, name, bits)

    def _add_named(self, told: Flags, key: str) -> None:
        before, after = (told.true[named_flag(side, key)] for side in (BEFORE, AFTER))
        sets = {"before": before, "after": after}
        sets |= {"entered": after & ~before, "left": before & ~after}
        self._named[key] += Counter({name: count(bits) for name, bits in sets.items()})

    def named_by(self) -> tuple[Naming, ...]:
        """The rules that name the audience and would be for other people, the most moved first."""
        made = (
            Naming(rule=key, **{one: found[one] for one in Naming.model_fields if one != "rule"})
            for key, found in self._named.items()
        )
        moved = (one for one in made if one.entered or one.left)
        return tuple(sorted(moved, key=lambda one: (-one.entered - one.left, one.rule)))

    def _add_cells(self, told: Flags, name: str, bits: Bits) -> None:
        if not bits.any():
            return
        for dimension in self._asked.dimensions:
            cells = {
                value: count(bits & told.true[flag])
                for value, flag in self._asked.values(dimension).items()
            }
            cells[OTHERS] = count(bits) - sum(cells.values())
            self._cells[dimension, name] += Counter(cells)

    def _add_part(self, part: Part) -> Bits:
        """Count what is sent; gives the users for whom something else wins."""
        assert self._worlds is not None
        assert self._labels is not None
        shift = self._labels.shift(part)
        self._add_shift(shift)
        self._add_own(part)
        self._add_tested(part.told)
        self.sample.add_changes(part, shift, self._labels)
        stand = self._worlds.stand._replace(candidates=self._worlds.own)
        self.sent += sent_on(part.after, stand)
        changed = np.zeros(len(part.told.users), np.bool_)
        changed[part.who[shift.differs & shift.had & shift.has]] = True
        return pack(changed)

    def _add_shift(self, shift: Shift) -> None:
        assert self._labels is not None
        self._gets += Counter(
            {
                "before": int(shift.had.sum()),
                "after": int(shift.has.sum()),
                "gained": int((shift.has & ~shift.had).sum()),
                "lost": int((shift.had & ~shift.has).sum()),
                "changed": int((shift.differs & shift.had & shift.has).sum()),
            }
        )
        word = self._labels.word
        self._moves.update({(word(a), word(b)): n for (a, b), n in shift.moves.items()})
        for number in np.flatnonzero(shift.gone):
            self._gone[self._labels.all[number].rule] += int(shift.gone[number])

    def _add_own(self, part: Part) -> None:
        assert self._worlds is not None
        rows = part.after.rows
        own = np.isin(rows.numbers, [one.number for one in self._worlds.own])
        for code in ("SELECTED", "CAP_REACHED", "MIN_GAP"):
            self._reasons[code] += int((own & (rows.reasons == CODE[code])).sum())

    def _add_tested(self, told: Flags) -> None:
        """Who of the audience is in an experiment or a canary that runs."""
        assert self._worlds is not None
        inside: dict[tuple[str, str], Bits] = {}
        for one in self._worlds.before:
            if one.policy.version == PROPOSED:
                continue
            for what, runs in (
                ("experiment", one.entry.experiment is not None),
                ("canary", part_of(one.policy.population) is not None),
            ):
                if runs:
                    bits = passed(told.true, one, len(told.users))
                    key = one.policy.key, what
                    inside[key] = inside.get(key, nobody(len(told.users))) | bits
        for key, bits in inside.items():
            self._tested[key] += count(bits & told.true[AFTER])

    def everything(self, others: int) -> Everything:
        """What people would get, beside all that is live."""
        return Everything(
            rules=others,
            moves=_moves(self._moves),
            **{name: self._gets[name] for name in ("before", "after", "gained", "lost", "changed")},
        )

    def breakdowns(self) -> tuple[Breakdown, ...]:
        """The people concerned, by every dimension that tells something."""
        made = (
            Breakdown(by=name, **{one: folded(self._cells[name, one]) for one in DIRECTIONS})
            for name in self._asked.dimensions
        )
        return tuple(one for one in made if one.entered or one.left or one.changed)

    def pressure(self, key: str) -> Pressure:
        """What the limits on contact do to the rule's messages, and those to others'."""
        no_room = self._reasons["CAP_REACHED"] + self._reasons["MIN_GAP"]
        others = [(rule, n) for rule, n in self._gone.items() if rule != key]
        others.sort(key=lambda one: (-one[1], one[0]))
        return Pressure(
            wanted=self._reasons["SELECTED"] + no_room,
            no_room=no_room,
            displaced=sum(n for _, n in others),
            by_rule=tuple(Displaced(rule=rule, messages=n) for rule, n in others),
        )

    def contamination(self) -> Contamination:
        """Who is held out and got it before, and which tests share people with the rule."""
        tested = [
            RunningTest.model_validate({"rule": rule, "what": what, "users": users})
            for (rule, what), users in sorted(self._tested.items())
            if users
        ]
        return Contamination(
            held_out=self.members["held_out"], got_it=self.members["got_it"], tested=tuple(tested)
        )


def _moves(found: Mapping[tuple[str | None, str | None], int]) -> tuple[Move, ...]:
    """The most frequent moves; small ones and the rest in one."""
    named = {f"{before} {after}": (before, after) for before, after in found}
    cells = folded({name: found[move] for name, move in named.items()})
    shown = [cell for cell in cells if cell.value != OTHERS][:MOST_MOVES]
    rest = sum(cell.users for cell in cells) - sum(cell.users for cell in shown)
    moves = [
        Move(before=named[cell.value][0], after=named[cell.value][1], users=cell.users)
        for cell in shown
    ]
    return (*moves, *([Move(before=OTHERS, after=OTHERS, users=rest)] if rest else []))
