"""For each reason, what would have to be otherwise for a candidate to get past its stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np

from control.kill_switches import Killed
from core.reasons import REASONS
from orchestrate.engine.candidates import Candidate, flag
from orchestrate.engine.staging import CODE
from orchestrate.engine.state import DENIED, GRANTED, NOTHING
from orchestrate.ground import Ground, Step

ENOUGH = 1_000_000
"""So many messages no cap stops."""


def _turn(kind: str, wanted: bool) -> Callable[[Ground, Candidate], Step | None]:
    return lambda ground, one: ground.turned(flag(kind, one), wanted)


def _population(ground: Ground, one: Candidate) -> Step | None:
    return ground.turned(one.population, True)


def _applicable(ground: Ground, one: Candidate) -> Step | None:
    if one.not_yet:
        return "its offer had begun", ground.with_candidate(one._replace(not_yet=False))
    return ground.turned(flag("applicable", one), True)


def _known(ground: Ground, one: Candidate) -> Step | None:
    return ground.turned(flag("suppressed", one), False) or ground.turned(
        flag("stopped", one), False
    )


def _consent(ground: Ground, one: Candidate) -> Step | None:
    state, route = ground.state, one.route
    asked = [pair for pair in zip(route.purposes, route.channels, strict=True) if pair[0]]
    killed = ground.rules.killed.keys("channel")
    best = sorted(
        asked,
        key=lambda pair: (pair[1] in killed, not state.address.get(pair[1], np.ones(1))[0]),
    )
    for purpose, channel in best[:1]:
        consent = {**state.consent, (str(purpose), channel): np.array([GRANTED], np.uint8)}
        told = f"the user agreed to {purpose} by {channel.replace('_', ' ')}"
        return told, replace(ground, state=replace(state, consent=consent))
    return None


def _killed(ground: Ground, one: Candidate) -> Step:
    left = [s for s in ground.rules.killed.switches if not _stops(s.scope, s.key, one)]
    rules = ground.rules._replace(killed=Killed(tuple(left)))
    made = ground.with_candidate(one._replace(killed=False))
    return "the kill switch were lifted", replace(made, rules=rules)


def _stops(scope: str, key: str, one: Candidate) -> bool:
    return (
        scope == "global"
        or (scope == "channel" and key in one.route.channels)
        or (scope, key) in (("policy", one.policy.key), ("action", one.entry.action.key))
    )


def _fresh(ground: Ground, one: Candidate) -> Step:
    return "its data were fresh", ground.with_candidate(one._replace(stale=False))


def _in_nobodys_holdout(ground: Ground, _one: Candidate) -> Step:
    state = replace(ground.state, held_out=np.zeros(1, np.bool_))
    return "the user were not in the global holdout", replace(ground, state=state)


def _drawn(ground: Ground, one: Candidate) -> Step:
    free = one._replace(
        policy=one.policy._replace(holdout=None), entry=one.entry._replace(experiment=None)
    )
    told = "the user's bucket were not held out"
    return told, ground.with_candidate(free)


def _rested(ground: Ground, one: Candidate) -> Step:
    resting = {key: who for key, who in ground.state.resting.items() if key != one.policy.named}
    paused = {key: who for key, who in ground.state.paused.items() if key != one.number}
    state = replace(ground.state, resting=resting, paused=paused)
    return "its pause were over", replace(ground, state=state)


def _lasting(ground: Ground, one: Candidate) -> Step | None:
    offer = one.entry.action.offer
    if offer is None:
        return None
    longer = ground.rules.as_of + timedelta(days=30)
    action = one.entry.action.model_copy(
        update={"offer": offer.model_copy(update={"valid_until": longer})}
    )
    made = one._replace(ended=False, entry=one.entry._replace(action=action))
    return "its offer were still valid", ground.with_candidate(made)


def _reachable(ground: Ground, one: Candidate) -> Step | None:
    for channel, has_one in ground.state.address.items():
        if channel in one.route.channels and not has_one[0]:
            address = {**ground.state.address, channel: np.ones(1, np.bool_)}
            state = replace(ground.state, address=address)
            return f"the user had an address for {channel}", replace(ground, state=state)
    return None


def _offer(ground: Ground, one: Candidate) -> Step | None:
    if ground.state.standing[0] != NOTHING:
        state = replace(ground.state, standing=np.array([NOTHING], np.int32))
        return "no other offer were valid for the user", replace(ground, state=state)
    return _rival(ground, one)


def _rival(ground: Ground, one: Candidate) -> Step | None:
    """Without the last of those that won against it."""
    rivals = [*_rivals(ground, one)]
    if not rivals:
        return None
    rival = rivals[-1]
    name = flag("eligible", rival)
    found = ground.turned(name, False)
    if found is not None and found[1].reason(one.number) != ground.reason(one.number):
        ours = flag("eligible", one)
        if found[1].state.true[ours][0] == ground.state.true[ours][0]:
            return found
    nobody = {**ground.state.true, name: np.zeros(1, np.uint8)}
    told = f"{rival.entry.action.name} were not for the user"
    return told, replace(ground, state=replace(ground.state, true=nobody))


def _rivals(ground: Ground, one: Candidate) -> Iterator[Candidate]:
    """Who went on to the caps, in the static order, and took what this one asked for."""
    rows, mine = ground.decided.rows, one.entry.action
    lost = [CODE[code] for code in ("LOWER_PRIORITY", "EXCLUSION_GROUP", "OFFER_CONFLICT")]
    past = [n for n, r in zip(rows.numbers, rows.reasons, strict=True) if r not in lost]
    for number in past:
        other = ground.candidates[number]
        theirs = other.entry.action
        if other.number == one.number or ground.reason(other.number) in BEFORE_ARBITRATION:
            continue
        takes = other.policy.key == one.policy.key
        takes |= mine.exclusion_group is not None and theirs.exclusion_group == mine.exclusion_group
        takes |= mine.offer is not None and theirs.offer is not None
        if takes:
            yield other


def _room(ground: Ground, one: Candidate) -> Step:
    action = one.entry.action
    full = [
        cap
        for cap in ground.rules.contact.caps
        if any(
            cap.limits(action.message_class, channel, action.exclusion_group)
            for channel in one.route.channels
        )
    ]
    caps = tuple(
        cap.model_copy(update={"n": ENOUGH}) if cap in full and cap.n is not None else cap
        for cap in ground.rules.contact.caps
    )
    names = " and ".join(cap.key for cap in full if cap.n is not None)
    return f"there were room under {names}", _contact(ground, caps=caps)


def _contact(ground: Ground, **update: object) -> Ground:
    contact = ground.rules.contact.model_copy(update=update)
    return replace(ground, rules=ground.rules._replace(contact=contact))


def _awake(ground: Ground, one: Candidate) -> Step:
    told = {"TZ_UNKNOWN": "the user's time zone were known"}
    words = told.get(ground.reason(one.number), "it were not quiet time until it expires")
    return words, _contact(ground, quiet_hours=None)


def _not_on_its_way(ground: Ground, one: Candidate) -> Step:
    valid = {key: who for key, who in ground.state.valid.items() if key != one.number}
    state = replace(ground.state, valid=valid)
    return "the same message were not on its way", replace(ground, state=state)


def broken(ground: Ground, one: Candidate) -> Step:
    """What would stop a message that is selected."""
    found = ground.turned(flag("eligible", one), False)
    if found is not None and found[1].reason(one.number) != "SELECTED":
        return found
    pairs = zip(one.route.purposes, one.route.channels, strict=True)
    asked = [(purpose, channel) for purpose, channel in pairs if purpose is not None]
    if len(asked) == len(one.route.channels):
        refused = {pair: np.array([DENIED], np.uint8) for pair in asked}
        state = replace(ground.state, consent={**ground.state.consent, **refused})
        return "the user agreed to none of its channels", replace(ground, state=state)
    return "a kill switch stopped it", ground.with_candidate(one._replace(killed=True))


BEFORE_ARBITRATION = frozenset(
    reason.code
    for reason in REASONS
    if reason.stage in ("data", "live", "population", "consent", "eligibility", "suppression")
) | {"UNREACHABLE"}

MENDS: dict[str, Callable[[Ground, Candidate], Step | None]] = {
    "STALE_DATA": _fresh,
    "INPUT_UNKNOWN": _known,
    "KILLED": _killed,
    "NOT_IN_POPULATION": _population,
    "HELD_OUT_GLOBAL": _in_nobodys_holdout,
    "NO_CONSENT": _consent,
    "CONSENT_UNKNOWN": _consent,
    "INELIGIBLE": _turn("eligible", wanted=True),
    "NOT_APPLICABLE": _applicable,
    "SUPPRESSED_STATE": _turn("suppressed", wanted=False),
    "SUPPRESSED_OUTCOME": _rested,
    "STOPPED": _turn("stopped", wanted=False),
    "EXPIRED": _lasting,
    "EXCLUSION_GROUP": _rival,
    "OFFER_CONFLICT": _offer,
    "LOWER_PRIORITY": _rival,
    "HELD_OUT_POLICY": _drawn,
    "HELD_OUT_EXPERIMENT": _drawn,
    "CAP_REACHED": _room,
    "MIN_GAP": lambda ground, _one: (
        "the last message were longer ago",
        _contact(ground, min_gap_seconds=0),
    ),
    "QUIET_HOURS": _awake,
    "TZ_UNKNOWN": _awake,
    "UNREACHABLE": _reachable,
    "DUPLICATE_INTENT": _not_on_its_way,
}
"""Reason code → what would have to be otherwise for a candidate to get past that stage."""
