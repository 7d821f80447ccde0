"""Random small worlds, made up from a seed. ``laid_worlds`` has them as rules and rows.

Worlds of one batch share a warehouse and the limits on contact; their users, rules and histories
are their own, and no rule reaches users of another world.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from tests.orchestrate.laid_worlds import tick_of, write
from tests.orchestrate.plain_worlds import (
    SHARES,
    TRAITS,
    Cond,
    OAction,
    OCap,
    OContact,
    OEntry,
    OFormer,
    OMessage,
    OOffer,
    OOutcome,
    OPast,
    OPolicy,
    OUser,
    OWorld,
    Switch,
)

__all__ = ["batch", "tick_of", "write"]

DAY = 86_400
CHANNELS = ("push", "email", "in_app", "sms")
CLASSES = ("marketing", "marketing", "marketing", "service", "transactional")
ZONES = (None, "Europe/London", "Asia/Tokyo", "America/New_York", "Asia/Kathmandu", "Mars/Base")


def batch(seed: int, worlds: int, *, everything: bool = False) -> list[OWorld]:
    """That many worlds with one moment, one contact policy and one set of channel switches.

    With ``everything`` caps may put messages off, and users may have been merged.
    """
    return drawn(random.Random(seed), str(seed), worlds, everything=everything)


def drawn(r: random.Random, name: str, worlds: int, *, everything: bool = False) -> list[OWorld]:
    """The same of any source of chance, such as Hypothesis', which makes failing worlds smaller."""
    at = datetime(2026, r.choice((3, 6, 12)), r.randint(1, 28), r.randrange(24), r.randrange(60))
    contact = _contact(r)
    killed: set[Switch] = set()
    if r.random() < 0.1:
        killed.add(("channel", r.choice(CHANNELS)))
    if r.random() < 0.02:
        killed.add(("global", "*"))
    made = [_world(r, f"{name}x{n}", at, contact, frozenset(killed)) for n in range(worlds)]
    return made if everything else [_simpler(world) for world in made]


def _simpler(world: OWorld) -> OWorld:
    """Nobody was merged, and no cap puts anything off."""
    drops = {"defer": "drop"}
    caps = (c._replace(on_exceed=drops.get(c.on_exceed, c.on_exceed)) for c in world.contact.caps)
    return world._replace(
        contact=world.contact._replace(caps=tuple(caps)),
        users=tuple(user._replace(former=()) for user in world.users),
    )


def _contact(r: random.Random) -> OContact:
    quiet = None
    if r.random() < 0.6:
        start, end = r.choice((("21:00", "08:00"), ("12:00", "14:30"), ("00:00", "23:00")))
        quiet = (start, end, r.choice((None, "UTC", "Asia/Tokyo")))
    holdout = (
        (f"global{r.random()}", SHARES[r.choice((0.3, 0.0, 0.5))]) if r.random() < 0.4 else None
    )
    caps = tuple(_cap(r) for _ in range(r.choice((0, 1, 2, 2, 3, 4))))
    if r.random() < 0.4:
        caps = tuple(cap._replace(n=cap.n or 1, on_exceed="defer") for cap in caps)
    return OContact(caps, r.choice((0, 0, 3_600, 4 * 3_600)), quiet, holdout)


def _cap(r: random.Random) -> OCap:
    calendar = r.choice((None, None, "day", "week", "month"))
    channel = r.choice((None, None, None, None, *CHANNELS))
    return OCap(
        n=r.choice((None, 0, 1, 1, 1, 2, 2, 3)),
        seconds=0 if calendar else r.choice((6 * 3_600, DAY, DAY, 3 * DAY, 7 * DAY)),
        calendar=calendar,
        zone=r.choice(("user", "user", "Asia/Tokyo")),
        message_class=r.choice(("marketing", "marketing", None, "service")),
        channel=channel,
        group=r.choice((None, None, None, None, "g1")),
        on_exceed=_on_exceed(r, channel),
    )


def _on_exceed(r: random.Random, channel: str | None) -> str:
    if channel is not None and r.random() < 0.6:
        return "next_channel"
    return r.choice(("drop", "defer", "defer"))


def _world(
    r: random.Random, name: str, at: datetime, contact: OContact, killed: frozenset[Switch]
) -> OWorld:
    count = r.randint(1, 8)
    offers = [_offer(r, f"o{name}_{n}", at) for n in range(2)]
    actions = [_action(r, f"a{name}_{n}", offers) for n in range(count)]
    policies: list[OPolicy] = []
    left = list(actions)
    while left:
        size = r.choice((1, 2, 3, 4))
        mine, left = left[:size], left[size:]
        is_rule = len(mine) == 1 and r.random() < 0.5
        policies.append(policy_of(r, f"p{name}_{len(policies)}", mine, is_rule))
    if actions and r.random() < 0.3:  # an action that two policies would send
        again = r.choice(actions)
        policies.append(policy_of(r, f"p{name}_{len(policies)}", [again], False))
    own = set(killed)
    if r.random() < 0.08:
        own.add(("policy", r.choice(policies).key))
    if r.random() < 0.08:
        own.add(("action", r.choice(actions).key))
    many = r.choice((1, 2, 4, 6, 10, 50 if r.random() < 0.2 else 8))
    users = tuple(_user(r, f"u{name}_{n}", at, policies, actions) for n in range(many))
    known = {action.key: action for action in actions}
    if r.random() < 0.3:
        policies += _canary(r, policies)
    return OWorld(at, tuple(policies), contact, frozenset(own), known, users)


def _offer(r: random.Random, key: str, at: datetime) -> OOffer:
    begins = at + timedelta(hours=r.choice((-72, -24, -24, 0, 5)))
    ends = max(begins, at) + timedelta(hours=r.choice((2, 30, 200)))
    if r.random() < 0.1:
        ends = begins + timedelta(hours=1)
    return OOffer(f"{key}:9.5:None:None", begins, ends)


def _action(r: random.Random, key: str, offers: list[OOffer]) -> OAction:
    channels = r.sample(CHANNELS, r.choice((1, 1, 2, 3)))
    return OAction(
        key=key,
        message_class=r.choice(CLASSES),
        channels=tuple(channels),
        group=r.choice((None, None, "g1", "g2")),
        offer=r.choice((None, None, *offers)),
        expires=r.choice((7 * DAY, DAY, 6 * 3_600)),
    )


def policy_of(r: random.Random, key: str, actions: Sequence[OAction], is_rule: bool) -> OPolicy:
    """A policy of these actions, or a rule of one."""
    entries = tuple(
        OEntry(
            tier=1 if is_rule else r.choice((1, 1, 2, 3)),
            position=position,
            action=action,
            eligibility=_cond(r, 0),
            applicability=_cond(r, 1) if r.random() < 0.2 and not is_rule else None,
            score=r.choice((None, *TRAITS)) if not is_rule else None,
            suppressions=tuple(_cond(r, 1) for _ in range(r.choice((0, 0, 0, 1))))
            if not is_rule
            else (),
            outcomes=tuple(_outcome(r) for _ in range(r.choice((0, 0, 0, 1))))
            if not is_rule
            else (),
            stops=tuple(_cond(r, 1) for _ in range(r.choice((0, 0, 0, 1)))) if not is_rule else (),
            experiment=_experiment(r, key) if r.random() < 0.15 and not is_rule else None,
        )
        for position, action in enumerate(actions, start=1)
    )
    return OPolicy(
        key=key,
        is_rule=is_rule,
        population=("all",) if r.random() < 0.7 else _cond(r, 1),
        entries=entries,
        k=1 if is_rule else r.choice((1, 1, 2, 3)),
        cooldown=0 if is_rule else r.choice((0, 0, DAY, 20 * DAY)),
        never_again=not is_rule and r.random() < 0.05,
        holdout=(r.choice(("s1", f"h{key}")), SHARES[r.choice((0.0, 0.3, 0.5, 1.0))])
        if r.random() < 0.4
        else None,
        stale=is_rule and r.random() < 0.1,
    )


def _canary(r: random.Random, policies: list[OPolicy]) -> list[OPolicy]:
    """Another version of a policy for a share of users; the one before is for all others."""
    before = r.choice(policies)
    actions = [entry.action for entry in before.entries]
    mine = r.sample(actions, r.randint(1, len(actions)))
    newer = policy_of(r, before.key, mine, before.is_rule)
    salt, end = f"canary/{before.key}", r.choice(("20000000", "80000000", "d0000000"))
    drawn = ("and", (newer.population, ("bucket", salt, "00000000", end)))
    rest = ("and", (before.population, ("bucket", salt, end, None)))
    policies[policies.index(before)] = before._replace(population=rest)
    return [newer._replace(population=drawn, version=2)] if r.random() < 0.8 else []


def _experiment(r: random.Random, key: str) -> tuple[str, tuple[tuple[str, str | None, bool], ...]]:
    arms = [("00000000", "40000000", r.random() < 0.5), ("40000000", "c0000000", True)]
    if r.random() < 0.5:
        arms.append(("c0000000", None, r.random() < 0.5))
    return f"x{key}", tuple(arms)


def _outcome(r: random.Random) -> OOutcome:
    return OOutcome(
        scope=r.choice(("action", "group", "channel", "class", "all")),
        outcome=r.choice(("ignored", "failed", "clicked")),
        n=r.choice((1, 2)),
        window=r.choice((2 * DAY, 10 * DAY)),
        pause=r.choice((DAY, 5 * DAY, 30 * DAY)),
    )


def _cond(r: random.Random, depth: int) -> Cond:
    roll = r.random()
    if depth < 2 and roll < 0.3:
        kind = r.choice(("and", "or"))
        return (kind, tuple(_cond(r, depth + 1) for _ in range(r.choice((1, 2, 3)))))
    if depth < 2 and roll < 0.42:
        return ("not", _cond(r, depth + 1))
    if roll < 0.5:
        return ("all",)
    when_unknown = r.choice((None, None, "match", "no_match", "block"))
    if roll < 0.55:
        return ("bucket", r.choice(("b1", "b2")), "20000000", r.choice((None, "d0000000")))
    if roll < 0.8:
        return ("country", r.choice(("DE", "FR")), when_unknown)
    return ("momentum", r.choice((10.0, 50.0, 80.0)), when_unknown)


def _user(
    r: random.Random,
    key: str,
    at: datetime,
    policies: Sequence[OPolicy],
    actions: Sequence[OAction],
) -> OUser:
    score = (None, 0.0, -0.0, 0.5, 0.5, 1.5, float("nan"), float("inf"), float("-inf"))
    consents, messages, past = _history(r, key, at, policies, actions)
    return OUser(
        key=key,
        country=r.choice((None, "DE", "FR", "US")),
        momentum=r.choice((None, 10.0, 60.0, 90.0)),
        scores={name: r.choice(score) for name in TRAITS},
        zone=r.choice(ZONES),
        email=r.random() < 0.8,
        consents=consents,
        messages=messages,
        past=past,
        former=tuple(_former(r, key, n, at, policies, actions) for n in range(_mergers(r))),
    )


def _mergers(r: random.Random) -> int:
    return r.choice((0, 0, 0, 0, 0, 1, 1, 2))


def _former(
    r: random.Random,
    key: str,
    number: int,
    at: datetime,
    policies: Sequence[OPolicy],
    actions: Sequence[OAction],
) -> OFormer:
    # The second was merged into the first, or straight into the user.
    into = f"{key}_was0" if number and r.random() < 0.5 else key
    own = f"{key}_was{number}"
    return OFormer(own, into, *_history(r, own, at, policies, actions))


def _history(
    r: random.Random,
    key: str,
    at: datetime,
    policies: Sequence[OPolicy],
    actions: Sequence[OAction],
) -> tuple[tuple[tuple[str, str, datetime], ...], tuple[OMessage, ...], tuple[OPast, ...]]:
    """Consents, messages and decisions under one id."""
    consents = [
        (channel, status, at - timedelta(hours=r.choice((1, 24, 24, 48, -2))))
        for channel in ("push", "email", "sms")
        for status in r.choices(
            ("granted", "denied", "withdrawn"), (8, 1, 1), k=r.choice((0, 1, 1, 1, 2))
        )
    ]
    past = tuple(_past(r, f"d{key}_{n}", at, policies) for n in range(r.choice((0, 0, 1, 2))))
    messages = [_message(r, at, actions, None) for _ in range(r.choice((0, 0, 0, 1, 2, 4)))]
    messages += [
        _message(r, at, actions, one) for one in past if r.random() < 0.4 and not one.ghost
    ]
    return tuple(consents), tuple(messages), past


def _past(r: random.Random, key: str, at: datetime, policies: Sequence[OPolicy]) -> OPast:
    policy = r.choice(policies)
    entry = r.choice(policy.entries)
    decided = at - timedelta(minutes=r.choice((0, 30, 600, 1_440, 5_000, 15_000, -60)))
    return OPast(
        decision_id=key,
        policy=policy.key,
        action=entry.action.key,
        channel=r.choice(entry.action.channels),
        decided=decided,
        not_before=decided + timedelta(minutes=r.choice((0, 0, 300, 900))),
        ghost=r.random() < 0.25,
        released=r.random() < 0.15,
        offer=entry.action.offer,
    )


def _message(
    r: random.Random, at: datetime, actions: Sequence[OAction], of: OPast | None
) -> OMessage:
    sent = at - timedelta(minutes=r.choice((30, 200, 1_000, 1_440, 2_000, 4_320, 9_000, 20_000, 0)))
    delivered = sent + timedelta(minutes=1) if r.random() < 0.9 else None
    later = {
        name: delivered + timedelta(hours=r.choice((1, 24, 30)))
        for name, share in (("opened", 0.4), ("clicked", 0.2))
        if delivered and r.random() < share
    }
    action = of.action if of else r.choice((*[a.key for a in actions], "unheard_of"))
    return OMessage(
        decision_id=of.decision_id if of else None,
        action=action,
        channel=of.channel if of else r.choice(CHANNELS),
        sent=sent,
        delivered=delivered,
        opened=later.get("opened"),
        clicked=later.get("clicked"),
        failed=r.random() < 0.15,
    )
