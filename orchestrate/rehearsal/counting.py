"""Adds up what was decided, chunk after chunk: waterfalls, overlap, cap pressure, volume."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from core.conditions import Condition, clauses
from core.reasons import REASONS
from core.rules import FrequencyCap
from orchestrate.engine.candidates import Candidate, flag
from orchestrate.engine.decided import Decided
from orchestrate.engine.staging import CODE
from orchestrate.rehearsal.outcome import CapPressure, OverlapMatrix, RehearsedAction, Step
from orchestrate.rehearsal.parts import Part
from orchestrate.rehearsal.volume import Volume, sent_on
from orchestrate.stages import Stand
from warehouse.batch import count
from warehouse.catalog import Catalog
from warehouse.wording import describe

MIN_GAP = "minimum_gap"


def clause_flags(stand: Stand) -> dict[str, Condition]:
    """What is asked beside the rules: every clause of every eligibility on its own."""
    return {
        _clause(one, place): part
        for one in stand.candidates
        for place, part in enumerate(clauses(one.entry.eligibility))
    }


class Counts:
    """The running totals of a rehearsal."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        many = len(stand.candidates)
        self.users = 0
        self.deferred = 0
        self.by_day: Volume = Counter()
        self._left = {one.number: np.zeros(_steps(one), np.int64) for one in stand.candidates}
        self._reasons = np.zeros((many, len(REASONS)), np.int64)
        self._overlap = np.zeros((many, many), np.int64)
        self._capped: Counter[tuple[str, str]] = Counter()

    def add(self, part: Part) -> None:
        """Count one chunk."""
        self.users += len(part.told.users)
        for one in self._stand.candidates:
            self._left[one.number] += list(_remaining(part, one))
        self._add_overlap(part)
        rows = part.decided.rows
        flat = rows.numbers.astype(np.int64) * len(REASONS) + rows.reasons
        found = np.bincount(flat, minlength=self._reasons.size)
        self._reasons += found.reshape(self._reasons.shape)
        self._add_volume(part.decided)
        self._add_capped(part.decided)

    def _add_overlap(self, part: Part) -> None:
        for one, bits in part.passed.items():
            self._overlap[one, one] += count(bits)
            for other in range(one):
                both = count(bits & part.passed[other])
                self._overlap[one, other] += both
                self._overlap[other, one] += both

    def _add_volume(self, decided: Decided) -> None:
        rows = decided.rows
        selected = rows.reasons == CODE["SELECTED"]
        self.deferred += int((selected & (rows.ready > _micros(self._stand))).sum())
        self.by_day += sent_on(decided, self._stand)

    def _add_capped(self, decided: Decided) -> None:
        """Which caps were full, and whether they were before the cycle began."""
        rows, state = decided.rows, decided.chunk.state
        near = np.flatnonzero(rows.reasons == CODE["MIN_GAP"])
        unseen = rows.ghosts[near] & state.near_shadow[rows.users[near]]
        self._note(MIN_GAP, state.near[rows.users[near]] | unseen)
        capped = np.flatnonzero(rows.reasons == CODE["CAP_REACHED"])
        users, ghosts = rows.users[capped], rows.ghosts[capped]
        real, shadow = self._granted(decided, ghosts=False), self._granted(decided, ghosts=True)
        for number, (cap, n) in enumerate(self._stand.tick.rules.caps):
            counts = self._limited(cap, rows.numbers[capped])
            before = state.counts[number][users] + ghosts * state.shadow[number][users]
            now = before + real[number][users] + ghosts * shadow[number][users]
            self._note(cap.key, before[counts & (now >= n)] >= n)

    def _granted(self, decided: Decided, *, ghosts: bool) -> npt.NDArray[np.int32]:
        """Cap × user: messages of this cycle that count under it, or those of ghosts."""
        rows = decided.rows
        caps = self._stand.tick.rules.caps
        found = np.zeros((len(caps), decided.chunk.state.size), np.int32)
        went = rows.ghosts if ghosts else (rows.reasons == CODE["SELECTED"]) & ~rows.ghosts
        sent = np.flatnonzero(went)
        for number, (cap, _) in enumerate(caps):
            counting = sent[self._limited(cap, rows.numbers[sent])]
            np.add.at(found[number], rows.users[counting], 1)
        return found

    def _limited(self, cap: FrequencyCap, numbers: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
        """For each row whether a cap counts its action on any of its channels."""
        limits = [_is_limited(cap, one) for one in self._stand.candidates]
        table: npt.NDArray[np.bool_] = np.array(limits, np.bool_)[numbers]
        return table

    def _note(self, cap: str, earlier: npt.NDArray[np.bool_]) -> None:
        self._capped[cap, "earlier"] += int(earlier.sum())
        self._capped[cap, "priority"] += int((~earlier).sum())

    def actions(self, catalog: Catalog, proposed: str | None) -> tuple[RehearsedAction, ...]:
        """Every action with its waterfall; ``proposed`` is the key of a rule without a version."""
        return tuple(self._action(one, catalog, proposed) for one in self._stand.candidates)

    def _action(self, one: Candidate, catalog: Catalog, proposed: str | None) -> RehearsedAction:
        reasons = self._reasons[one.number]
        steps = [*self._clauses(one, catalog), *self._stages(one)]
        return RehearsedAction(
            policy=one.policy.key,
            version=None if one.policy.key == proposed else one.policy.version,
            action=one.entry.action.key,
            name=one.entry.action.name,
            tier=one.entry.tier,
            eligible=int(self._left[one.number][-1]),
            selected=int(reasons[CODE["SELECTED"]]),
            held_out=sum(
                int(reasons[number])
                for number, reason in enumerate(REASONS)
                if reason.outcome == "held_out"
            ),
            waterfall=tuple(steps),
        )

    def _clauses(self, one: Candidate, catalog: Catalog) -> Iterator[Step]:
        labels = [("population", "Everybody whom the rule considers.")]
        labels += [("clause", describe(part, catalog)) for part in clauses(one.entry.eligibility)]
        if one.entry.applicability is not None:
            labels.append(("clause", describe(one.entry.applicability, catalog)))
        before = self.users
        for (stage, label), left in zip(labels, self._left[one.number].tolist(), strict=True):
            yield Step(
                stage=stage, label=label, reason_code=None, removed=before - left, remaining=left
            )
            before = left

    def _stages(self, one: Candidate) -> Iterator[Step]:
        left = int(self._left[one.number][-1])
        for number, reason in enumerate(REASONS):
            removed = int(self._reasons[one.number, number])
            if not removed or reason.code == "SELECTED":
                continue
            left -= removed
            yield Step(
                stage=reason.stage,
                label=reason.sentence,
                reason_code=reason.code,
                removed=removed,
                remaining=left,
            )

    def overlap(self) -> OverlapMatrix:
        """The overlap of every two actions."""
        return OverlapMatrix(
            actions=tuple(
                f"{one.policy.key}/{one.entry.action.key}" for one in self._stand.candidates
            ),
            users=tuple(tuple(row) for row in self._overlap.tolist()),
        )

    def caps(self) -> tuple[CapPressure, ...]:
        """Every cap of the workspace, and its minimum gap."""
        known: list[tuple[str, int | None]] = [
            (cap.key, n) for cap, n in self._stand.tick.rules.caps
        ]
        if self._stand.tick.rules.contact.min_gap_seconds:
            known.append((MIN_GAP, None))
        return tuple(
            CapPressure(
                cap=key,
                allows=n,
                stopped=self._capped[key, "earlier"] + self._capped[key, "priority"],
                by_earlier=self._capped[key, "earlier"],
                by_priority=self._capped[key, "priority"],
            )
            for key, n in known
        )

    def total(self, outcome: str) -> int:
        """Pairs of user and action with an outcome."""
        numbers = [n for n, reason in enumerate(REASONS) if reason.outcome == outcome]
        return int(self._reasons[:, numbers].sum())


def _clause(one: Candidate, place: int) -> str:
    return f"clause_{one.number}_{place}"


def _steps(one: Candidate) -> int:
    """The population, every clause, and what it applies to."""
    return 1 + len(clauses(one.entry.eligibility)) + (one.entry.applicability is not None)


def _remaining(part: Part, one: Candidate) -> Iterator[int]:
    left = part.told.true[one.population]
    yield count(left)
    for place in range(len(clauses(one.entry.eligibility))):
        left = left & part.told.true[_clause(one, place)]
        yield count(left)
    if one.entry.applicability is not None:
        yield count(left & part.told.true[flag("applicable", one)])


def _is_limited(cap: FrequencyCap, one: Candidate) -> bool:
    action = one.entry.action
    return action.message_class != "transactional" and any(
        cap.limits(action.message_class, channel, action.exclusion_group)
        for channel in one.route.channels
    )


def _micros(stand: Stand) -> int:
    return int(np.datetime64(stand.tick.as_of, "us").astype(np.int64))
