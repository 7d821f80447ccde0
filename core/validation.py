"""Guardrail policies on whether a rule can work at all: proved where that is possible.

They belong to ``core.policies.POLICIES``. What follows from the conditions alone blocks;
what only today's data says is a warning, for tomorrow's may be different.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from core.artifacts import Edit, Finding
from core.implication import never
from core.precedence import always_first, circle, gives_way, shadowed_by, waits_for
from core.proposal import EntryFacts, Proposal, actions_of
from core.pursuit import eligible, in_order, takes
from core.rules import DAY, Action, DecisionPolicy, FrequencyCap, QuietHours
from core.sending import Sending

WEEK = 7 * DAY


def every_entry_can_win(proposal: Proposal) -> Finding | None:
    """No entry is only for people whom the entries above it always take."""
    policy = proposal.meaning
    if not isinstance(policy, DecisionPolicy):
        return None
    order = in_order(policy)
    for place, entry in enumerate(order):
        above = [one for one in order[:place] if always_first(one, entry)]
        if taken_by := shadowed_by(entry, above, policy):
            return _finding(
                "every_entry_can_win",
                f"{entry.action.name} can never be sent: everybody it is for gets "
                f"{_listed(taken_by)} first.",
                f"Move {entry.action.name} above, or narrow what stands before it.",
            )
    return None


def population_holds_every_audience(proposal: Proposal) -> Finding | None:
    """Every entry is for people of the policy's population."""
    policy = proposal.meaning
    if not isinstance(policy, DecisionPolicy):
        return None
    fix = "Widen the population, or change whom the entry is for."
    for entry in policy.entries:
        if never(policy.population, eligible(entry)):
            return _finding(
                "population_holds_every_audience",
                f"{entry.action.name} is for nobody: whom it is for and the population of the "
                "policy exclude each other.",
                fix,
            )
    for action, facts in _facts(proposal):
        if facts.outside and not facts.eligible:
            return _finding(
                "population_holds_every_audience",
                f"{action.name} is for {facts.outside:,} people, none of them in the population.",
                fix,
                severity="warn",
            )
    return None


def nothing_ends_before_it_begins(proposal: Proposal) -> Finding | None:
    """What stops or holds back an entry is not true for everybody whom it is for."""
    policy = proposal.meaning
    if not isinstance(policy, DecisionPolicy):
        return None
    fix = "Change what stops it, or whom it is for: the two are about the same people."
    for entry in policy.entries:
        if never(policy.population, eligible(entry)):
            continue
        if never(policy.population, takes(entry, policy)):
            return _finding(
                "nothing_ends_before_it_begins",
                f"{entry.action.name} would end before it begins: what stops or holds it back is "
                "true for everybody whom it is for.",
                fix,
            )
    for action, facts in _facts(proposal):
        if facts.eligible and facts.stopped == facts.eligible:
            return _finding(
                "nothing_ends_before_it_begins",
                f"A stop condition of {action.name} is true already for all "
                f"{facts.eligible:,} people whom it is for.",
                fix,
                severity="warn",
            )
    return None


def no_two_wait_for_each_other(proposal: Proposal) -> Finding | None:
    """No entries hold each other back, or wait for each other's message, in a circle."""
    policy = proposal.meaning
    if not isinstance(policy, DecisionPolicy):
        return None
    if around := circle(policy, gives_way(policy)):
        return _finding(
            "no_two_wait_for_each_other",
            f"{_listed(around)} hold each other back: who is eligible for all of them gets none.",
            "Let one of them go first: drop what holds it back.",
        )
    if around := circle(policy, waits_for):
        return _finding(
            "no_two_wait_for_each_other",
            f"{_listed(around)} wait for each other: each is only for people who got the other.",
            "Drop the condition of the one that is to be sent first.",
            severity="warn",
        )
    return None


def caps_leave_room(proposal: Proposal) -> Finding | None:
    """The workspace's caps allow what the rule would send."""
    contact = proposal.contact
    if contact is None:
        return None
    at_once = _at_once(proposal)
    under = {cap: _under(cap, proposal) for cap in contact.caps}
    for cap, actions in under.items():
        if cap.n == 0 and actions:
            return _finding(
                "caps_leave_room",
                f"The cap '{cap.key}' allows no message like {actions[0].name}: it would never go "
                "out.",
                "Use a channel or a class that the cap leaves open, or have an admin raise it.",
            )
    for cap, actions in under.items():
        together = min(at_once, len(actions))
        if cap.n is not None and together > cap.n and not _waits_for(cap, actions):
            return _finding(
                "caps_leave_room",
                f"Up to {together} messages are sent at once, but the cap '{cap.key}' allows "
                f"{cap.n}: the rest is never sent.",
                f"Select at most {cap.n} at once.",
                severity="warn",
            )
    if at_once > 1 and contact.min_gap_seconds and _is_capped(proposal):
        return _finding(
            "caps_leave_room",
            f"Up to {at_once} messages are sent at once, but there must be "
            f"{contact.min_gap_seconds / 3600:g} hours between two: only the first is sent.",
            "Select one at a time.",
            severity="warn",
        )
    return None


def somebody_can_be_reached(proposal: Proposal) -> Finding | None:
    """Somebody whom an action is for can be reached by one of its channels."""
    for action, facts in _facts(proposal):
        if facts.eligible and not facts.reachable:
            return _finding(
                "somebody_can_be_reached",
                f"None of the {facts.eligible:,} people whom {action.name} is for can be reached "
                f"by {' or '.join(action.channels)}: no consent, or no address.",
                "Add a channel that they agreed to.",
                severity="warn",
            )
    return None


def expires_in_time(sending: Sending) -> Finding | None:
    """A message expires while it still makes sense, and not during one night of quiet hours."""
    quiet = sending.contact.quiet_hours if sending.contact else None
    longest = sending.policies.expires_within_days * DAY
    for _, action in sending.actions_at():
        lasts = action.expires_after_seconds
        if lasts > longest:
            return _finding(
                "expires_in_time",
                f"{action.name} may still be sent {lasts // DAY} days after it was decided.",
                "Let it expire within weeks.",
                severity="warn",
            ).model_copy(update={"patch": _in_time(sending)})
        if quiet and action.message_class != "transactional" and lasts <= _length(quiet):
            return _finding(
                "expires_in_time",
                f"{action.name} expires after {lasts / 3600:g} hours, but quiet hours last "
                f"{_length(quiet) / 3600:g}: decided in the evening, it is never sent.",
                "Let it expire later than quiet hours end.",
                severity="warn",
            ).model_copy(update={"patch": _in_time(sending)})
    return None


def audiences_are_pinned(proposal: Proposal) -> Finding | None:
    """A rule names the version of each published audience that it builds on."""
    others = [key for key in proposal.unpinned if key != proposal.artifact.key]
    if not others:
        return None
    return _finding(
        "audiences_are_pinned",
        f"It builds on {_listed(others)} in whichever version is live: a change there changes "
        "this rule without anybody approving it.",
        "Name the version.",
        severity="warn",
    )


def no_audience_in_itself(proposal: Proposal) -> Finding | None:
    """No rule builds on itself, directly or through other audiences."""
    if proposal.artifact.key not in proposal.unpinned:
        return None
    return _finding(
        "no_audience_in_itself",
        f"It builds on the audience '{proposal.artifact.key}', which is this rule itself: once "
        "live, nobody could say who is in it.",
        "Name its conditions directly, or an older version of it.",
    )


VALIDATIONS: tuple[Callable[[Proposal], Finding | None], ...] = (
    every_entry_can_win,
    population_holds_every_audience,
    nothing_ends_before_it_begins,
    no_two_wait_for_each_other,
    caps_leave_room,
    somebody_can_be_reached,
    expires_in_time,
    audiences_are_pinned,
    no_audience_in_itself,
)


def _finding(
    policy: str, message: str, fix: str, *, severity: Literal["block", "warn"] = "block"
) -> Finding:
    return Finding(policy=policy, severity=severity, message=message, fix=fix)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _facts(proposal: Proposal) -> Iterator[tuple[Action, EntryFacts]]:
    known = {facts.action: facts for facts in proposal.entries}
    for action in actions_of(proposal.artifact):
        if action.key in known:
            yield action, known[action.key]


def _in_time(sending: Sending) -> tuple[Edit, ...]:
    """A week, or as long as is allowed, for every action that expires too late or too early."""
    quiet = sending.contact.quiet_hours if sending.contact else None
    longest = sending.policies.expires_within_days * DAY
    shortest = _length(quiet) if quiet else 0
    return tuple(
        Edit(path=f"{place}/expires_after_seconds", value=min(WEEK, longest))
        for place, action in sending.actions_at()
        if action.expires_after_seconds > longest
        or (action.message_class != "transactional" and action.expires_after_seconds <= shortest)
    )


def _at_once(proposal: Proposal) -> int:
    policy = proposal.artifact
    return min(policy.k, len(policy.entries)) if isinstance(policy, DecisionPolicy) else 1


def _is_capped(proposal: Proposal) -> bool:
    return any(one.message_class != "transactional" for one in actions_of(proposal.artifact))


def _under(cap: FrequencyCap, proposal: Proposal) -> list[Action]:
    """The actions that do not get around a cap by any of their channels."""
    return [
        one
        for one in actions_of(proposal.artifact)
        if one.message_class != "transactional"
        and all(
            cap.limits(one.message_class, channel, one.exclusion_group) for channel in one.channels
        )
    ]


def _waits_for(cap: FrequencyCap, actions: list[Action]) -> bool:
    """Whether a cap puts off what is too much, to a moment before it expires."""
    if cap.on_exceed != "defer":
        return False
    return any(one.expires_after_seconds > cap.longest_seconds for one in actions)


def _length(quiet: QuietHours) -> int:
    start, end = (int(text[:2]) * 3600 + int(text[3:]) * 60 for text in (quiet.start, quiet.end))
    return (end - start) % 86_400
