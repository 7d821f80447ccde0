"""Random small worlds, as plain values for the oracle, as rules and rows for a cycle.

Worlds of one batch share a warehouse and the limits on contact; their users, rules and histories
are their own, and no rule reaches users of another world.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import duckdb
from sqlglot import exp

from control.kill_switches import Killed, KillSwitch
from core.conditions import And, Attribute, Bucket, Condition, Not, Op, Or, Trait
from core.rules import (
    Action,
    Arm,
    ContactPolicy,
    Experiment,
    FrequencyCap,
    Holdout,
    Offer,
    OutcomeSuppression,
    QuietHours,
    Suppression,
)
from core.rules import StopCondition as Stop
from orchestrate.plan import PlannedEntry, PlannedPolicy
from orchestrate.stages import Tick
from tests.orchestrate import oracle
from tests.orchestrate.oracle import (
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
)
from warehouse.catalog import Catalog

DAY = 86_400
CHANNELS = ("push", "email", "in_app", "sms")
CLASSES = ("marketing", "marketing", "marketing", "service", "transactional")
ZONES = (None, "Europe/London", "Asia/Tokyo", "America/New_York", "Asia/Kathmandu", "Mars/Base")
TRAITS = ("upgrade_intent", "ltv")
SHARES = {0.0: "00000000", 0.3: "4ccccccd", 0.5: "80000000", 1.0: None}
"""Share → exclusive end, written out."""


def batch(seed: int, worlds: int, *, everything: bool = False) -> list[OWorld]:
    """That many worlds with one moment, one contact policy and one set of channel switches.

    With ``everything`` caps may put messages off, and users may have been merged.
    """
    r = random.Random(seed)
    at = datetime(2026, r.choice((3, 6, 12)), r.randint(1, 28), r.randrange(24), r.randrange(60))
    contact, killed = _contact(r), set()
    if r.random() < 0.1:
        killed.add(("channel", r.choice(CHANNELS)))
    if r.random() < 0.02:
        killed.add(("global", "*"))
    made = [_world(r, f"{seed}x{n}", at, contact, frozenset(killed)) for n in range(worlds)]
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
    r: random.Random, name: str, at: datetime, contact: OContact, killed: frozenset[tuple[str, str]]
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
        policies.append(_policy(r, f"p{name}_{len(policies)}", mine, is_rule))
    if actions and r.random() < 0.3:  # an action that two policies would send
        again = r.choice(actions)
        policies.append(_policy(r, f"p{name}_{len(policies)}", [again], False))
    own = set(killed)
    if r.random() < 0.08:
        own.add(("policy", r.choice(policies).key))
    if r.random() < 0.08:
        own.add(("action", r.choice(actions).key))
    many = r.choice((1, 2, 4, 6, 10, 50 if r.random() < 0.2 else 8))
    users = tuple(_user(r, f"u{name}_{n}", at, policies, actions) for n in range(many))
    known = {action.key: action for action in actions}
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


def few(r: random.Random) -> int:
    """Mostly none."""
    return r.choice((0, 0, 0, 1))


def _policy(r: random.Random, key: str, actions: Sequence[OAction], is_rule: bool) -> OPolicy:
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


def _holdout(r: random.Random, key: str) -> tuple[str, str | None]:
    return r.choice(("s1", f"h{key}")), SHARES[r.choice((0.0, 0.3, 0.5, 1.0))]


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


def _cond(r: random.Random, depth: int) -> oracle.Cond:
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


# The same worlds as rules and rows.


def tick_of(worlds: Sequence[OWorld], catalog: Catalog) -> Tick:
    """One cycle over all these worlds."""
    contact = _contact_policy(worlds[0].contact)
    defaults = catalog.defaults.model_copy(update={"contact_policy": contact})
    own = {key: _as_action(one) for world in worlds for key, one in world.actions.items()}
    catalog = catalog.model_copy(update={"defaults": defaults, "actions": own})
    at = worlds[0].at
    killed = sorted({switch for world in worlds for switch in world.killed})
    return Tick(
        cycle_id="c",
        trace_id="t",
        as_of=at,
        policies=tuple(
            _as_policy(policy, f"w{number}")
            for number, world in enumerate(worlds)
            for policy in world.policies
        ),
        catalog=catalog,
        killed=Killed(tuple(KillSwitch(scope, key, "", "", at) for scope, key in killed)),  # type: ignore[arg-type]
        audiences=lambda _key, _version: None,
        released=frozenset(
            one.decision_id
            for world in worlds
            for user in world.users
            for known in (user, *user.former)
            for one in known.past
            if one.released
        ),
    )


def _as_policy(policy: OPolicy, world: str) -> PlannedPolicy:
    mine = Attribute(column="app_version", value=world)
    return PlannedPolicy(
        key=policy.key,
        version=1,
        is_rule=policy.is_rule,
        population=And(of=(mine, _as_condition(policy.population))),
        entries=tuple(_as_entry(entry) for entry in policy.entries),
        k=policy.k,
        cooldown_seconds=policy.cooldown,
        holdout=_as_holdout(policy.holdout),
        max_staleness_seconds={"fct_events": 60} if policy.stale else {},
        never_again=policy.never_again,
    )


def _as_entry(entry: OEntry) -> PlannedEntry:
    held = [
        Suppression(key=f"s{n}", name="s", when=_as_condition(one))
        for n, one in enumerate(entry.suppressions)
    ]
    held += [
        Suppression(
            key=f"o{n}",
            name="o",
            scope=one.scope,  # type: ignore[arg-type]
            outcome=OutcomeSuppression(
                outcome=one.outcome,  # type: ignore[arg-type]
                n=one.n,
                window_seconds=one.window,
                pause_seconds=one.pause,
            ),
        )
        for n, one in enumerate(entry.outcomes)
    ]
    experiment = None
    if entry.experiment is not None:
        salt, arms = entry.experiment
        experiment = Experiment(
            key="x",
            salt=salt,
            arms=tuple(
                Arm(key=f"arm{n}", low=low, high=high, treated=treated)
                for n, (low, high, treated) in enumerate(arms)
            ),
        )
    return PlannedEntry(
        tier=entry.tier,
        position=entry.position,
        action=_as_action(entry.action),
        eligibility=_as_condition(entry.eligibility),
        applicability=_as_condition(entry.applicability) if entry.applicability else None,
        score=entry.score,
        suppressions=tuple(held),
        stop_conditions=tuple(
            Stop(key=f"t{n}", name="t", when=_as_condition(one))
            for n, one in enumerate(entry.stops)
        ),
        experiment=experiment,
    )


def _as_action(action: OAction) -> Action:
    offer = None
    if action.offer is not None:
        key = action.offer.terms.split(":")[0]
        offer = Offer(
            key=key,
            price=9.5,
            valid_from=action.offer.valid_from,
            valid_until=action.offer.valid_until,
        )
    return Action(
        key=action.key,
        name=action.key,
        message_class=action.message_class,  # type: ignore[arg-type]
        channels=action.channels,
        exclusion_group=action.group,
        expires_after_seconds=action.expires,
        offer=offer,
    )


def _as_condition(cond: oracle.Cond) -> Condition:
    match cond:
        case ("all",):
            return And()
        case ("not", inner):
            return Not(of=_as_condition(inner))
        case ("and", parts):
            return And(of=tuple(_as_condition(one) for one in parts))
        case ("or", parts):
            return Or(of=tuple(_as_condition(one) for one in parts))
        case ("bucket", salt, low, high):
            return Bucket(salt=salt, low=low, high=high)
        case ("country", value, unknown):
            return Attribute(column="country", value=value, when_unknown=unknown)
        case (_, least, unknown):
            return Trait(name="momentum_score", op=Op.GE, value=least, when_unknown=unknown)
    raise AssertionError(cond)


def _contact_policy(contact: OContact) -> ContactPolicy:
    quiet = None
    if contact.quiet is not None:
        start, end, zone = contact.quiet
        quiet = QuietHours(start=start, end=end, fallback_zone=zone)
    caps = tuple(
        FrequencyCap(
            key=f"c{number}",
            n=cap.n,
            window_seconds=cap.seconds,
            calendar=cap.calendar,  # type: ignore[arg-type]
            zone=cap.zone,
            message_class=cap.message_class,  # type: ignore[arg-type]
            channel=cap.channel,
            group=cap.group,
            on_exceed=cap.on_exceed,  # type: ignore[arg-type]
        )
        for number, cap in enumerate(contact.caps)
    )
    return ContactPolicy(
        key="default",
        caps=caps,
        min_gap_seconds=contact.gap,
        quiet_hours=quiet,
        global_holdout=_as_holdout(contact.holdout),
    )


def _as_holdout(holdout: tuple[str, str | None] | None) -> Holdout | None:
    if holdout is None:
        return None
    share = next(share for share, end in SHARES.items() if end == holdout[1])
    return Holdout(salt=holdout[0], share=share)


def write(cursor: duckdb.DuckDBPyConnection, worlds: Sequence[OWorld]) -> None:
    """Put the users of these worlds, and their history, into empty tables."""
    at = worlds[0].at
    rows: dict[str, list[tuple[Any, ...]]] = {
        name: []
        for name in ("dim_users", "traits", "fct_consent", "fct_messages", "decisions", "slots")
    }
    for number, world in enumerate(worlds):
        for user in world.users:
            _write_user(rows, user, f"w{number}", at)
    for table, found in rows.items():
        cursor.execute(exp.delete(table).sql("duckdb"))
        if found:
            _insert(cursor, table, list(zip(*found, strict=True)))


def _insert(cursor: duckdb.DuckDBPyConnection, table: str, columns: list[tuple[Any, ...]]) -> None:
    """Insert columns of values."""
    names = COLUMNS[table]
    lists = [
        exp.alias_(exp.Unnest(expressions=[exp.Placeholder()]), name, quoted=True) for name in names
    ]
    query = exp.insert(exp.select(*lists), exp.to_table(table), columns=list(names))
    cursor.execute(query.sql("duckdb"), [list(column) for column in columns])


COLUMNS = {
    "dim_users": ("user_id", "app_version", "country", "timezone", "email", "merged_into"),
    "traits": ("user_id", "momentum_score", *TRAITS),
    "fct_consent": ("user_id", "purpose", "channel", "status", "effective_at", "observed_at"),
    "fct_messages": (
        "user_id", "decision_id", "action_key", "channel", "sent_at", "delivered_at", "opened_at",
        "clicked_at", "failed_reason",
    ),
    "decisions": (
        "decision_id", "cycle_id", "user_id", "decided_at", "policy_key", "action_key", "channel",
        "outcome", "ghost",
    ),
    "slots": (
        "decision_id", "user_id", "counts_at", "ghost", "offer_terms", "offer_from", "offer_until",
    ),
}  # fmt: skip


def _write_user(
    rows: dict[str, list[tuple[Any, ...]]], user: OUser, world: str, at: datetime
) -> None:
    key = user.key
    email = f"{key}@example.com" if user.email else None
    rows["dim_users"].append((key, world, user.country, user.zone, email, None))
    rows["traits"].append((key, user.momentum, *(user.scores[name] for name in TRAITS)))
    _write_history(rows, user, at)
    for former in user.former:
        # What is known of the id itself is nobody's any more.
        rows["dim_users"].append((former.key, world, "DE", "Asia/Tokyo", None, former.into))
        rows["traits"].append((former.key, 90.0, *(9.0 for _ in TRAITS)))
        _write_history(rows, former, at)


def _write_history(
    rows: dict[str, list[tuple[Any, ...]]], user: OUser | OFormer, at: datetime
) -> None:
    key = user.key
    for channel, status, when in user.consents:
        rows["fct_consent"].append((key, "marketing", channel, status, when, when))
    for m in user.messages:
        failed = "bounced" if m.failed else None
        rows["fct_messages"].append(
            (
                key,
                m.decision_id,
                m.action,
                m.channel,
                m.sent,
                m.delivered,
                m.opened,
                m.clicked,
                failed,
            )
        )
    for one in user.past:
        outcome = "held_out" if one.ghost else "selected"
        rows["decisions"].append(
            (
                one.decision_id,
                "before",
                key,
                one.decided,
                one.policy,
                one.action,
                one.channel,
                outcome,
                one.ghost,
            )
        )
        offer = one.offer or (None, None, None)
        rows["slots"].append((one.decision_id, key, one.not_before, one.ghost, *offer))
