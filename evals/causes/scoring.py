"""Counts what answers got right: precision, recall, rank, sizes and false alarms."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from pydantic import computed_field

from core.conditions import Frozen
from evals.causes.answers import Answer, Named
from evals.causes.matching import MATERIAL, Pair, matched
from evals.causes.worlds.planted import Truth


class Scored(Frozen):
    """One scenario and one method's answer to it."""

    seed: int
    mid_week: bool
    weak: bool
    small: bool
    traps: tuple[str, ...]
    truths: tuple[Truth, ...]
    answer: Answer

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Which named cause is right for which planted one."""
        return matched(self.truths, self.answer.causes)

    @property
    def false_causes(self) -> tuple[Named, ...]:
        """Named, and right for nothing."""
        right = {pair.named for pair in self.pairs}
        return tuple(c for rank, c in enumerate(self.answer.causes) if rank not in right)

    @property
    def missed(self) -> tuple[Truth, ...]:
        """Planted, not harmless, and not named."""
        found = {pair.planted for pair in self.pairs}
        return tuple(t for n, t in enumerate(self.truths) if n not in found and not t.harmless)

    @property
    def without_cause(self) -> bool:
        """Whether nothing was planted that could have lowered the rate."""
        return all(truth.harmless for truth in self.truths)

    @property
    def largest(self) -> int | None:
        """The place of the material cause that lowered the rate most, if there is any."""
        material = [n for n, t in enumerate(self.truths) if is_material(t)]
        return min(material, key=lambda n: self.truths[n].effect, default=None)


def is_material(truth: Truth) -> bool:
    """Whether it lowered the rate enough to have to be named."""
    return not truth.harmless and truth.effect <= -MATERIAL


class Score(Frozen):
    """A method's figures over scenarios; shares are None where there was nothing to share."""

    method: str
    scenarios: int
    named: int
    """Causes named, those that harmlessly describe the data left out."""
    right: int
    planted: int
    found: int
    material: int
    material_found: int
    ranked: int
    """Scenarios with a material cause."""
    ranked_first: int
    """Of those, where the largest is named first."""
    without_cause: int
    alarms: int
    """Of those without a cause, where one is named."""
    effect_errors: tuple[float, ...]
    """|effect named - effect planted| of what was found, in relative fractions."""
    cpu_seconds: float

    @computed_field  # type: ignore[prop-decorator]
    @property
    def precision(self) -> float | None:
        """Named causes that are right."""
        return _share(self.right, self.named)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def recall(self) -> float | None:
        """Planted causes that are named."""
        return _share(self.found, self.planted)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def recall_material(self) -> float | None:
        """Material planted causes that are named."""
        return _share(self.material_found, self.material)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def first(self) -> float | None:
        """Scenarios with a material cause whose largest is named first."""
        return _share(self.ranked_first, self.ranked)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def alarm_share(self) -> float | None:
        """Scenarios without a cause in which one is named."""
        return _share(self.alarms, self.without_cause)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def effect_error_p50(self) -> float | None:
        """The median of the errors of the effects."""
        return _quantile(self.effect_errors, 0.5)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def effect_error_p90(self) -> float | None:
        """What nine in ten of the errors stay below."""
        return _quantile(self.effect_errors, 0.9)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def cpu_per_question(self) -> float:
        """CPU seconds that an answer took."""
        return self.cpu_seconds / max(1, self.scenarios)


def scored(method: str, results: Iterable[Scored]) -> Score:
    """The figures of one method."""
    all_of = tuple(results)
    right = sum(not r.truths[p.planted].harmless for r in all_of for p in r.pairs)
    found_material = sum(is_material(r.truths[p.planted]) for r in all_of for p in r.pairs)
    ranked = [r for r in all_of if r.largest is not None]
    quiet = [r for r in all_of if r.without_cause]
    planted = [t for r in all_of for t in r.truths if not t.harmless]
    return Score(
        method=method,
        scenarios=len(all_of),
        named=right + sum(len(r.false_causes) for r in all_of),
        right=right,
        planted=len(planted),
        found=right,
        material=sum(is_material(t) for t in planted),
        material_found=found_material,
        ranked=len(ranked),
        ranked_first=sum(Pair(r.largest, 0) in r.pairs for r in ranked if r.largest is not None),
        without_cause=len(quiet),
        alarms=sum(bool(r.false_causes) for r in quiet),
        effect_errors=tuple(_errors(all_of)),
        cpu_seconds=sum(r.answer.cpu_seconds for r in all_of),
    )


def _errors(results: Iterable[Scored]) -> Iterable[float]:
    for result in results:
        for pair in result.pairs:
            truth, named = result.truths[pair.planted], result.answer.causes[pair.named]
            if named.effect is not None and not truth.harmless:
                yield abs(named.effect - truth.effect)


def _quantile(errors: tuple[float, ...], share: float) -> float | None:
    return float(np.quantile(errors, share)) if errors else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
