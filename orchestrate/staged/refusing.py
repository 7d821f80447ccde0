"""What cannot be tried in staging: why, and what shows its effect instead.

Staging decides twice on the same facts. What makes the facts, or says what becomes of a message
after it was decided, would have to be there twice itself.
"""

from __future__ import annotations

from typing import NamedTuple

from core.errors import Code, PilothouseError, refuse
from core.jumps import JUMP


class Instead(NamedTuple):
    """Why something cannot be staged, and what to do instead."""

    why: str
    fix: str


CANNOT: dict[str, Instead] = {
    "trait_models": Instead(
        "Trait models cannot be staged: every rule reads the same traits, and a second set would "
        "be built at each cycle for as long as it is tried.",
        "'pilothouse model plan' counts whom every live rule would gain and lose; approval builds "
        "and audits them beside the live ones, and 'pilothouse model rollback' takes them back.",
    ),
    "tracking_plan": Instead(
        "The tracking plan cannot be staged: an event is accepted or set aside once, when it "
        "comes in, and there is no second set of facts.",
        "'pilothouse collect plan propose --dry-run' holds recent events against it; what it sets "
        "aside is kept whole and can be replayed.",
    ),
    "channel_routes": Instead(
        "Channel routes cannot be staged: they say which destination sends, and staging sends by "
        "none.",
        "Try the destination first: 'pilothouse destinations check'. A route is taken back at once "
        "with 'pilothouse destinations rollback'.",
    ),
    JUMP: Instead(
        "That a population jumped cannot be staged: it is about the data itself, and holds no "
        "cycle of staging.",
        "Approve or reject it: 'pilothouse approvals show'.",
    ),
}
"""Kind of a change request → why it is not staged."""
_CONTACT = Instead(
    "Caps, quiet hours and the global holdout cannot be staged: they hold for live rules and "
    "staged ones alike.",
    "'pilothouse catalog propose contact-policy --dry-run' counts what they would stop and let "
    "through. The holdout of a rule is part of it, and is staged with it.",
)
CANNOT |= {
    "contact_policy": _CONTACT,
    "templates": Instead(
        "Templates cannot be staged by themselves: live rules and staged ones say the same words.",
        "'pilothouse catalog propose templates --dry-run' shows what somebody would read. A rule "
        "that names another template may be staged.",
    ),
    "funnels": Instead(
        "Funnels and metrics cannot be staged: they decide nothing, and say how people did.",
        "'pilothouse catalog propose funnels --dry-run' counts the last 28 days both ways.",
    ),
    "audiences": Instead(
        "Named audiences cannot be staged by themselves: live rules and staged ones name the same.",
        "'pilothouse catalog propose audiences --dry-run' counts whom live rules would mean. A "
        "rule that names another audience may be staged.",
    ),
    "channels": Instead(
        "Channels cannot be staged: they say which consent is asked for, of everybody.",
        "'pilothouse catalog propose channels --dry-run' says who sends by them.",
    ),
    "destinations": Instead(
        "Destinations cannot be staged: staging sends by none.",
        "Try the table first: 'pilothouse destinations check --reach'.",
    ),
    "syncs": Instead(
        "Syncs cannot be staged: staging tells no tool anything.",
        "'pilothouse catalog propose syncs --dry-run' counts of whom a tool would be told.",
    ),
}
NAMED: dict[str, Instead] = CANNOT | dict.fromkeys(
    ("caps", "quiet_hours", "global_holdout", "holdout", "holdouts"), _CONTACT
)
"""What somebody may ask to stage by its name."""


def cannot(target: str, instead: Instead) -> PilothouseError:
    """The refusal to stage something."""
    return refuse(Code.INVALID_ARGUMENT, instead.why, span=target, fix=instead.fix)
