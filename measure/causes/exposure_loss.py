"""Messages that users no longer get: a failing channel, a cap or another reason stops more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import expm1, log1p
from typing import NamedTuple

from measure.causes.inquiry import Check, Inquiry, Stage, Suspect, percent
from measure.changes import minus
from measure.compared import Slice
from measure.exposure import Exposure, MessageEffect, message_effects
from measure.statistics import arcsine, surprise
from measure.thresholds import LEAST_EFFECT, LEAST_USERS, OWN_NOISE, STRIKING

LEAST_RISE = 0.05
LEAST_EFFECT_Z = 2.0
CAPS = frozenset({"CAP_REACHED", "MIN_GAP", "QUIET_HOURS"})


@dataclass(frozen=True)
class Loss:
    """More of an action's messages stopped in one way than earlier periods lead one to expect."""

    kind: str
    dimension: str
    value: str
    action: str
    now: float
    before: float
    messages: float
    """Messages that were not delivered because of it."""
    conversions: float = 0.0
    """What they were worth by the holdout; 0 where it shows no effect."""


def exposure_loss(inquiry: Inquiry, exposure: Exposure) -> Stage:
    """Names what stops messages of the segment, and what that costs by the randomised holdout."""
    usable = [k for k in inquiry.baselines if exposure.total("segment", k, lambda c: c.candidates)]
    if len(usable) < 3:
        sentence = "Messages: too few earlier periods with decisions to compare."
        return Stage(inquiry, ruled_out=(sentence,))
    losses = _losses(exposure, usable, inquiry.has_control)
    if not losses:
        return Stage(inquiry, ruled_out=(_steady(inquiry, exposure, usable),))
    effects, query_id = message_effects(
        inquiry.runner, inquiry.catalog, inquiry.span, inquiry.cells.steps[-1]
    )
    losses = [replace(x, conversions=_worth(x, effects, exposure, usable)) for x in losses]
    converted = inquiry.cells.whole("segment", 0).converted + 0.5
    suspects, ruled_out = [], []
    for name in sorted({(x.kind, x.dimension, x.value) for x in losses}):
        same = [x for x in losses if (x.kind, x.dimension, x.value) == name]
        effect = -log1p(sum(x.conversions for x in same) / converted)
        if effect > -LEAST_EFFECT:
            ruled_out.append(_harmless(same, inquiry))
        else:
            suspects.append(_suspect(same, effect, inquiry, (exposure.sql, query_id), exposure))
    explained = inquiry.explained + sum(s.effect for s in suspects)
    return Stage(replace(inquiry, explained=explained), tuple(suspects), tuple(ruled_out))


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


def _losses(exposure: Exposure, baselines: list[int], has_control: bool) -> list[Loss]:
    found = (_loss(exposure, way, baselines, has_control) for way in _ways(exposure))
    return [loss for loss in found if loss is not None]


def _ways(exposure: Exposure) -> Iterator[Way]:
    reasons = sorted({c.reason for c in exposure.cells if c.outcome in ("suppressed", "held_out")})
    channels = sorted({c.channel for c in exposure.cells})
    for action in sorted({c.action for c in exposure.cells}):
        for reason in reasons:
            yield Way(_kind_of(reason), "reason_code", reason, action)
        for channel in channels:
            yield Way("delivery_failure", "channel", channel, action)


def _kind_of(reason: str) -> str:
    if reason.startswith("HELD_OUT"):
        return "holdout_change"
    return "suppression_cap" if reason in CAPS else "suppression"


def _loss(exposure: Exposure, way: Way, baselines: list[int], has_control: bool) -> Loss | None:
    hit, size = way.counts(exposure, "segment", 0)
    past = [way.counts(exposure, "segment", k) for k in baselines]
    usual, usual_size = sum(h for h, _ in past), sum(n for _, n in past)
    if size < LEAST_USERS or usual_size < LEAST_USERS:
        return None
    now, before = hit / size, usual / usual_size
    if now - before < LEAST_RISE:
        return None
    shares = {k: arcsine(*way.counts(exposure, "segment", k)) for k in (0, *baselines)}
    if has_control:
        control = {k: arcsine(*way.counts(exposure, "control", k)) for k in shares}
        shares = {k: minus(shares[k], control[k]) for k in shares}
    moved = surprise(shares[0], [shares[k] for k in baselines], OWN_NOISE)
    if moved.t < STRIKING:
        return None
    return Loss(way.kind, way.dimension, way.value, way.action, now, before, (now - before) * size)


def _worth(
    loss: Loss, effects: dict[str, MessageEffect], exposure: Exposure, baselines: list[int]
) -> float:
    effect = effects.get(loss.action)
    if effect is None or effect.z < LEAST_EFFECT_Z:
        return 0.0
    return loss.messages * effect.difference / _delivered_share(exposure, loss.action, baselines)


def _delivered_share(exposure: Exposure, action: str, baselines: list[int]) -> float:
    picked = [
        c
        for c in exposure.cells
        if c.period in baselines and c.action == action and c.outcome == "selected"
    ]
    return max(0.05, sum(c.delivered for c in picked) / max(1, sum(c.candidates for c in picked)))


def _suspect(
    losses: list[Loss],
    effect: float,
    inquiry: Inquiry,
    evidence: tuple[str, ...],
    exposure: Exposure,
) -> Suspect:
    first = max(losses, key=lambda x: x.conversions)
    what = (
        f"{first.value} messages of {inquiry.segment} fail{_because(exposure, first)}: "
        if first.kind == "delivery_failure"
        else f"{first.value} stops messages of {inquiry.segment}: "
    )
    lost = round(sum(x.messages for x in losses))
    sentence = (
        f"{what}{percent(first.now)} of {first.action} now, {percent(first.before)} before. "
        f"About {lost:,} messages did not reach users; by the holdout they are worth "
        f"{percent(-expm1(effect))} of conversions."
    )
    since = inquiry.span.periods.stretches[min(2, len(inquiry.baselines))].start
    check = Check(
        "What became of candidate messages, by platform and day",
        "exposure_loss",
        {"since": since, "until": inquiry.span.periods.current.end},
    )
    return Suspect(
        first.kind, sentence, first.dimension, first.value, effect, "high", evidence, check
    )


def _because(exposure: Exposure, loss: Loss) -> str:
    """The reason that most failed messages give."""
    reasons: dict[str, int] = {}
    for cell in exposure.of("segment", 0, loss.action):
        if cell.channel == loss.value and cell.failed_reason:
            reasons[cell.failed_reason] = reasons.get(cell.failed_reason, 0) + cell.sent
    return f" ({max(reasons, key=lambda r: reasons[r])})" if reasons else ""


def _harmless(losses: list[Loss], inquiry: Inquiry) -> str:
    first = max(losses, key=lambda x: x.messages)
    return (
        f"{first.value} stops {percent(first.now)} of {first.action} of {inquiry.segment}, "
        f"{percent(first.before)} before, but by the holdout these messages do not move "
        "conversions."
    )


def _steady(inquiry: Inquiry, exposure: Exposure, baselines: list[int]) -> str:
    users = inquiry.cells.step(1, "segment", 0).entered
    past_users = sum(inquiry.cells.step(1, "segment", k).entered for k in baselines)
    now = exposure.total("segment", 0, lambda c: c.delivered) / max(1, users)
    past = sum(exposure.total("segment", k, lambda c: c.delivered) for k in baselines)
    return (
        f"Messages: {now:.2f} delivered per user of {inquiry.segment}, "
        f"{past / max(1, past_users):.2f} before; no reason or channel stops more than it did."
    )
