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
from core.rules import Action, DecisionPolicy, EligibilityRule, Holdout
from warehouse.catalog import Catalog

Artifact = EligibilityRule | DecisionPolicy


def reachable(actions: tuple[Action, ...], artifact: Artifact, catalog: Catalog) -> Condition:
    """Consent and an address for some channel, not held out, below the frequency cap."""
    contact = catalog.defaults.contact_policy
    parts: list[Condition] = [
        Not(of=held_out(artifact.holdout)),
        Not(of=held_out(contact.global_holdout)),
    ]
    if actions:
        parts.append(Or(of=tuple(contactable(action, catalog) for action in actions)))
    marketing = all(action.message_class == "marketing" for action in actions)
    for cap in contact.caps:
        if marketing and cap.message_class in ("marketing", None) and cap.channel is None:
            recent = Filter(
                column="sent_at", op=Op.GE, value=AsOf(as_of_offset_seconds=-cap.window_seconds)
            )
            parts.append(Related(entity="message", where=(recent,), op=Op.LT, n=cap.n))
    return And(of=tuple(parts))


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
