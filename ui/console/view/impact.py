"""What a proposal would do to people, and what the guardrails say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from control.requests import ChangeRequest
from core.artifacts import Finding, Preview
from core.contact_policies import CONTACT_POLICIES
from core.data_policies import DATA_POLICIES
from core.destination_policies import DESTINATION_POLICIES
from core.funnel_policies import FUNNEL_POLICIES
from core.policies import POLICIES
from core.route_policies import ROUTE_POLICIES
from core.rules import DecisionPolicy, EligibilityRule
from core.sync_policies import SYNC_POLICIES
from core.who_policies import AUDIENCE_POLICIES, CHANNEL_POLICIES
from core.wording_policies import WORDING_POLICIES
from ui.console.view.effect import sentences as effect_sentences
from ui.console.view.text import number, people, percent, phrase, plain, share_of, title

Rule = EligibilityRule | DecisionPolicy
Policies = Sequence[Callable[..., Finding | None]]


_OF_KIND: dict[str, Policies] = {
    "channel_routes": ROUTE_POLICIES,
    "contact_policy": CONTACT_POLICIES,
    "templates": WORDING_POLICIES,
    "audiences": AUDIENCE_POLICIES,
    "channels": CHANNEL_POLICIES,
    "funnels": FUNNEL_POLICIES,
    "destinations": DESTINATION_POLICIES,
    "syncs": SYNC_POLICIES,
}


class Check(NamedTuple):
    """A guardrail policy: its rule in one sentence, and what it found, if anything."""

    rule: str
    finding: Finding | None

    @property
    def passed(self) -> bool:
        """Whether a guardrail policy asks for no judgement; what it tells is a note."""
        told = self.finding
        return told is None or (told.severity == "info" and told.message != self.rule)


def policies_of(request: ChangeRequest) -> Policies:
    """The guardrail policies that look at a change of this kind."""
    if request.journey or request.jump:
        # What a journey's guardrails find is listed as it is; there are none by name to pass.
        return ()
    if own := _OF_KIND.get(request.kind):
        return own
    return DATA_POLICIES if request.changes_data else POLICIES


def checks(findings: tuple[Finding, ...], policies: Policies = POLICIES) -> tuple[Check, ...]:
    """Every guardrail policy with its finding, blockers and warnings first."""
    found = {finding.policy: finding for finding in findings}
    rows = [Check(_sentence(policy.__doc__), found.get(policy.__name__)) for policy in policies]
    listed = {policy.__name__ for policy in policies}
    rows += [
        Check(finding.message, finding) for finding in findings if finding.policy not in listed
    ]
    return tuple(sorted(rows, key=lambda row: row.finding.rank if row.finding else 3))


def needs_judgement(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What somebody should look at before deciding."""
    return tuple(finding for finding in findings if finding.severity != "info")


def passed_count(findings: tuple[Finding, ...], policies: Policies = POLICIES) -> int:
    """How many guardrail policies found nothing that needs a judgement."""
    failed = {finding.policy for finding in needs_judgement(findings)}
    return sum(policy.__name__ not in failed for policy in policies)


def held_out(rule: Rule, preview: Preview) -> int:
    """How many of the audience get nothing on purpose; an expectation, not a count."""
    if isinstance(rule, DecisionPolicy):
        return sum(winner.held_out for winner in preview.winners)
    return round(preview.audience_size * rule.holdout.share) if rule.holdout else 0


def sentences(rule: Rule, preview: Preview, *, is_new: bool) -> tuple[str, ...]:
    """What changes for people: Markdown with the numbers set bold."""
    spoken = _policy(rule, preview) if isinstance(rule, DecisionPolicy) else _rule(preview, is_new)
    if preview.effect is None:
        return (*spoken, *_holdout(rule, preview), *_overlap(preview))
    # The effect says first how many it is for.
    rest = spoken if isinstance(rule, DecisionPolicy) else (*spoken,)[1:]
    changes = effect_sentences(preview.effect, plain)
    return (*changes, *rest, *_holdout(rule, preview), *_overlap(preview))


def _rule(preview: Preview, is_new: bool) -> Iterator[str]:
    verb = "become eligible" if is_new else "are eligible under the new version"
    considered = f"of {number(preview.population_size)} considered"
    yield f"**{people(preview.audience_size)}** {verb}, {considered}."
    yield (
        f"**{people(preview.reachable_size)}** of them can be reached today, "
        "after consent, holdouts and caps."
    )


def _policy(rule: DecisionPolicy, preview: Preview) -> Iterator[str]:
    names = {entry.action.key: entry.action.name for entry in rule.entries}
    for winner in preview.winners:
        name = plain(names.get(winner.entry) or title(winner.entry))
        lost = f"; {number(winner.lost)} more lose it to a higher tier" if winner.lost else ""
        yield f"**{people(winner.selected)}** get **{name}** (tier {winner.tier}){lost}."
    if preview.no_entry:
        considered = number(preview.population_size)
        yield f"**{people(preview.no_entry)}** of {considered} are in no entry and get nothing."


def _holdout(rule: Rule, preview: Preview) -> Iterator[str]:
    if rule.holdout and rule.holdout.share:
        count = held_out(rule, preview)
        yield (
            f"**{percent(rule.holdout.share, 0)}** of them, about {number(count)}, "
            "get nothing on purpose, so that lift can be measured."
        )


def _overlap(preview: Preview) -> Iterator[str]:
    for overlap in preview.overlap[:2]:
        if overlap.users:
            share = share_of(overlap.users, preview.audience_size)
            key = plain(phrase(overlap.key))
            count = number(overlap.users)
            yield f"**{count}** of them ({share}) are also in the live rule **{key}**."


def _sentence(doc: str | None) -> str:
    return " ".join((doc or "").split())
