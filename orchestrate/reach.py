"""Whether a message could reach a user, as a condition: consent, address, holdouts, caps."""

from __future__ import annotations

from core.assignment import share_end
from core.conditions import (
    EVERYONE,
    And,
    AsOf,
    Attribute,
    Bucket,
    Condition,
    ConsentIs,
    Filter,
    Not,
    Op,
    Or,
    Related,
)
from core.rules import Action, DecisionPolicy, EligibilityRule, FrequencyCap, Holdout
from warehouse.catalog import Catalog

Artifact = EligibilityRule | DecisionPolicy


def reachable(actions: tuple[Action, ...], artifact: Artifact, catalog: Catalog) -> Condition:
    """Consent and an address for some channel, not held out, below the rolling caps on everything.

    Caps of a calendar unit, a channel or a group are left to a dry run, which counts them exactly.
    """
    contact = catalog.defaults.contact_policy
    parts: list[Condition] = [
        Not(of=held_out(artifact.holdout)),
        Not(of=held_out(contact.global_holdout)),
    ]
    if actions:
        parts.append(Or(of=tuple(contactable(action, catalog) for action in actions)))
    marketing = all(action.message_class == "marketing" for action in actions)
    parts += [_room(cap, catalog) for cap in contact.caps if marketing and _counts_everything(cap)]
    return And(of=tuple(parts))


def _counts_everything(cap: FrequencyCap) -> bool:
    """Whether a cap limits marketing messages whatever their channel and group."""
    is_rolling = cap.n is not None and cap.calendar is None
    is_narrow = cap.channel is not None or cap.group is not None
    return is_rolling and not is_narrow and cap.message_class in ("marketing", None)


def _room(cap: FrequencyCap, catalog: Catalog) -> Condition:
    """Fewer messages lately than a cap allows; one of exactly that age no longer counts.

    As in a cycle, a message of an action that the catalog does not know is marketing.
    """
    since = AsOf(as_of_offset_seconds=-cap.window_seconds)
    counted = [Filter(column="sent_at", op=Op.GT, value=since)]
    others = [one.key for one in catalog.actions.values() if one.message_class != "marketing"]
    if cap.message_class and others:
        counted.append(Filter(column="action_key", op=Op.NOT_IN, value=tuple(sorted(others))))
    return Related(entity="message", where=tuple(counted), op=Op.LT, n=cap.n or 0)


def contactable(action: Action, catalog: Catalog) -> Condition:
    """Consent, where it is needed, and an address for some channel of an action."""
    ways: list[Condition] = []
    for name in action.channels:
        channel = catalog.channels[name]
        needs: list[Condition] = []
        if channel.consent_purpose and action.message_class == "marketing":
            needs.append(ConsentIs(purpose=channel.consent_purpose, channel=name))
        if channel.address:
            needs.append(Attribute(column=channel.address, op=Op.IS_NOT_NULL))
        ways.append(And(of=tuple(needs)))
    return Or(of=tuple(ways))


def held_out(holdout: Holdout | None) -> Condition:
    """Whether a user is in a holdout."""
    if holdout is None or holdout.share == 0:
        return Not(of=EVERYONE)
    return Bucket(salt=holdout.salt, high=share_end(holdout.share))
