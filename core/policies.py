"""Guardrail policies: what must hold before a change may go live.

Each policy is one function from the facts of a proposal to a finding or None,
listed in POLICIES. Its docstring is its rule in one sentence. Adding a policy
is one function and one line; skipping one is visible. What journeys are held to
as well is in the modules of ``SENDING_POLICIES``, ``DATA_USE_POLICIES`` and
``REGULATION_POLICIES``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pydantic import JsonValue

from core.approval_policies import Risk as Risk
from core.artifacts import Edit, Finding, Preview
from core.conditions import EventCount, Rolling, leaves
from core.data_use_policies import DATA_USE_POLICIES
from core.grave_policies import GRAVE_POLICIES
from core.patches import patched
from core.proposal import Proposal, actions_of, conditions_of
from core.regulation_policies import REGULATION_POLICIES
from core.rules import DecisionPolicy, Entry, Holdout, StopCondition
from core.sending_policies import SENDING_POLICIES, by_channels
from core.template_policies import TEMPLATE_POLICIES
from core.validation import VALIDATIONS

Policy = Callable[[Proposal], Finding | None]
LARGE_SHARE = 0.5
"""Of the people whom a rule considers."""


def known_destination(proposal: Proposal) -> Finding | None:
    """Every channel of every action exists."""
    for action in actions_of(proposal.artifact):
        for channel in action.channels:
            if channel not in proposal.consent_purposes:
                return Finding(
                    policy="known_destination",
                    severity="block",
                    message=f"{action.name} names the channel '{channel}', which does not exist.",
                    fix=f"Use one of {', '.join(sorted(proposal.consent_purposes))}.",
                    patch=_known_channels(proposal),
                )
    return None


def reach_limit(proposal: Proposal) -> Finding | None:
    """No rule reaches more than the allowed share of all users."""
    if not actions_of(proposal.artifact) or proposal.users_total == 0:
        return None
    share = proposal.preview.audience_size / proposal.users_total
    if share <= proposal.reach_limit_share:
        return None
    return Finding(
        policy="reach_limit",
        severity="block",
        message=f"It reaches {share:.0%} of all users; the limit is "
        f"{proposal.reach_limit_share:.0%}.",
        fix="Narrow the audience, or have an admin raise reach_limit_share.",
    )


def decidable(proposal: Proposal) -> Finding | None:
    """Every condition can be decided from the warehouse."""
    if not proposal.undecidable:
        return None
    return Finding(
        policy="decidable",
        severity="block",
        message=" ".join(proposal.undecidable),
        fix="Use conditions on events, traits and columns of the catalog.",
    )


def someone_is_reached(proposal: Proposal) -> Finding | None:
    """A rule that reaches nobody is probably a mistake."""
    if proposal.preview.audience_size > 0:
        return None
    return Finding(
        policy="someone_is_reached",
        severity="warn",
        message="Nobody meets the conditions today.",
        fix="Look at the waterfall: it shows which condition removes the last users.",
    )


def measurable(proposal: Proposal) -> Finding | None:
    """Without a holdout nobody can say whether the messages helped."""
    if not actions_of(proposal.artifact):
        return None
    if proposal.artifact.holdout and proposal.artifact.holdout.share > 0:
        return None
    return Finding(
        policy="measurable",
        severity="warn",
        message="There is no holdout: its effect could not be measured.",
        fix="Hold out 10 %.",
        patch=(Edit(path="/holdout", value=_tenth(proposal.artifact.key)),),
    )


def every_tier_can_win(proposal: Proposal) -> Finding | None:
    """An entry that never wins is noise, or shadowed by one above it."""
    shadowed = [
        row.entry
        for row in proposal.preview.winners
        if row.eligible and not row.selected + row.held_out
    ]
    if not shadowed:
        return None
    return Finding(
        policy="every_tier_can_win",
        severity="warn",
        message=f"Never wins although users are eligible: {', '.join(shadowed)}.",
        fix="Move it up, or remove it.",
    )


def pursuit_ends(proposal: Proposal) -> Finding | None:
    """Every entry of a decision policy says when to stop."""
    if not isinstance(proposal.artifact, DecisionPolicy):
        return None
    policy = proposal.artifact
    endless = [entry for entry in policy.entries if not policy.stops_of(entry)]
    if not endless:
        return None
    return Finding(
        policy="pursuit_ends",
        severity="warn",
        message=f"No stop condition: {', '.join(entry.action.name for entry in endless)}.",
        fix="Say what ends it, such as the goal being reached.",
        patch=_ended(policy, endless),
    )


def little_overlap(proposal: Proposal) -> Finding | None:
    """An audience that another live rule already covers is worth a second look."""
    covered = [
        row for row in proposal.preview.overlap if row.share >= proposal.policies.overlap_share
    ]
    if not covered:
        return None
    listed = ", ".join(f"{row.key} ({row.share:.0%})" for row in covered)
    return Finding(
        policy="little_overlap",
        severity="warn",
        message=f"Most of the audience is also in a live rule: {listed}.",
        fix="Order them in one decision policy.",
    )


POLICIES: tuple[Policy, ...] = (
    known_destination,
    reach_limit,
    decidable,
    someone_is_reached,
    measurable,
    every_tier_can_win,
    pursuit_ends,
    little_overlap,
    *GRAVE_POLICIES,
    *SENDING_POLICIES,
    *DATA_USE_POLICIES,
    *REGULATION_POLICIES,
    *TEMPLATE_POLICIES,
    *VALIDATIONS,
)


def findings(proposal: Proposal) -> tuple[Finding, ...]:
    """The verdict of every policy, blockers first, then one info a default that was used."""
    found = [finding for policy in POLICIES if (finding := policy(proposal))]
    blocked = {one.policy for one in found if one.severity == "block"}
    found = [_with_sound_fix(finding, proposal, blocked) for finding in found]
    found += [
        Finding(policy="default_used", severity="info", message=sentence)
        for sentence in proposal.defaults_used
    ]
    return tuple(sorted(found, key=lambda finding: finding.rank))


def _with_sound_fix(finding: Finding, proposal: Proposal, blocked: set[str]) -> Finding:
    """Without its edits where they would have one entry of a policy always go before another."""
    by_channel = any(edit.path.endswith(("/channels", "/message_class")) for edit in finding.patch)
    if not by_channel or not isinstance(proposal.artifact, DecisionPolicy):
        return finding
    edited = DecisionPolicy(**patched(proposal.artifact.model_dump(mode="json"), finding.patch))
    after = proposal.model_copy(update={"artifact": edited, "spelled_out": None})
    worse = [one for check in VALIDATIONS if (one := check(after)) and one.severity == "block"]
    if {one.policy for one in worse} <= blocked:
        return finding
    return finding.model_copy(update={"patch": ()})


def risk(found: Sequence[Finding], preview: Preview | None) -> Risk:
    """How closely an approver should look: ``high`` where a guardrail policy blocks; ``medium``
    where one warns, or more than half of the people considered are reached; else ``low``."""
    share = preview.audience_size / max(preview.population_size, 1) if preview else 0.0
    severities = {finding.severity for finding in found}
    if "block" in severities:
        return "high"
    return "medium" if "warn" in severities or share > LARGE_SHARE else "low"


def _tenth(key: str) -> dict[str, JsonValue]:
    """A holdout of a tenth, drawn for this artifact alone."""
    return Holdout(share=0.1, salt=key).model_dump(mode="json")


def _known_channels(proposal: Proposal) -> tuple[Edit, ...]:
    """Leaves unknown channels out, where every action has others."""
    known = proposal.consent_purposes
    return by_channels(
        {
            place: [one for one in action.channels if one in known]
            for place, action in proposal.actions_at()
            if not known.keys() >= {*action.channels}
        },
        proposal,
    )


def _ended(policy: DecisionPolicy, endless: Sequence[Entry]) -> tuple[Edit, ...]:
    """Stops each at its goal, once reached while the message may be sent; where a goal is said."""
    read = {getattr(leaf, "event", None) for one in conditions_of(policy) for leaf in leaves(one)}
    # A goal that nothing reads bears on no other entry, and on nobody's eligibility.
    if any(entry.action.goal_event in {None, *read} for entry in endless):
        return ()
    return tuple(
        Edit(path="/stop_conditions/-", value=_at_goal(entry).model_dump(mode="json"))
        for entry in endless
    )


def _at_goal(entry: Entry) -> StopCondition:
    action = entry.action
    window = Rolling(seconds=action.expires_after_seconds)
    return StopCondition(
        key=f"{action.key[:50]}_goal_reached",
        name=f"The goal of {action.name} was reached",
        when=EventCount(event=action.goal_event or "", window=window),
        actions=(action.key,),
    )
