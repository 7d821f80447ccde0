"""What a change request changes, in words: one row for each thing a person would name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from typing import NamedTuple

from control.requests import DiffLine
from core.conditions import Condition, clauses
from core.rules import Action, DecisionPolicy, EligibilityRule, Entry
from ui.console.view.text import title
from ui.console.view.wording import (
    action_words,
    cooldown_words,
    holdout_words,
    message_words,
    suppression_words,
)
from warehouse.catalog import Catalog
from warehouse.wording import describe

Rule = EligibilityRule | DecisionPolicy
Part = tuple[str, str]
ADDED, REMOVED, CHANGED, SAME = "Added", "Removed", "Changed", "Same"
_ORDER = (CHANGED, ADDED, REMOVED, SAME)
_SUBJECTS = ("event", "entity", "column", "name", "trait", "key", "channel", "first")


class Row(NamedTuple):
    """One thing, as it is live and as proposed. None: it is not there."""

    change: str
    what: str
    live: str | None
    proposed: str | None


def plain_rows(live: Rule | None, proposed: Rule, catalog: Catalog) -> tuple[Row, ...]:
    """Every part of both rules by its name; changes first."""
    before = dict(_unique(_parts(live, catalog))) if live else {}
    after = dict(_unique(_parts(proposed, catalog)))
    names = [*after, *(name for name in before if name not in after)]
    rows = [_row(name, before.get(name), after.get(name)) for name in names]
    return tuple(sorted(rows, key=lambda row: _ORDER.index(row.change)))


def rule_patch(lines: tuple[DiffLine, ...]) -> str:
    """The rule diff as a patch, place by place."""
    return "\n".join(text for line in lines for text in _patch(line))


def sql_patch(before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]) -> str:
    """All queries of two rules in one text, each below its name, with what differs marked."""
    old, new = _queries(before), _queries(after)
    compared = [*unified_diff(old, new, lineterm="", n=max(len(old), len(new)))][3:]
    # What is the same on both sides gives no comparison at all.
    return "\n".join(compared or [f" {line}" for line in new])


def _queries(named: Sequence[tuple[str, str]]) -> list[str]:
    return [line for name, text in named for line in (f"-- {name}", *text.splitlines(), "")]


def _patch(line: DiffLine) -> Iterator[str]:
    if line.change == "same":
        yield f"  {line.path}: {_json(line.proposed)}"
        return
    if line.change != "added":
        yield f"- {line.path}: {_json(line.live)}"
    if line.change != "removed":
        yield f"+ {line.path}: {_json(line.proposed)}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _row(name: str, live: str | None, proposed: str | None) -> Row:
    if live is None:
        return Row(ADDED, name, None, proposed)
    if proposed is None:
        return Row(REMOVED, name, live, None)
    return Row(SAME if live == proposed else CHANGED, name, live, proposed)


def _unique(parts: Iterator[Part]) -> Iterator[Part]:
    """Two conditions on the same event are two rows: the second gets a number."""
    seen: dict[str, int] = {}
    for name, text in parts:
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name} ({seen[name]})"), text


def _parts(rule: Rule, catalog: Catalog) -> Iterator[Part]:
    yield "Who is considered", describe(rule.population, catalog)
    if isinstance(rule, EligibilityRule):
        for clause in clauses(rule.condition):
            yield _subject(clause), describe(clause, catalog)
        if rule.action:
            yield "What is sent", action_words(rule.action)
            yield "What it says", _says(rule.action, catalog)
    else:
        yield from _policy_parts(rule, catalog)
    yield "Held out to measure lift", holdout_words(rule.holdout)


def _subject(clause: Condition) -> str:
    named = next((getattr(clause, field) for field in _SUBJECTS if hasattr(clause, field)), None)
    return title(str(named).replace(".", " ")) if named else "Combined condition"


def _policy_parts(policy: DecisionPolicy, catalog: Catalog) -> Iterator[Part]:
    for entry in policy.entries:
        yield from _entry_parts(entry, catalog)
    names = {entry.action.key: entry.action.name for entry in policy.entries}
    for suppression in policy.suppressions:
        whom = ", ".join(names[key] for key in suppression.actions) or "Every message"
        yield f"{whom}: held back", suppression_words(suppression, catalog)
    for stop in policy.stop_conditions:
        whom = ", ".join(names[key] for key in stop.actions) or "Every message"
        yield f"{whom}: stops when", describe(stop.when, catalog)
    yield "Left alone after a message", cooldown_words(policy.cooldown_seconds)


def _entry_parts(entry: Entry, catalog: Catalog) -> Iterator[Part]:
    name = entry.action.name
    yield f"{name}: place", f"tier {entry.tier}"
    yield f"{name}: who", describe(entry.eligibility, catalog)
    yield f"{name}: message", action_words(entry.action)
    yield f"{name}: says", _says(entry.action, catalog)


def _says(action: Action, catalog: Catalog) -> str:
    """Its template by name too: another template may say the same today."""
    named = f" (template {action.template_key})" if action.template_key else ""
    return message_words(action, catalog) + named
