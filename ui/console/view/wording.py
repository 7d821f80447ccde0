"""Parts of rules in words, on top of the warehouse's words for conditions."""

from __future__ import annotations

from core.conditions import Condition, clauses
from core.rules import Action, Holdout, OutcomeSuppression, Suppression
from ui.console.view.text import listing, percent, phrase, times
from warehouse.catalog import Catalog
from warehouse.wording import describe, duration


def clause_words(condition: Condition, catalog: Catalog) -> tuple[str, ...]:
    """One phrase for each top-level clause; empty means everyone."""
    return tuple(describe(clause, catalog) for clause in clauses(condition))


def suppression_words(suppression: Suppression, catalog: Catalog) -> str:
    """What holds a message back."""
    if suppression.when is not None:
        return describe(suppression.when, catalog)
    return outcome_words(suppression.outcome) if suppression.outcome else ""


def outcome_words(outcome: OutcomeSuppression) -> str:
    """Ignored twice in 30 days pauses for 60 days."""
    return (
        f"{outcome.outcome} {times(outcome.n)} in {duration(outcome.window_seconds)} "
        f"pauses for {duration(outcome.pause_seconds)}"
    )


def action_words(action: Action) -> str:
    """What is sent, by which channels and for how long it is good."""
    channels = listing([phrase(channel) for channel in action.channels], last="then")
    return f"{action.name} by {channels}, good for {duration(action.expires_after_seconds)}"


def message_words(action: Action, catalog: Catalog) -> str:
    """What it says, with the names of places where values come in; subject first."""
    if action.template_key is None:
        subject, _, body = action.template.partition("\n")
        return f"“{subject or action.name}” {body}".strip()
    template = catalog.templates.get(action.template_key)
    if template is None:
        return f"the template {action.template_key}, which the catalog does not have"
    return f"“{template.subject or action.name}” {template.body}"


def holdout_words(holdout: Holdout | None) -> str:
    """10%, or nobody."""
    return percent(holdout.share, 0) if holdout else "nobody"


def cooldown_words(seconds: int) -> str:
    """How long somebody is left alone after a message."""
    return duration(seconds) if seconds else "no pause"
