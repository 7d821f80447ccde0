"""Artifacts written out in plain words, and read back from them."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from agent.explaining.lines import Line, parsed, written
from agent.explaining.sections import (
    ENTRY,
    MESSAGE,
    POLICY,
    RULE,
    STOP,
    SUPPRESSION,
    Fact,
    Section,
)
from agent.explaining.values import read_text, text_words
from core.errors import Code, PilothouseError, refuse
from core.rules import Action, DecisionPolicy, EligibilityRule, Entry, StopCondition, Suppression
from warehouse.catalog import Catalog

Artifact = EligibilityRule | DecisionPolicy
_NAMED = re.compile(r"(.+) \(([a-z][a-z0-9_]*)\)")
_FIRST = re.compile(rf"\s*({RULE.label}|{POLICY.label}): .+ \([a-z][a-z0-9_]*\)\s*(\n|$)")


def explain(artifact: Artifact, catalog: Catalog) -> str:
    """Everything that a rule or a policy says, a line a fact; ``read_explanation`` reads it."""
    if isinstance(artifact, EligibilityRule):
        lines = _said(RULE, artifact, catalog)
        if artifact.action is not None:
            lines.insert(3, _named(MESSAGE, artifact.action, catalog))
        return written(lines)
    lines = _said(POLICY, artifact, catalog)
    parts = [
        *(_entry(one, catalog) for one in artifact.entries),
        *(_named(SUPPRESSION, one, catalog) for one in artifact.suppressions),
        *(_named(STOP, one, catalog) for one in artifact.stop_conditions),
    ]
    return written([*lines[:2], *parts, *lines[2:]])


def is_explanation(text: str) -> bool:
    """Whether a text begins as explanations do: what it is, its name and its key."""
    return _FIRST.match(text) is not None


def read_explanation(text: str, catalog: Catalog) -> Artifact:
    """The artifact that these words explain. Raises a refusal that names the line."""
    lines = parsed(text)
    if not lines or lines[0].label not in (RULE.label, POLICY.label):
        raise refuse(
            Code.NOT_UNDERSTOOD,
            "This is not the explanation of a rule or a policy.",
            span=text[:60],
            fix="Begin with 'Rule: name (key)' or 'Policy: name (key)'.",
        )
    first, *rest = lines
    return (
        _rule(first, rest, catalog) if first.label == RULE.label else _policy(first, rest, catalog)
    )


def _said(section: Section, artifact: Any, catalog: Catalog) -> list[Line]:
    head = Line(section.label, _head(artifact.name, artifact.key))
    return [head, *_facts(section, dict(artifact), catalog)]


def _named(section: Section, part: Any, catalog: Catalog) -> Line:
    return Line(section.label, _head(part.name, part.key), _facts(section, dict(part), catalog))


def _entry(entry: Entry, catalog: Catalog) -> Line:
    values = dict(entry) | dict(entry.action)
    head = _head(entry.action.name, entry.action.key)
    return Line(ENTRY.label, head, _facts(ENTRY, values, catalog))


def _head(name: str, key: str) -> str:
    return f"{text_words(name)} ({key})"


def _facts(section: Section, values: dict[str, Any], catalog: Catalog) -> list[Line]:
    lines = []
    for fact in section.facts:
        value = values[fact.field]
        if fact.many:
            lines += [Line(fact.label, fact.words.write(one, catalog)) for one in value]
        elif fact.always or value != section.default(fact.field):
            lines.append(Line(fact.label, fact.words.write(value, catalog)))
    return lines


def _rule(first: Line, rest: list[Line], catalog: Catalog) -> EligibilityRule:
    messages = [line for line in rest if line.label == MESSAGE.label]
    if len(messages) > 1:
        raise _wrong(messages[1], "A rule has one message.", "Remove this one.")
    values = _values(RULE, first, _without(rest, MESSAGE), catalog)
    if messages:
        values["action"] = _built(Action, _values(MESSAGE, messages[0], None, catalog), messages[0])
    return _built(EligibilityRule, values, first)


def _policy(first: Line, rest: list[Line], catalog: Catalog) -> DecisionPolicy:
    values = _values(POLICY, first, _without(rest, ENTRY, SUPPRESSION, STOP), catalog)
    values["entries"] = tuple(
        _read_entry(line, catalog) for line in rest if line.label == ENTRY.label
    )
    for section, model, field in (
        (SUPPRESSION, Suppression, "suppressions"),
        (STOP, StopCondition, "stop_conditions"),
    ):
        values[field] = tuple(
            _built(model, _values(section, line, None, catalog), line)
            for line in rest
            if line.label == section.label
        )
    return _built(DecisionPolicy, values, first)


def _read_entry(line: Line, catalog: Catalog) -> Entry:
    values = _values(ENTRY, line, None, catalog)
    action = {field: values.pop(field) for field in [*values] if field in Action.model_fields}
    return _built(Entry, values | {"action": _built(Action, action, line)}, line)


def _without(lines: list[Line], *sections: Section) -> list[Line]:
    labels = {section.label for section in sections}
    return [line for line in lines if line.label not in labels]


def _values(
    section: Section, head: Line, lines: list[Line] | None, catalog: Catalog
) -> dict[str, Any]:
    """The fields that a part says; ``lines``: its facts, where they do not stand under it."""
    named = _NAMED.fullmatch(head.text)
    if named is None:
        raise _wrong(
            head, "A name and its key are missing.", f"'{head.label}: Some name (some_key)'."
        )
    values: dict[str, Any] = {"name": read_text(named[1]), "key": named[2]}
    known = {fact.label: fact for fact in section.facts}
    for line in head.under if lines is None else lines:
        fact = known.get(line.label)
        if fact is None:
            raise _wrong(line, f"'{line.label}' says nothing of it.", f"Known: {', '.join(known)}.")
        if fact.field in values and not fact.many:
            raise _wrong(line, f"'{line.label}' is said twice.", "Keep one of them.")
        value = _read(fact, line, catalog)
        values[fact.field] = (*values.get(fact.field, ()), value) if fact.many else value
    missing = [
        fact.label for fact in section.facts if section.must_say(fact) and fact.field not in values
    ]
    if missing:
        raise _wrong(head, f"It does not say: {', '.join(missing)}.", "Add a line for each.")
    return values


def _read(fact: Fact, line: Line, catalog: Catalog) -> Any:
    try:
        return fact.words.read(line.text, catalog)
    except PilothouseError as error:
        found = error.refusal
        message = f"Line {line.number} ({line.label}): {found.message}"
        raise PilothouseError(found.model_copy(update={"message": message})) from error
    except ValidationError as error:
        raise _wrong(line, _first(error), "Correct the value.") from error


def _built(model: Any, values: dict[str, Any], line: Line) -> Any:
    try:
        return model(**values)
    except ValidationError as error:
        raise _wrong(line, _first(error), "Correct the value.") from error


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(step) for step in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message}." if where else f"{message}."


def _wrong(line: Line, message: str, fix: str) -> PilothouseError:
    return refuse(
        Code.NOT_UNDERSTOOD,
        f"Line {line.number} ({line.label}): {message}",
        span=f"{line.label}: {line.text}"[:80],
        fix=fix,
    )
