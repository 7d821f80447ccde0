"""A tracking plan from the files of rudder-cli.

What the plan cannot hold is listed with file and path, never dropped in silence.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from collect.plan import Others
from collect.plan_values import PlannedProperty
from collect.rudder_files import Entry, Files, invalid, require

_TYPES = {"string", "number", "integer", "boolean", "object", "array"}
_BOUNDS = ("enum", "pattern", "format", "items", "minimum", "maximum", "min_length", "max_length")
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ITEMS = ("item_type", "item_types")
_DEPTH = 3


def plan_document(files: Files, unlisted: Others) -> dict[str, Any]:
    """The plan as a document of ours; ``unlisted`` is what ``additional_properties: false`` means.

    Refuses files without exactly one tracking plan, and references that point nowhere.
    """
    if len(files.plans) != 1:
        found = len(files.plans) or "no"
        place = files.plans[1].place if files.plans else next(iter(files.entries.values())).place
        raise invalid(place, f"there are {found} tracking plans, and one is needed")
    plan = files.plans[0]
    events: dict[str, Any] = {}
    rules = require(list, plan.content.get("rules"), plan.place.at("rules"))
    for number, rule in enumerate(rules):
        place = plan.place.at(f"rules.{number}")
        _rule(files, Entry(place, require(dict, rule, place)), unlisted, events)
    return {"events": events}


def _rule(files: Files, rule: Entry, unlisted: Others, events: dict[str, Any]) -> None:
    given, place = rule.content, rule.place
    if given.get("type") != "event_rule":
        files.leave_out(place, f"a rule of type {given.get('type')} is not taken over")
        return
    event, closed = _event(files, rule)
    if event.content.get("event_type") != "track":
        kind = event.content.get("event_type")
        files.leave_out(place, f"only track events are planned, and this is {kind}")
        return
    name = event.content.get("name")
    if not isinstance(name, str):
        raise invalid(event.place.at("name"), "a track event has a name")
    if name in events:
        raise invalid(place, f"the event '{name}' has two rules")
    for key in ("variants", "identity_section"):
        if given.get(key) and given[key] != "properties":
            files.leave_out(place.at(key), f"{key} cannot be held; nothing is checked for it")
    planned: dict[str, Any] = {"properties": _properties(files, rule)}
    if closed:
        planned["others"] = unlisted
    if event.content.get("description"):
        planned["description"] = str(event.content["description"])
    events[name] = planned


def _event(files: Files, rule: Entry) -> tuple[Entry, bool]:
    """The event of a rule, and whether it keeps to the listed properties."""
    given = rule.content.get("event")
    place = rule.place.at("event")
    if isinstance(given, dict):
        closed = given.get("allow_unplanned") is False
        return files.find(given.get("$ref"), "events", place), closed
    return files.find(given, "events", place), rule.content.get("additional_properties") is False


def _properties(files: Files, owner: Entry) -> dict[str, Any]:
    """The properties of a rule, those inside others as dotted names."""
    found: dict[str, Any] = {}
    for name, planned, inside in _listed(files, owner):
        found[name] = planned
        for key, within, deeper in inside:
            found[f"{name}.{key}"] = within
            for further, _, _ in deeper:
                files.leave_out(
                    owner.place, f"{name}.{key}.{further} lies two levels deep and is not checked"
                )
    return found


Listed = tuple[str, dict[str, Any], list[Any]]
"""A property's name, what is planned for it, and the properties inside it."""


def _listed(files: Files, owner: Entry, depth: int = 0) -> list[Listed]:
    """The properties of a rule, a property or a custom type; a type may hold itself."""
    found: list[Listed] = []
    if depth == _DEPTH:
        return found
    listed = owner.content.get("properties") or []
    for number, given in enumerate(require(list, listed, owner.place.at("properties"))):
        place = owner.place.at(f"properties.{number}")
        use = Entry(place, require(dict, given, place))
        entry = files.find(
            use.content.get("property", use.content.get("$ref")), "properties", place
        )
        name = str(entry.content.get("name", ""))
        if not name or "." in name or '"' in name:
            files.leave_out(entry.place, f"the property '{name}' cannot be planned by this name")
            continue
        planned, custom = _value(files, entry)
        if use.content.get("required") is True:
            planned["required"] = True
        inside = _listed(files, use, depth + 1)
        if custom and not inside:
            inside = _listed(files, custom, depth + 1)
        if use.content.get("additional_properties") is False:
            files.leave_out(place, f"properties inside {name} that are not listed are kept")
        found.append((name, planned, inside))
    return found


def _value(files: Files, entry: Entry) -> tuple[dict[str, Any], Entry | None]:
    """What is planned for a property, and its custom type when that is an object."""
    types = _types(entry)
    kept = [one for one in types if one != "null"]
    if len(kept) == 1 and kept[0].startswith("#"):
        custom = files.find(kept[0], "custom-types", entry.place.at("type"))
        if custom.content.get("variants"):
            files.leave_out(custom.place.at("variants"), "variants are not checked")
        planned = _bounded(files, custom, entry)
        return planned | ({"nullable": True} if "null" in types else {}), custom
    return _bounded(files, entry, entry), None


def _types(entry: Entry) -> list[str]:
    return _named(entry.content.get("types") or entry.content.get("type") or "")


def _named(given: Any) -> list[str]:
    """The types of a list or of a text with commas; YAML reads the name null as nothing."""
    listed = given if isinstance(given, list) else str(given).split(",")
    names = ["null" if one is None else str(one).strip() for one in listed]
    return [name for name in names if name]


def _bounded(files: Files, entry: Entry, described: Entry) -> dict[str, Any]:
    config = {
        _WORD.sub("_", str(key)).lower(): value
        for key, value in (
            entry.content.get("config") or entry.content.get("propConfig") or {}
        ).items()
    }
    types = _types(entry)
    planned = _typed(files, entry, types, config)
    if "null" in types:
        planned["nullable"] = True
    if described.content.get("description"):
        planned["description"] = str(described.content["description"])
    config |= {key: entry.content[key] for key in _ITEMS if key in entry.content}
    for key, value in config.items():
        _bound(files, entry, planned, key, value)
    return planned


def _typed(files: Files, entry: Entry, types: list[str], config: dict[str, Any]) -> dict[str, Any]:
    """The type or the types; a text that is a moment has a type of its own."""
    kept = list(dict.fromkeys(one for one in types if one != "null"))
    if kept and not {*kept} <= _TYPES:
        files.leave_out(entry.place.at("type"), f"{' or '.join(kept)} becomes any type")
        return {"type": "any"}
    if "string" in kept and config.get("format") == "date-time":
        del config["format"]
        kept[kept.index("string")] = "timestamp"
    return {"types": kept} if len(kept) > 1 else {"type": kept[0] if kept else "any"}


def _bound(files: Files, entry: Entry, planned: dict[str, Any], key: str, value: Any) -> None:
    """Add a bound on the value if the plan can hold it, else tell that it is left out."""
    if key in _ITEMS:
        key, value = "items", _named(value)
    if key in _BOUNDS:
        try:
            PlannedProperty.model_validate(planned | {key: value})
        except ValidationError as error:
            why = error.errors()[0]["msg"].removeprefix("Value error, ")
            files.leave_out(entry.place, f"{key} is not checked: {why}")
        else:
            planned[key] = value
        return
    files.leave_out(entry.place, f"{key} ({value}) is not checked")
