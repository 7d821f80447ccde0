"""What a cycle must decide, written a second time: plain Python, a user at a time, nothing shared.

Worlds are plain values; ``small_worlds.py`` makes them up, ``laid_worlds.py`` writes them into a
warehouse.
Slow and obvious on purpose: whatever the cycle does cleverly is held against this.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from tests.orchestrate.plain_worlds import (
    Cond,
    OAction,
    OCap,
    OEntry,
    OFormer,
    OPast,
    OPolicy,
    OResult,
    OUser,
    OWorld,
)

ADDRESS = {"email"}
NO_CONSENT_NEEDED = {"in_app"}
ZONES = available_timezones()


def decide(world: OWorld) -> dict[tuple[str, str, str], OResult]:
    """(user, policy, action) → what must become of it, for every user of a population."""
    found: dict[tuple[str, str, str], OResult] = {}
    for user in world.users:
        found |= _decide_user(world, user, _units(world, user))
    return found


def _decide_user(  # noqa: C901 - one user from first to last stage, in one piece
    world: OWorld, user: OUser, units: dict[tuple[str, ...], str]
) -> dict[tuple[str, str, str], OResult]:
    found: dict[tuple[str, str, str], OResult] = {}
    user = user._replace(
        messages=tuple(m for one in (user, *user.former) for m in one.messages),
        past=tuple(p for one in (user, *user.former) for p in one.past),
    )
    unit = units.get((), user.key)
    held_out = world.contact.holdout is not None and below(unit, *world.contact.holdout)
    winners = []
    for policy in world.policies:
        if _truth(policy.population, user, False) is not True:
            continue
        running = []
        for entry in policy.entries:
            stopped, channel = _before_arbitration(world, policy, entry, user)
            if stopped is None:
                running.append((entry, channel))
                continue
            reason = stopped
            if held_out and stopped not in ("STALE_DATA", "KILLED"):
                reason = "HELD_OUT_GLOBAL"
            shown = channel or entry.action.channels[0]
            found[user.key, policy.key, entry.action.key] = OResult(reason, False, shown, None)
        running.sort(key=lambda one: _rank(one[0], user))
        for place, (entry, channel) in enumerate(running):
            if place < policy.k:
                winners.append((policy, entry, channel))
            else:
                reason = "HELD_OUT_GLOBAL" if held_out else "LOWER_PRIORITY"
                found[user.key, policy.key, entry.action.key] = OResult(
                    reason, False, channel, None
                )
    winners.sort(
        key=lambda w: (
            w[0].is_rule,
            w[1].tier,
            *_score_key(w[1], user),
            w[0].key,
            w[1].position,
            w[1].action.key,
        )
    )
    groups: set[str] = set()
    offered: str | None = None
    slots = _ledger(world, user)
    for policy, entry, channel in winners:
        key = (user.key, policy.key, entry.action.key)
        action = entry.action
        lost = None
        if action.group is not None and action.group in groups:
            lost = "EXCLUSION_GROUP"
        elif action.offer is not None and offered not in (None, action.offer.terms):
            lost = "OFFER_CONFLICT"
        if lost:
            found[key] = OResult("HELD_OUT_GLOBAL" if held_out else lost, False, channel, None)
            continue
        if action.group is not None:
            groups.add(action.group)
        if action.offer is not None:
            offered = action.offer.terms
        unit = units.get((policy.key,), user.key)
        in_holdout = policy.holdout is not None and below(unit, *policy.holdout)
        unit = units.get((policy.key, action.key), user.key)
        in_control = entry.experiment is not None and not _treated(unit, *entry.experiment)
        ghost = held_out or in_holdout or in_control
        stopped, channel, ready = _contact(world, policy, entry, user, channel, ghost, slots)
        if stopped is None:
            slots.append((ready, action.message_class, channel, action.group, ghost))
        reason = stopped or "SELECTED"
        if held_out:
            reason = "HELD_OUT_GLOBAL"
        elif in_holdout:
            reason = "HELD_OUT_POLICY"
        elif in_control:
            reason = "HELD_OUT_EXPERIMENT"
        found[key] = OResult(
            reason, ghost and stopped is None, channel, ready if stopped is None else None
        )
    return found


def _before_arbitration(  # noqa: C901 - the stages in their order
    world: OWorld, policy: OPolicy, entry: OEntry, user: OUser
) -> tuple[str | None, str | None]:
    action = entry.action
    permitted, open_, usable, denied = [], [], [], False
    for channel in action.channels:
        status = _consent(user, channel, world.at)
        needed = action.message_class == "marketing" and channel not in NO_CONSENT_NEEDED
        if needed and status != "granted":
            denied = denied or status is not None
            continue
        permitted.append(channel)
        if ("channel", channel) in world.killed:
            continue
        open_.append(channel)
        if channel not in ADDRESS or user.email:
            usable.append(channel)
    channel = usable[0] if usable else None
    is_killed = {("global", "*"), ("policy", policy.key), ("action", action.key)} & world.killed
    if policy.stale:
        return "STALE_DATA", channel
    if is_killed or (permitted and not open_):
        return "KILLED", channel
    if not permitted:
        return ("NO_CONSENT" if denied else "CONSENT_UNKNOWN"), channel
    if _truth(entry.eligibility, user, False) is not True:
        return "INELIGIBLE", channel
    if entry.applicability and _truth(entry.applicability, user, False) is not True:
        return "NOT_APPLICABLE", channel
    if action.offer and world.at < action.offer.valid_from:
        return "NOT_APPLICABLE", channel
    suppressed = _any([_truth(one, user, True) for one in entry.suppressions])
    stopped = _any([_truth(one, user, True) for one in entry.stops])
    if suppressed is True:
        return "SUPPRESSED_STATE", channel
    if _rests(world, policy, user) or _paused(world, entry, user, channel):
        return "SUPPRESSED_OUTCOME", channel
    if stopped is True:
        return "STOPPED", channel
    if action.offer and world.at >= action.offer.valid_until:
        return "EXPIRED", channel
    if suppressed is None or stopped is None:
        return "INPUT_UNKNOWN", channel
    if channel is None:
        return "UNREACHABLE", channel
    if action.offer and any(
        one.offer.valid_from <= world.at < one.offer.valid_until
        and one.offer.terms != action.offer.terms
        for one in _past(world, user)
        if one.offer
    ):
        return "OFFER_CONFLICT", channel
    return None, channel


def _contact(  # noqa: C901 - the stages in their order
    world: OWorld,
    policy: OPolicy,
    entry: OEntry,
    user: OUser,
    channel: str,
    ghost: bool,
    slots: list,
) -> tuple[str | None, str, datetime | None]:
    action, contact = entry.action, world.contact
    expires = world.at + timedelta(seconds=action.expires)
    if action.offer:
        expires = min(expires, action.offer.valid_until)
    ready = world.at
    if action.message_class != "transactional":
        ready = _ready(world.at, user.zone, contact.quiet)
        seen = [slot for slot in slots if ghost or not slot[4]]
        put_off = False
        for place in _usable_from(world, entry, user, channel):
            over = [c for c in contact.caps if _is_over(c, action, place, seen, user, ready, world)]
            asked = {cap.on_exceed for cap in over}
            if asked == {"defer"}:
                later = _first_room(world, action, place, seen, user, ready, expires)
                if later is None:
                    return "CAP_REACHED", channel, ready
                ready, put_off = later, True
            if not over or put_off:
                channel = place
                break
            if "drop" in asked:
                return "CAP_REACHED", channel, ready
        else:
            return "CAP_REACHED", channel, ready
        if not put_off and _is_near(world, seen, ready or world.at):
            return "MIN_GAP", channel, ready
    if ready is not None and ready >= expires:
        return "QUIET_HOURS", channel, ready
    if ready is None:
        return "TZ_UNKNOWN", channel, ready
    since = world.at - timedelta(seconds=action.expires)
    for one in _past(world, user):
        if (one.policy, one.action) == (policy.key, action.key) and one.decided > since:
            return "DUPLICATE_INTENT", channel, ready
    return None, channel, ready


def _is_near(world: OWorld, slots: list, moment: datetime) -> bool:
    gap = timedelta(seconds=world.contact.gap)
    return any(abs(at - moment) < gap for at, *_ in slots)


def _first_room(
    world: OWorld,
    action: OAction,
    channel: str,
    slots: list,
    user: OUser,
    ready: datetime | None,
    expires: datetime,
) -> datetime | None:
    """Tries every moment at which anything changes, one after the other."""
    if ready is None:
        return None
    caps, gap = world.contact.caps, timedelta(seconds=world.contact.gap)
    changes = {ready} | {at + gap for at, *_ in slots}
    changes |= {at + timedelta(seconds=cap.seconds) for at, *_ in slots for cap in caps}
    for cap in caps:
        end = ready
        while cap.calendar and end < expires:
            _, end = _period(end, cap.calendar, _zone_of(cap, user, world))
            changes.add(end)
    awake = {_ready(one, user.zone, world.contact.quiet) for one in changes if one >= ready}
    for moment in sorted(one for one in awake if one is not None):
        if moment >= expires:
            return None
        full = any(_is_over(cap, action, channel, slots, user, moment, world) for cap in caps)
        if not full and not _is_near(world, slots, moment):
            return moment
    return None


def _usable_from(world: OWorld, entry: OEntry, user: OUser, first: str) -> list[str]:
    action = entry.action
    rest = action.channels[action.channels.index(first) :]
    needs = action.message_class == "marketing"
    return [
        channel
        for channel in rest
        if (channel == first or not _paused(world, entry, user, channel))
        and (
            not needs
            or channel in NO_CONSENT_NEEDED
            or _consent(user, channel, world.at) == "granted"
        )
        and ("channel", channel) not in world.killed
        and (channel not in ADDRESS or user.email)
    ]


def _is_over(
    cap: OCap,
    action: OAction,
    channel: str,
    slots: list,
    user: OUser,
    ready: datetime | None,
    world: OWorld,
) -> bool:
    if cap.n is None:
        return False
    asked = (action.message_class, channel, action.group)
    if not _concerns(cap, *asked):
        return False
    moment = ready or world.at
    if cap.calendar is None:
        window = timedelta(seconds=cap.seconds)
        counted = [slot for slot in slots if abs(slot[0] - moment) < window]
    else:
        begins, ends = _period(moment, cap.calendar, _zone_of(cap, user, world))
        counted = [slot for slot in slots if begins <= slot[0] < ends]
    return sum(_concerns(cap, *slot[1:4]) for slot in counted) >= cap.n


def _zone_of(cap: OCap, user: OUser, world: OWorld) -> ZoneInfo:
    if cap.zone != "user":
        return ZoneInfo(cap.zone)
    quiet = world.contact.quiet
    return ZoneInfo(
        user.zone if user.zone in ZONES else (quiet[2] if quiet and quiet[2] else "UTC")
    )


def _concerns(cap: OCap, message_class: str, channel: str, group: str | None) -> bool:
    if cap.message_class is not None and cap.message_class != message_class:
        return False
    if cap.channel is not None and cap.channel != channel:
        return False
    return cap.group is None or cap.group == group


def _period(moment: datetime, unit: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    local = moment.replace(tzinfo=UTC).astimezone(zone)
    day = datetime(local.year, local.month, local.day)
    if unit == "day":
        begin, end = day, day + timedelta(days=1)
    elif unit == "week":
        begin = day - timedelta(days=day.weekday())
        end = begin + timedelta(days=7)
    else:
        begin = day.replace(day=1)
        end = (begin + timedelta(days=32)).replace(day=1)

    def instant(wall: datetime) -> datetime:
        return wall.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)

    return instant(begin), instant(end)


def _ready(
    moment: datetime, zone: str | None, quiet: tuple[str, str, str | None] | None
) -> datetime | None:
    if quiet is None:
        return moment
    start, end, fallback = quiet
    name = zone if zone in ZONES else fallback
    if name is None:
        return None
    for minutes in range(2 * 24 * 60):
        later = moment + timedelta(minutes=minutes)
        clock = later.replace(tzinfo=UTC).astimezone(ZoneInfo(name)).strftime("%H:%M")
        inside = start <= clock < end if start < end else clock >= start or clock < end
        if not inside:
            return later
    raise AssertionError("quiet hours that never end")


def _past(world: OWorld, user: OUser | OFormer) -> list[OPast]:
    return [one for one in user.past if one.decided <= world.at and not one.released]


def _units(world: OWorld, user: OUser) -> dict[tuple[str, ...], str]:
    """(), (policy,) and (policy, action) → the id that was first to be reached, where any was."""
    exposed: dict[tuple[str, ...], tuple[datetime, str]] = {}
    for one in (user, *user.former) if user.former else ():
        for past in _past(world, one):
            for scope in ((), (past.policy,), (past.policy, past.action)):
                first = past.decided, one.key
                exposed[scope] = min(exposed.get(scope, first), first)
    return {scope: key for scope, (_, key) in exposed.items()}


def _rests(world: OWorld, policy: OPolicy, user: OUser) -> bool:
    for one in _past(world, user):
        if one.policy != policy.key:
            continue
        if policy.never_again or one.decided > world.at - timedelta(seconds=policy.cooldown):
            return True
    return False


def _ledger(world: OWorld, user: OUser) -> list:
    slots = []
    sent = {m.decision_id for m in user.messages if m.sent < world.at and m.decision_id}
    rows = [
        (m.sent, m.action, m.channel, False)
        for m in user.messages
        if m.sent < world.at and not m.failed
    ]
    rows += [
        (one.not_before, one.action, one.channel, one.ghost)
        for one in _past(world, user)
        if one.decision_id not in sent
    ]
    for at, action, channel, ghost in rows:
        known = world.actions.get(action)
        message_class = known.message_class if known else "marketing"
        slots.append((at, message_class, channel, known.group if known else None, ghost))
    return slots


def _paused(world: OWorld, entry: OEntry, user: OUser, channel: str | None) -> bool:
    day = timedelta(days=1)
    for form in entry.outcomes:
        moments = []
        for m in user.messages:
            known = world.actions.get(m.action)
            ours = {
                "all": True,
                "action": m.action == entry.action.key,
                "channel": channel is not None and m.channel == channel,
                "class": known is not None and known.message_class == entry.action.message_class,
                "group": known is not None
                and known.group is not None
                and known.group == entry.action.group,
            }[form.scope]
            if not ours:
                continue
            if form.outcome == "ignored" and m.delivered and m.delivered + day < world.at:
                reacted = [t for t in (m.opened, m.clicked) if t and t < m.delivered + day]
                if not reacted:
                    moments.append(m.delivered + day)
            if form.outcome == "failed" and m.failed and m.sent < world.at:
                moments.append(m.sent)
            if form.outcome == "clicked" and m.clicked and m.clicked < world.at:
                moments.append(m.clicked)
        for last in moments:
            window = timedelta(seconds=form.window)
            happened = sum(last - window <= one <= last for one in moments)
            if happened >= form.n and last + timedelta(seconds=form.pause) > world.at:
                return True
    return False


def _consent(user: OUser, channel: str, at: datetime) -> str | None:
    """A later word under a former id takes away, and never gives."""
    every = [word for one in (user, *user.former) for word in one.consents]
    latest = _latest(every, channel, at)
    return _latest(user.consents, channel, at) if latest == "granted" else latest


def _latest(words: Sequence[tuple[str, str, datetime]], channel: str, at: datetime) -> str | None:
    said = [(when, status) for name, status, when in words if name == channel]
    said = [one for one in said if one[0] <= at]
    if not said:
        return None
    latest = max(when for when, _ in said)
    words = {status for when, status in said if when == latest}
    for status in ("withdrawn", "denied", "granted"):
        if status in words:
            return status
    raise AssertionError(words)


def truth(cond: Cond, user: OUser) -> bool | None:
    """Whether a condition that includes is true for a user; None: it cannot be told."""
    return _truth(cond, user, False)


def _truth(cond: Cond, user: OUser, excluding: bool) -> bool | None:
    kind = cond[0]
    if kind == "all":
        return True
    if kind == "not":
        inner = _truth(cond[1], user, not excluding)
        return None if inner is None else not inner
    if kind == "and":
        truths = [_truth(one, user, excluding) for one in cond[1]]
        return False if False in truths else None if None in truths else True
    if kind == "or":
        return _any([_truth(one, user, excluding) for one in cond[1]])
    if kind == "bucket":
        value = _bucket(cond[1], user.key)
        return cond[2] <= value and (cond[3] is None or value < cond[3])
    value = user.country if kind == "country" else user.momentum
    if value is None:
        when_unknown = cond[2] or ("block" if excluding else "no_match")
        return {"match": True, "no_match": False, "block": None}[when_unknown]
    return value == cond[1] if kind == "country" else value >= cond[1]


def _any(truths: list[bool | None]) -> bool | None:
    return True if True in truths else None if None in truths else False


def _rank(entry: OEntry, user: OUser) -> tuple:
    return (entry.tier, *_score_key(entry, user), entry.position, entry.action.key)


def _score_key(entry: OEntry, user: OUser) -> tuple[bool, float]:
    value = user.scores.get(entry.score) if entry.score else None
    if value is None or not math.isfinite(value):
        return True, 0.0
    return False, -value


def _bucket(salt: str, unit: str) -> str:
    return hashlib.md5(f"{salt}:{unit}".encode()).hexdigest()[:8]


def below(unit: str, salt: str, end: str | None) -> bool:
    """Whether a unit lies in a holdout."""
    return end is None or _bucket(salt, unit) < end


def _treated(unit: str, salt: str, arms: tuple[tuple[str, str | None, bool], ...]) -> bool:
    value = _bucket(salt, unit)
    return any(
        treated and low <= value and (high is None or value < high) for low, high, treated in arms
    )
