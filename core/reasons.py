"""The closed list of reason codes: why a candidate was sent, stopped or not considered.

Precedence is the order of the list. Each code belongs to one stage, gives one
outcome of the ``decisions`` table (None: kept in the record only) and one plain
sentence.
"""

from __future__ import annotations

from typing import NamedTuple


class Reason(NamedTuple):
    """One row of the table in the vocabulary."""

    code: str
    stage: str
    outcome: str | None
    sentence: str


REASONS: tuple[Reason, ...] = (
    Reason("STALE_DATA", "data", "suppressed", "The data this rule reads is older than its limit."),
    Reason("INPUT_UNKNOWN", "data", "suppressed", "A value the rule must know is missing."),
    Reason("KILLED", "live", "suppressed", "A kill switch stops it."),
    Reason("NOT_LIVE", "live", "suppressed", "The policy is not live."),
    Reason("APPROVAL_REVOKED", "live", "suppressed", "The approval no longer holds."),
    Reason("NOT_IN_POPULATION", "population", None, "The user is not in the policy's population."),
    Reason("HELD_OUT_GLOBAL", "global holdout", "held_out", "The user is in the global holdout."),
    Reason("NO_CONSENT", "consent", "suppressed", "The user has not agreed to this channel."),
    Reason("CONSENT_UNKNOWN", "consent", "suppressed", "No consent is on record for this channel."),
    Reason("INELIGIBLE", "eligibility", None, "The user does not meet the eligibility rule."),
    Reason("NOT_APPLICABLE", "eligibility", None, "The action does not apply to the user now."),
    Reason("SUPPRESSED_STATE", "suppression", "suppressed", "A suppression holds for the user."),
    Reason(
        "SUPPRESSED_OUTCOME", "suppression", "suppressed", "Earlier outcomes pause this message."
    ),
    Reason("STOPPED", "suppression", "suppressed", "A stop condition is already true."),
    Reason("EXPIRED", "suppression", "suppressed", "The decision is past its expiry."),
    Reason("EXCLUSION_GROUP", "arbitration", "lost", "Another action of the same group won."),
    Reason("OFFER_CONFLICT", "arbitration", "lost", "Another offer is already valid for the user."),
    Reason("LOWER_PRIORITY", "arbitration", "lost", "A higher-priority message won."),
    Reason("HELD_OUT_POLICY", "experiment", "held_out", "The user is in this policy's holdout."),
    Reason("HELD_OUT_EXPERIMENT", "experiment", "held_out", "The experiment holds the user out."),
    Reason("CAP_REACHED", "contact", "suppressed", "The user has had enough messages already."),
    Reason("MIN_GAP", "contact", "suppressed", "The last message was too recent."),
    Reason("QUIET_HOURS", "contact", "suppressed", "It is quiet time where the user is."),
    Reason("TZ_UNKNOWN", "contact", "suppressed", "The user's time zone is unknown."),
    Reason("UNREACHABLE", "contact", "suppressed", "No allowed channel reaches the user."),
    Reason("DUPLICATE_INTENT", "send", "suppressed", "The same message is already on its way."),
    Reason("PROVIDER_REJECTED", "send", "suppressed", "The provider refused the message."),
    Reason("PROVIDER_AMBIGUOUS", "send", "suppressed", "The provider's answer is not known."),
    Reason("SELECTED", "won", "selected", "The message was chosen for the user."),
)

BY_CODE: dict[str, Reason] = {reason.code: reason for reason in REASONS}
