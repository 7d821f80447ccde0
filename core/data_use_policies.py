"""Guardrail policies on the data that decides and the data that leaves, whatever sends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from core.artifacts import Finding
from core.message_words import template_of
from core.sending import Input, Sending
from core.templates import Template


def protected_attribute(sending: Sending) -> Finding | None:
    """Nothing that is decided reads a protected attribute."""
    found = [name for name, kind in sending.data_classes.items() if kind == "protected"]
    if not found:
        return None
    return Finding(
        policy="protected_attribute",
        severity="block",
        message=f"The {sending.what} reads protected data: {', '.join(sorted(found))}.",
        fix="Remove the condition that reads it.",
    )


def sensitive_attribute(sending: Sending) -> Finding | None:
    """What reads personal data is looked at twice."""
    found = [name for name, kind in sending.data_classes.items() if kind == "personal"]
    if not found:
        return None
    return Finding(
        policy="sensitive_attribute",
        severity="warn",
        message=f"The {sending.what} reads personal data: {', '.join(sorted(found))}.",
        fix="Check that the purpose covers it.",
    )


def no_declared_proxy(sending: Sending) -> Finding | None:
    """What is known to stand for a protected attribute is looked at twice."""
    found = dict(sending.proxies)
    for name in sending.data_classes:
        if name.rpartition(".")[2].casefold() in sending.policies.proxy_names:
            found.setdefault(name, "a protected attribute")
    if not found:
        return None
    told = "; ".join(f"{name} may stand for {what}" for name, what in sorted(found.items()))
    return Finding(
        policy="no_declared_proxy",
        severity="warn",
        message=f"The {sending.what} decides by a likely proxy: {told}.",
        fix="Decide by what people did instead, or write down why it has to be this.",
    )


def no_hidden_proxy(sending: Sending) -> Finding | None:
    """No condition picks out a protected group without naming it."""
    limits = sending.policies
    found = [
        one
        for one in sending.associations
        if one.users >= limits.proxy_least_users and one.strength >= limits.proxy_association
    ]
    if not found:
        return None
    worst = max(found, key=lambda one: one.strength)
    return Finding(
        policy="no_hidden_proxy",
        severity="warn",
        message=f"'{worst.condition}' goes with {worst.attribute} (Cramér's V "
        f"{worst.strength:.2f}): '{worst.most}' is {worst.lift:.1f} times as frequent among those "
        "who meet it.",
        fix="Decide by something else, or write down why the difference is meant.",
    )


def inputs_are_fresh(sending: Sending) -> Finding | None:
    """What is decided rests on data as fresh as it is promised to be."""
    late = late_inputs(sending.inputs, sending.policies.late_inputs)
    if not late:
        return None
    return Finding(
        policy="inputs_are_fresh",
        severity="warn",
        message=f"It rests on old data: {'; '.join(age_words(one) for one in late)}.",
        fix="Load the data first, then ask again: who is meant may change.",
    )


def personal_data_stays(sending: Sending) -> Finding | None:
    """Personal data that leaves for somebody else's machines is looked at twice."""
    leaving = [*dict.fromkeys((*_in_messages(sending), *_in_syncs(sending)))]
    if not leaving:
        return None
    return Finding(
        policy="personal_data_stays",
        severity="warn",
        message=f"Personal data leaves: {'; '.join(leaving)}.",
        fix="Leave out what the message does not need, and check the contract with who gets it.",
    )


DATA_USE_POLICIES: tuple[Callable[[Sending], Finding | None], ...] = (
    protected_attribute,
    sensitive_attribute,
    no_declared_proxy,
    no_hidden_proxy,
    inputs_are_fresh,
    personal_data_stays,
)


def late_inputs(inputs: Iterable[Input], times: float) -> list[Input]:
    """Those that are empty, or older than so many times what is promised."""
    return [
        one
        for one in inputs
        if one.age_seconds is None or one.age_seconds > one.promised_seconds * times
    ]


def age_words(one: Input) -> str:
    """How old an input is, beside what is promised of it."""
    promised = one.promised_seconds / 3600
    if one.age_seconds is None:
        return f"{one.table} has no row that is new enough, promised are {promised:,.0f} hours"
    hours = one.age_seconds / 3600
    return f"the newest row of {one.table} is {hours:,.0f} hours old, promised are {promised:,.0f}"


def _in_messages(sending: Sending) -> Iterator[str]:
    for _, action in sending.actions_at():
        template = template_of(action, sending.templates)
        fields = sorted(_personal(template, sending)) if template else []
        outside = [one for one in action.channels if _is_outside(one, sending)]
        if fields and outside:
            to = ", ".join(dict.fromkeys(sending.channels[one].destination for one in outside))
            yield f"{', '.join(fields)} to {to} in the message of {action.name}"


def _personal(template: Template, sending: Sending) -> Iterator[str]:
    for name, one in template.variables.items():
        if one.personal or one.column in sending.personal_columns:
            yield one.column or one.trait or name


def _in_syncs(sending: Sending) -> Iterator[str]:
    for name, sync in sending.syncs.items():
        fields = [one for one in sync.columns if one in sending.personal_columns]
        if fields:
            yield f"{', '.join(fields)} of the audience to {sync.destination} by the sync '{name}'"


def _is_outside(channel: str, sending: Sending) -> bool:
    facts = sending.channels.get(channel)
    return facts is not None and facts.outside
