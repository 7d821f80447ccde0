"""Messages that users no longer get, or get again: a channel, a cap or another reason moved."""

from __future__ import annotations

from collections.abc import Iterator
from math import expm1, log1p, sqrt

from measure.causes.inquiry import Check, Ground, Inquiry, Ruled, Stage, Suspect
from measure.causes.message_losses import Loss, Way, loss_row, losses_of, weighed
from measure.exposure import Exposure, message_effects
from measure.thresholds import LEAST_EFFECT


def exposure_loss(inquiry: Inquiry, exposure: Exposure, matured: float = 1.0) -> Stage:
    """Names what stops messages of the segment, and what that costs by the randomised holdout.

    ``matured`` is the share of conversions that has had the time to happen.
    """
    usable = [k for k in inquiry.baselines if exposure.total("segment", k, lambda c: c.candidates)]
    if len(usable) < 3:
        sentence = "Messages: too few earlier periods with decisions to compare."
        return Stage(inquiry, ruled_out=(Ruled("exposure", sentence, (exposure.sql,)),), tests=0)
    losses = list(losses_of(exposure, usable, inquiry.has_control))
    moved = [x for x in losses if x.striking]
    if not moved:
        steady = Ruled("exposure", _steady(inquiry, exposure, usable), (exposure.sql,))
        rows = [loss_row(x, exposure, usable, 0.0) for x in losses]
        return Stage(inquiry, ruled_out=(steady,), tests=len(losses), messages=rows)
    effects, query_id = message_effects(
        inquiry.runner, inquiry.catalog, inquiry.span, inquiry.cells.steps[-1]
    )
    losses = [weighed(x, effects, exposure, usable, matured) for x in losses]
    return _judged(inquiry, losses, exposure, query_id, usable)


def _judged(
    inquiry: Inquiry, losses: list[Loss], exposure: Exposure, query_id: str, usable: list[int]
) -> Stage:
    converted = inquiry.cells.whole("segment", 0).converted + 0.5
    moved = [x for x in losses if x.striking]
    suspects, ruled_out = [], []
    for name in sorted({x.way[:3] for x in moved}):
        same = [x for x in moved if x.way[:3] == name]
        # What it cost is missing from today's conversions; what it added is among them.
        effect = -log1p(-sum(x.conversions for x in same) / converted)
        if effect * inquiry.sign < LEAST_EFFECT:
            sentence = _harmless(same, inquiry, exposure.sql)
            ruled_out.append(Ruled(name[0], sentence, (exposure.sql, query_id)))
        else:
            suspects.append(_suspect(same, effect, inquiry, (exposure, query_id), usable))
    entered = max(1, inquiry.cells.step(1, "segment", 0).entered)
    rows = [loss_row(x, exposure, usable, x.conversions / entered, query_id) for x in losses]
    explained = inquiry.having_explained(sum(s.effect for s in suspects))
    if suspects:
        # Which steps a message moves the holdout does not say.
        explained = explained.having_told_steps(range(1, len(inquiry.cells.steps)))
    return Stage(
        explained,
        tuple(suspects),
        tuple(ruled_out),
        tests=len(losses),
        messages=rows,
    )


def _suspect(
    losses: list[Loss],
    effect: float,
    inquiry: Inquiry,
    made_by: tuple[Exposure, str],
    baselines: list[int],
) -> Suspect:
    exposure, query_id = made_by
    say, sql = inquiry.figures, (exposure.sql, query_id)
    first = max(losses, key=lambda x: abs(x.conversions))
    lost = sum(x.messages for x in losses)
    reach = f"did not reach users; by the holdout they are worth {_worth(effect, inquiry, sql)}"
    if lost < 0:
        reach = f"more reached users; by the holdout they add {_worth(effect, inquiry, sql)}"
    sentence = (
        f"{_what(first, inquiry, exposure)}: {say.percent(first.now, exposure.sql)} of "
        f"{say.name(first.way.action, exposure.sql)} now, "
        f"{say.percent(first.before, exposure.sql)} before. "
        f"About {say.count(abs(lost), *sql)} messages {reach} of conversions."
    )
    return Suspect(
        first.way.kind,
        sentence,
        first.way.dimension,
        first.way.value,
        effect,
        "high",
        sql,
        _checks(inquiry, first.way),
        error=_error(losses, effect),
        grounds=tuple(_grounds(first, inquiry, made_by, baselines)),
    )


def _worth(effect: float, inquiry: Inquiry, sql: tuple[str, ...]) -> str:
    return inquiry.figures.percent(abs(expm1(effect)), *sql)


def _error(losses: list[Loss], effect: float) -> float | None:
    """From the error of the holdout's effects; the messages themselves were counted."""
    known = [x for x in losses if x.effect is not None and x.conversions]
    total = sum(x.conversions for x in known)
    if not total:
        return None
    spread = sqrt(sum((x.conversions / x.effect.z) ** 2 for x in known if x.effect))
    return abs(spread / total * expm1(effect))


def _what(loss: Loss, inquiry: Inquiry, exposure: Exposure) -> str:
    if loss.way.kind == "delivery_failure":
        verb = "fail" if loss.now > loss.before else "fail less often"
        because = _because(inquiry, exposure, loss) if loss.now > loss.before else ""
        return f"{loss.way.value} messages of {inquiry.segment} {verb}{because}"
    verb = "stops" if loss.now > loss.before else "stops fewer"
    return f"{loss.way.value} {verb} messages of {inquiry.segment}"


def _because(inquiry: Inquiry, exposure: Exposure, loss: Loss) -> str:
    """The reason that most failed messages give."""
    reasons: dict[str, int] = {}
    for cell in exposure.of("segment", 0, loss.way.action):
        if cell.channel == loss.way.value and cell.failed_reason:
            reasons[cell.failed_reason] = reasons.get(cell.failed_reason, 0) + cell.sent
    if not reasons:
        return ""
    most = max(reasons, key=lambda r: reasons[r])
    return f" ({inquiry.figures.name(most, exposure.sql)})"


def _grounds(
    loss: Loss, inquiry: Inquiry, made_by: tuple[Exposure, str], baselines: list[int]
) -> Iterator[Ground]:
    exposure, query_id = made_by
    say, effect = inquiry.figures, loss.effect
    if effect is not None:
        more = say.percent(effect.difference, query_id)
        what = say.name(loss.way.action, query_id)
        yield Ground(
            f"Of earlier periods' users picked by lot for {what} {more} more reach the goal than "
            f"of those held out ({say.count(effect.picked, query_id)} against "
            f"{say.count(effect.held_out, query_id)} users).",
            (query_id,),
        )
    now = loss.way.share(exposure, "control", [0])
    before = loss.way.share(exposure, "control", baselines)
    if inquiry.has_control and now is not None and before is not None:
        yield Ground(
            f"For {inquiry.control} it was {say.percent(now, exposure.sql)} now and "
            f"{say.percent(before, exposure.sql)} before.",
            (exposure.sql,),
            "for" if abs(now - before) < abs(loss.now - loss.before) / 2 else "against",
        )


def _checks(inquiry: Inquiry, way: Way) -> tuple[Check, ...]:
    current = inquiry.span.periods.current
    since = {"since": inquiry.periods_back(2), "until": current.end, "as_of": current.known_by}
    every = Check("What became of candidate messages, by platform and day", "exposure_loss", since)
    worth = Check(
        f"{inquiry.cells.steps[-1]} of users picked for a message and of those held out",
        "exposure_effect",
        {
            "goal": inquiry.cells.steps[-1],
            "since": inquiry.periods_back(6),
            "until": current.start - inquiry.span.window,
            "as_of": current.known_by,
            "window": inquiry.span.window,
        },
    )
    share = Check(
        f"{way.value} by platform and week", "reason_share", since | {"reason": way.value}
    )
    return (every, worth) if way.dimension == "channel" else (share, every, worth)


def _harmless(losses: list[Loss], inquiry: Inquiry, sql: str) -> str:
    say, first = inquiry.figures, max(losses, key=lambda x: abs(x.messages))
    return (
        f"{say.name(first.way.value, sql)} stops {say.percent(first.now, sql)} of "
        f"{say.name(first.way.action, sql)} of "
        f"{inquiry.segment}, {say.percent(first.before, sql)} before, but by the holdout these "
        f"messages do not {'lower' if inquiry.sign < 0 else 'raise'} conversions."
    )


def _steady(inquiry: Inquiry, exposure: Exposure, baselines: list[int]) -> str:
    users = inquiry.cells.step(1, "segment", 0).entered
    past_users = sum(inquiry.cells.step(1, "segment", k).entered for k in baselines)
    now = exposure.total("segment", 0, lambda c: c.delivered) / max(1, users)
    past = sum(exposure.total("segment", k, lambda c: c.delivered) for k in baselines)
    say, sql = inquiry.figures, (exposure.sql, inquiry.cells.sql)
    return (
        f"Messages: {say.number(now, *sql)} delivered per user of {inquiry.segment}, "
        f"{say.number(past / max(1, past_users), *sql)} before; no reason or channel stops more "
        "or fewer than it did."
    )
