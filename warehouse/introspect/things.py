"""Events, entities, funnels and actions of a drafted catalog, in the words that people use."""

from __future__ import annotations

from typing import Any

from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.introspect.entry import Entry, comments_on, described, fields
from warehouse.introspect.funnel import WINDOW_SECONDS, Steps
from warehouse.introspect.log_events import read_events
from warehouse.introspect.mapping import Happening, Mapping
from warehouse.introspect.roles import Owned, Roles
from warehouse.introspect.words import HAPPENINGS, safe, spoken, viewed, with_article

_TROUBLE = frozenset({"ticket", "case", "request", "issue", "complaint"})
_OPEN = frozenset({"open", "new", "pending", "in_progress", "unresolved"})


def events(engine: DuckDBWarehouse, mapping: Mapping) -> dict[str, Entry]:
    """Every event of the events view, with the words for it."""
    delicate = {
        name: column.data_class
        for one in mapping.happenings
        for name, column in one.properties().items()
        if column.data_class != "public"
    }
    found = read_events(engine, {name: str(kind) for name, kind in delicate.items()})
    known = _phrases(mapping.happenings)
    typed = {name: one for one in mapping.happenings for name in _names(one)}
    entries = {}
    for name, body in found.items():
        if name in known:
            body["phrases"] = list(known[name])
        one = typed.get(name)
        comments = comments_on(one.choices) if one is not None else ()
        entries[name] = Entry(body | {"owner": "team"}, comments)
    return entries


def _names(one: Happening) -> tuple[str, ...]:
    return (one.name,) if one.name else tuple(one.pages.values())


def _phrases(happenings: tuple[Happening, ...]) -> dict[str, tuple[str, ...]]:
    told = {one.name: one.phrases for one in happenings if one.name}
    for one in happenings:
        told |= {event: viewed(safe(page))[1] for page, event in one.pages.items()}
    return told


def entities(roles: Roles, mapping: Mapping) -> dict[str, Entry]:
    """What users have: rows of a kind, and the latest of them where users have several."""
    entries: dict[str, Entry] = {}
    for owned in roles.owned:
        if owned.is_entity:
            view = mapping.names[owned.table.label]
            entries |= _entity(owned, view)
    return entries


def _entity(owned: Owned, view: str) -> dict[str, Entry]:
    said = spoken(owned.noun)
    shown = {n: c for n, c in owned.columns.items() if c.facts.name != owned.user}
    listed = fields(shown, phrased=True)
    if owned.time:
        # 'ordered 30 days ago' is about the event; the column keeps its whole name.
        listed[owned.time]["phrases"] = [spoken(owned.time)]
    body: dict[str, Any] = {"description": f"{said.capitalize()} of a user.", "phrases": [said]}
    last = said.rpartition(" ")[2]
    if last in HAPPENINGS and last != said and last in _TROUBLE:
        body["phrases"] += [last, "support issue", "support ticket", "support request"]
    body |= {"table": view, "user": owned.user_name, "cardinality": "many"}
    body |= {"visible": f"{owned.time} < as_of" if owned.time else "TRUE", "columns": listed}
    as_now = "Its columns are read as they are now, also for a moment in the past."
    comments = (*comments_on(owned.choices), as_now)
    inner = described(shown)
    if owned.is_unique:
        return {owned.noun: Entry(body | {"cardinality": "one"}, comments, inner)}
    entries = {owned.noun: Entry(body, comments, inner)}
    if owned.time:
        latest: dict[str, Any] = {
            "description": f"The latest {said} of a user.",
            "cardinality": "one",
            "phrases": [f"latest {said}", f"last {said}", f"most recent {said}"],
        }
        key = next((n for n, c in shown.items() if c.facts.is_unique), None)
        by = [owned.time, *([key] if key else [])]
        entries[f"latest_{owned.noun}"] = Entry(body | latest | {"latest_by": by})
    return entries


def funnels(steps: Steps) -> dict[str, Entry]:
    """The way to the goal, when one was found."""
    if not steps.events or steps.choice is None:
        return {}
    body = {
        "description": f"From {steps.events[0]} to {steps.events[-1]}.",
        "phrases": ["conversion funnel", "purchase funnel"],
        "steps": list(steps.events),
        "window_seconds": WINDOW_SECONDS,
    }
    return {"conversion_funnel": Entry(body, comments_on((steps.choice,)))}


def metrics(steps: Steps, goal: tuple[str, ...]) -> dict[str, Entry]:
    """Conversion over the drafted funnel; ``goal`` are the phrases of its last step."""
    if not steps.events:
        return {}
    body = {
        "description": f"Share of users from {steps.events[0]} to {steps.events[-1]}.",
        "phrases": [
            "conversion",
            "conversion rate",
            "conversions",
            "convert",
            "converting",
            *(f"{word}s" for word in goal[-1:]),
        ],
        "kind": "funnel",
        "funnel": "conversion_funnel",
    }
    return {"conversion": Entry(body)}


def actions(
    goal: str | None, words: tuple[str, ...], found: dict[str, Entry], channels: tuple[str, ...]
) -> dict[str, Entry]:
    """Messages to begin with: towards the goal, back again, and about trouble."""
    entries: dict[str, Entry] = {}
    said = "confirm: a message to begin with; its words and for whom it is are yours to change."
    if goal is not None:
        entries["first_goal"] = Entry(_towards(goal, words, channels), (said,))
        back = {"name": "Win-back", "channels": list(channels), "goal_event": goal}
        back["phrases"] = ["win back", "win-back", "reactivation", "come back"]
        back["template"] = "We have missed you\nHave a look at what is new."
        entries["win_back"] = Entry(back, (said,))
    for name, entry in found.items():
        helping = _about_trouble(name, entry.body, channels)
        if helping is not None:
            entries["support_follow_up"] = Entry(helping, (said,))
            break
    return entries or {"news": Entry(_news(channels), (said,))}


def _news(channels: tuple[str, ...]) -> dict[str, Any]:
    """Something to send where nothing reads like a goal."""
    return {
        "name": "News",
        "phrases": ["news", "the news"],
        "channels": list(channels),
        "template": "News for you\nHave a look at what is new.",
    }


def _towards(goal: str, words: tuple[str, ...], channels: tuple[str, ...]) -> dict[str, Any]:
    does, thing = words[0], words[-1]
    never: dict[str, Any] = {"kind": "event_count", "event": goal, "op": "=", "n": 0}
    return {
        "name": f"Towards a first {thing}",
        "phrases": [f"first {thing}", f"help users {does}", f"nudge towards {with_article(thing)}"],
        "channels": list(channels),
        "goal_event": goal,
        "assumption": f"It is for users without any {goal}.",
        "eligibility": never,
        "stop": [
            {
                "key": "goal_reached",
                "name": f"{goal} happened",
                "when": never | {"op": ">=", "n": 1},
            }
        ],
        "template": "Something for you\nHave a look at what we have picked for you.",
    }


def _about_trouble(
    name: str, body: dict[str, Any], channels: tuple[str, ...]
) -> dict[str, Any] | None:
    if name.rpartition("_")[2] not in _TROUBLE or name.startswith("latest_"):
        return None
    for column, field in body["columns"].items():
        is_open = next((v for v in field.get("values", {}) if v.lower() in _OPEN), None)
        if is_open is not None:
            where = [{"column": column, "value": is_open}]
            open_: dict[str, Any] = {"kind": "related", "entity": name, "where": where}
            return {
                "name": "Support follow-up",
                "phrases": ["support follow-up", "support", "handle support issues"],
                "message_class": "service",
                "channels": list(channels),
                "assumption": f"It is for users with a {spoken(name)} that is {is_open}.",
                "eligibility": open_ | {"op": ">=", "n": 1},
                "stop": [
                    {
                        "key": "settled",
                        "name": "Nothing is open any more",
                        "when": open_ | {"op": "=", "n": 0},
                    }
                ],
                "template": "We are on it\nSomebody is working on your request.",
            }
    return None
