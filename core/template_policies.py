"""Guardrail policies on templates: what a message needs to say something to whoever gets it.

They belong to ``core.policies.POLICIES``; journeys are held to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from core.artifacts import Finding
from core.filling import offered
from core.proposal import Proposal, actions_of
from core.rules import Action
from core.templates import TemplateFacts

Templates = Mapping[str, TemplateFacts]


def template_is_known(proposal: Proposal) -> Finding | None:
    """Every template that an action names is in the catalog."""
    return _known(actions_of(proposal.artifact), proposal.templates)


def template_fits_channels(proposal: Proposal) -> Finding | None:
    """A template is for every channel of the action that names it."""
    return _fits(actions_of(proposal.artifact), proposal.templates)


def template_can_be_filled(proposal: Proposal) -> Finding | None:
    """Every value that a template requires is one that the warehouse or the offer has."""
    return _filled(actions_of(proposal.artifact), proposal.templates)


def template_declares_personal_data(proposal: Proposal) -> Finding | None:
    """A template says so where its message carries personal data, and carries no other."""
    return _declared(actions_of(proposal.artifact), proposal.templates)


TEMPLATE_POLICIES: tuple[Callable[[Proposal], Finding | None], ...] = (
    template_is_known,
    template_fits_channels,
    template_can_be_filled,
    template_declares_personal_data,
)


def template_findings(actions: Sequence[Action], templates: Templates) -> Iterator[Finding]:
    """What the same policies say of some actions, wherever these are from."""
    for check in (_known, _fits, _filled, _declared):
        if finding := check(actions, templates):
            yield finding


def _known(actions: Sequence[Action], templates: Templates) -> Finding | None:
    for action in actions:
        if action.template_key is not None and action.template_key not in templates:
            return _block(
                "template_is_known",
                f"{action.name} names the template '{action.template_key}', which the catalog "
                "does not have.",
                "List them with 'pilothouse templates list', or add it to templates.yaml.",
            )
    return None


def _fits(actions: Sequence[Action], templates: Templates) -> Finding | None:
    for action, facts in _worded(actions, templates):
        other = [one for one in action.channels if one not in facts.template.channels]
        if other:
            return _block(
                "template_fits_channels",
                f"{action.name} may go by {', '.join(other)}, but its template "
                f"'{action.template_key}' is for {', '.join(facts.template.channels)}.",
                "Send it by the template's channels, or add the channel to the template.",
            )
    return None


def _filled(actions: Sequence[Action], templates: Templates) -> Finding | None:
    for action, facts in _worded(actions, templates):
        problems = [*facts.unfilled, *_not_offered(action, facts)]
        if problems:
            return _block(
                "template_can_be_filled",
                f"The template '{action.template_key}' of {action.name} cannot be filled: "
                f"{' '.join(problems)}",
                "Correct the variable in templates.yaml, or give it a fallback.",
            )
    return None


def _declared(actions: Sequence[Action], templates: Templates) -> Finding | None:
    for action, facts in _worded(actions, templates):
        if facts.undeclared:
            return _block(
                "template_declares_personal_data",
                f"The template '{action.template_key}' of {action.name} would carry data that it "
                f"may not: {' '.join(facts.undeclared)}",
                "Take the variable out, or declare 'personal: true' where it is personal data.",
            )
    return None


def _worded(
    actions: Sequence[Action], templates: Templates
) -> Iterator[tuple[Action, TemplateFacts]]:
    for action in actions:
        if action.template_key is not None and action.template_key in templates:
            yield action, templates[action.template_key]


def _not_offered(action: Action, facts: TemplateFacts) -> Iterator[str]:
    for name, variable in facts.template.variables.items():
        if variable.offer is None or not variable.can_be_missing:
            continue
        if offered(action.offer, variable.offer) is None:
            yield f"${name} is {variable.source}, which the action has not."


def _block(policy: str, message: str, fix: str) -> Finding:
    return Finding(policy=policy, severity="block", message=message, fix=fix)
