"""A tracking plan as the files of rudder-cli (``rudder/v1``), and what these cannot say."""

from __future__ import annotations

import re
from typing import Any

from collect.plan import PlannedEvent, TrackingPlan
from collect.plan_values import PlannedProperty

VERSION = "rudder/v1"
_BOUNDS = ("pattern", "format", "minimum", "maximum", "min_length", "max_length")


def rudder_documents(plan: TrackingPlan, name: str) -> tuple[dict[str, Any], list[str]]:
    """The documents by file name, and one sentence for everything that is not in them."""
    ids = _Ids()
    rules = [_rule(event, planned, ids) for event, planned in plan.events.items()]
    events = [
        _kept({"id": ids.of("event", event), "name": event, "event_type": "track"})
        | _kept({"description": planned.description})
        for event, planned in plan.events.items()
    ]
    spec = {"id": _slug(name), "display_name": name, "rules": rules}
    documents = {
        "events.yaml": _document("events", {"events": events}),
        "properties.yaml": _document("properties", {"properties": ids.properties}),
        "tracking-plan.yaml": _document("tracking-plan", spec),
    }
    return documents, _unsaid(plan)


class _Ids:
    """An id for every event and property; equal properties of several events are one."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, str], str] = {}
        self._used: set[tuple[str, str]] = set()
        self.properties: list[dict[str, Any]] = []

    def of(self, kind: str, what: str, slug: str | None = None) -> str:
        """The id of something, the same for the same thing."""
        if (kind, what) not in self._taken:
            base = free = slug or _slug(what)
            number = 1
            while (kind, free) in self._used:
                number += 1
                free = f"{base}_{number}"
            self._used.add((kind, free))
            self._taken[kind, what] = free
        return self._taken[kind, what]

    def property(self, key: str, planned: PlannedProperty) -> str:
        """A reference to a property that says just this."""
        name = key.rpartition(".")[2]
        content = _property(name, planned)
        known = len(self._taken)
        identity = self.of("property", repr(content), _slug(name))
        if len(self._taken) > known:
            self.properties.append({"id": identity} | content)
        return f"#property:{identity}"


def _rule(name: str, event: PlannedEvent, ids: _Ids) -> dict[str, Any]:
    used = [
        _use(event, key, planned, ids)
        for key, planned in event.properties.items()
        if "." not in key
    ]
    used += [
        _use(event, parent, PlannedProperty(type="object"), ids)
        for parent in dict.fromkeys(key.partition(".")[0] for key in event.properties if "." in key)
        if parent not in event.properties
    ]
    identity = ids.of("event", name)
    return _kept(
        {
            "type": "event_rule",
            "id": f"{identity}_rule",
            "event": f"#event:{identity}",
            "additional_properties": event.others == "keep",
            "properties": used,
        }
    )


def _use(event: PlannedEvent, key: str, planned: PlannedProperty, ids: _Ids) -> dict[str, Any]:
    inside = [
        {"property": ids.property(name, one), "required": one.required}
        for name, one in event.properties.items()
        if name.startswith(f"{key}.")
    ]
    used = {"property": ids.property(key, planned), "required": planned.required}
    return used | _kept({"properties": inside})


def _property(name: str, planned: PlannedProperty) -> dict[str, Any]:
    config = _kept({bound: getattr(planned, bound) for bound in _BOUNDS})
    if planned.enum is not None:
        config["enum"] = list(planned.enum)
    if "timestamp" in planned.kinds:
        config["format"] = "date-time"
    kinds = ["string" if kind == "timestamp" else kind for kind in planned.kinds]
    types = [one for one in (*kinds, "null" if planned.nullable else "any") if one != "any"]
    items: list[str] = [*(planned.items or ())]
    described = {"description": planned.description, "config": config}
    return {"name": name} | _kept(
        _one_or_more("type", types) | _one_or_more("item_type", items) | described
    )


def _one_or_more(key: str, names: list[str]) -> dict[str, Any]:
    return {key: names[0]} if len(names) == 1 else {f"{key}s": names}


def _kept(content: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if value not in (None, "", [], {})}


def _document(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"version": VERSION, "kind": kind, "metadata": {"name": "pilothouse"}, "spec": spec}


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "x"


def _unsaid(plan: TrackingPlan) -> list[str]:
    found = [
        f"{name}: the alias {alias}"
        for name, event in plan.events.items()
        for alias in event.aliases
    ]
    found += [
        f"{name}: unlisted properties are dropped (written as additional_properties: false)"
        for name, event in plan.events.items()
        if event.others == "drop"
    ]
    return [*found, *(["the list of ids that stand for nobody"] if plan.junk_ids else [])]
