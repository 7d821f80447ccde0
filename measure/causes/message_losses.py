"""The ways in which a message can fail to reach its user, and how each moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from core.diagnoses import MessageLoss
from measure.changes import minus
from measure.compared import Slice
from measure.exposure import Exposure, MessageEffect
from measure.statistics import arcsine, surprise
from measure.thresholds import LEAST_USERS, OWN_NOISE, STRIKING

LEAST_MOVE = 0.05
LEAST_EFFECT_Z = 2.0
CAPS = frozenset({"CAP_REACHED", "MIN_GAP", "QUIET_HOURS"})
CONSENT = frozenset({"NO_CONSENT", "CONSENT_UNKNOWN"})


class Way(NamedTuple):
    """One way in which a message of an action can fail to reach its user."""

    kind: str
    dimension: str
    value: str
    action: str

    def counts(self, exposure: Exposure, part: Slice, period: int) -> tuple[int, int]:
        """Messages stopped so, and messages that could have been."""
        cells = exposure.of(part, period, self.action)
        if self.dimension == "channel":
            cells = [c for c in cells if c.channel == self.value]
            return sum(c.sent - c.delivered for c in cells), sum(c.sent for c in cells)
        stopped = sum(c.candidates for c in cells if c.reason == self.value)
        return stopped, sum(c.candidates for c in cells)

    def share(self, exposure: Exposure, part: Slice, periods: Sequence[int]) -> float | None:
        """The share stopped so; None where there was nothing to stop."""
        counts = [self.counts(exposure, part, k) for k in periods]
        size = sum(n for _, n in counts)
        return sum(h for h, _ in counts) / size if size else None


@dataclass(frozen=True)
class Loss:
    """How an action's messages were stopped in one way, now and before."""

    way: Way
    now: float
    before: float
    t: float
    messages: float
    """Messages that were not delivered because of it; below 0: more were."""
    effect: MessageEffect | None = None
    worth: float = 0.0
    """Conversions that one of them is worth, by the holdout."""

    @property
    def striking(self) -> bool:
        """Whether it moved beyond doubt."""
        return abs(self.t) > STRIKING and abs(self.now - self.before) >= LEAST_MOVE

    @property
    def conversions(self) -> float:
        """What it added to conversions; below 0: what it cost. 0 where the holdout cannot say."""
        known = self.effect is not None and abs(self.effect.z) >= LEAST_EFFECT_Z
        return -self.messages * self.worth if known else 0.0


def losses_of(exposure: Exposure, baselines: list[int], has_control: bool) -> Iterator[Loss]:
    """Every way that stopped a message of the segment, or stops one now."""
    for way in _ways(exposure):
        loss = _loss(exposure, way, baselines, has_control)
        if loss is not None:
            yield loss


def _ways(exposure: Exposure) -> Iterator[Way]:
    reasons = sorted({c.reason for c in exposure.cells if c.outcome in ("suppressed", "held_out")})
    channels = sorted({c.channel for c in exposure.cells if c.channel})
    for action in sorted({c.action for c in exposure.cells}):
        for reason in reasons:
            yield Way(_kind_of(reason), "reason_code", reason, action)
        for channel in channels:
            yield Way("delivery_failure", "channel", channel, action)


def _kind_of(reason: str) -> str:
    if reason.startswith("HELD_OUT"):
        return "holdout_change"
    if reason in CONSENT:
        return "consent_drop"
    return "suppression_cap" if reason in CAPS else "suppression"


def _loss(exposure: Exposure, way: Way, baselines: list[int], has_control: bool) -> Loss | None:
    hit, size = way.counts(exposure, "segment", 0)
    past = [way.counts(exposure, "segment", k) for k in baselines]
    usual, usual_size = sum(h for h, _ in past), sum(n for _, n in past)
    if size < LEAST_USERS or usual_size < LEAST_USERS or not (hit or usual):
        return None
    now, before = hit / size, usual / usual_size
    shares = {k: arcsine(*way.counts(exposure, "segment", k)) for k in (0, *baselines)}
    if has_control:
        control = {k: arcsine(*way.counts(exposure, "control", k)) for k in shares}
        shares = {k: minus(shares[k], control[k]) for k in shares}
    moved = surprise(shares[0], [shares[k] for k in baselines], OWN_NOISE)
    return Loss(way, now, before, moved.t, (now - before) * size)


def weighed(
    loss: Loss,
    effects: dict[str, MessageEffect],
    exposure: Exposure,
    baselines: list[int],
    matured: float,
) -> Loss:
    """The same with what a message of its action is worth in conversions that show by now."""
    effect = effects.get(loss.way.action)
    if effect is None:
        return loss
    cells = [c for c in exposure.cells if c.period in baselines and c.action == loss.way.action]
    picked = [c for c in cells if c.outcome == "selected"]
    selected = sum(c.candidates for c in picked)
    if loss.way.dimension == "channel":
        # By lot users are picked, not reached: an effect on those picked is one on fewer reached.
        scale = 1 / max(0.05, sum(c.delivered for c in picked) / max(1, selected))
    else:
        # Whom this reason no longer stops another one may.
        others = sum(c.candidates for c in cells if c.reason != loss.way.value)
        scale = selected / max(1, others)
    return replace(loss, effect=effect, worth=effect.difference * scale * matured)


def loss_row(
    loss: Loss, exposure: Exposure, baselines: list[int], contribution: float, *sql: str
) -> MessageLoss:
    """The loss as the report lists it; ``contribution`` is in fractions of those who entered."""
    way = loss.way
    return MessageLoss(
        action=way.action,
        way=way.value,
        now=loss.now,
        before=loss.before,
        control_now=way.share(exposure, "control", [0]),
        control_before=way.share(exposure, "control", baselines),
        z=loss.t,
        messages=loss.messages,
        worth=loss.worth if loss.effect else None,
        contribution=contribution,
        sql=(exposure.sql, *sql),
    )
