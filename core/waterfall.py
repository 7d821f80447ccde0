"""The gates that a message passes on its way to one user, and how far it came. Pure.

The order is that in which the engine asks; of a candidate only the first gate that stops it is
known, so that what comes after it was not asked.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from core.reasons import BY_CODE

Standing = Literal["passed", "stopped", "unasked", "ghost"]
"""``ghost``: held out, and would have been passed otherwise."""


class Gate(NamedTuple):
    """A question that every message is asked, and the reason codes that it may stop one with."""

    key: str
    codes: tuple[str, ...]


class Passed(NamedTuple):
    """One gate and what became of a message there."""

    gate: str
    standing: Standing


GATES: tuple[Gate, ...] = (
    Gate("population", ("NOT_IN_POPULATION",)),
    Gate("data", ("STALE_DATA",)),
    Gate("live", ("NOT_LIVE", "APPROVAL_REVOKED", "KILLED")),
    Gate("global_holdout", ("HELD_OUT_GLOBAL",)),
    Gate("consent", ("NO_CONSENT", "CONSENT_UNKNOWN")),
    Gate("eligibility", ("INELIGIBLE",)),
    Gate("applicability", ("NOT_APPLICABLE",)),
    Gate(
        "suppression",
        ("SUPPRESSED_STATE", "SUPPRESSED_OUTCOME", "STOPPED", "EXPIRED", "INPUT_UNKNOWN"),
    ),
    Gate("address", ("UNREACHABLE",)),
    Gate("winner", ("EXCLUSION_GROUP", "OFFER_CONFLICT", "LOWER_PRIORITY")),
    Gate("holdout", ("HELD_OUT_POLICY", "HELD_OUT_EXPERIMENT")),
    Gate("cap", ("CAP_REACHED", "MIN_GAP")),
    Gate("quiet_hours", ("QUIET_HOURS", "TZ_UNKNOWN")),
    Gate("sent", ("DUPLICATE_INTENT", "PROVIDER_REJECTED", "PROVIDER_AMBIGUOUS")),
)
_PLACE = {code: place for place, gate in enumerate(GATES) for code in gate.codes}


def waterfall(reason_code: str, *, ghost: bool = False) -> tuple[Passed, ...]:
    """Every gate in order; up to the one that a reason code belongs to all were passed.

    A ``ghost`` was held out and passed every other gate, or it would be none. Raises KeyError for
    a code that is none of ours.
    """
    if BY_CODE[reason_code].stage == "won":
        return tuple(Passed(gate.key, "passed") for gate in GATES)
    stopped = _PLACE[reason_code]
    after: Standing = "ghost" if ghost else "unasked"
    return tuple(
        Passed(gate.key, "passed" if k < stopped else "stopped" if k == stopped else after)
        for k, gate in enumerate(GATES)
    )


def came_to(reason_code: str) -> int:
    """How many gates a message with this reason code passed: to put the furthest first."""
    return _PLACE.get(reason_code, len(GATES))
