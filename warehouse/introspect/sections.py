"""The sections of a drafted catalog, entry by entry, each with what a person should know."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from warehouse.catalog import BUILT_IN
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.introspect import things
from warehouse.introspect.columns import MappedColumn
from warehouse.introspect.consent import DraftedConsent
from warehouse.introspect.entry import Entry, comments_on, described, fields
from warehouse.introspect.funnel import Steps
from warehouse.introspect.mapping import CONSENT, EVENTS, PLATFORMS, VERSIONS, Mapping
from warehouse.introspect.people import People
from warehouse.introspect.roles import Roles
from warehouse.introspect.words import noun, parts, spoken

OUR_TABLES = ("decisions", "fct_messages")
"""What Pilothouse writes and people may read."""
_SIGNED_UP = ["signed up", "joined", "registered", "created an account", "sign-up", "signup"]


@dataclass(frozen=True)
class Drafted:
    """Everything that was found out."""

    roles: Roles
    mapping: Mapping
    people: People
    consent: DraftedConsent
    steps: Steps
    engine: DuckDBWarehouse

    @property
    def users(self) -> str:
        """The users' view."""
        return self.mapping.names[self.roles.users.label]

    @property
    def happenings_have(self) -> dict[str, str]:
        """Optional columns of the events view that it has, by role."""
        branches = self.mapping.happenings
        found = {"version": "version"} if any(one.version for one in branches) else {}
        if all(one.received for one in branches):
            found["received"] = "received_at"
        return found

    def why(self, *about: str) -> tuple[str, ...]:
        """Comments on what was chosen about some things."""
        everything = (*self.roles.choices, *self.people.choices, *self.consent.choices)
        return comments_on(choice for choice in everything if choice.about in about)


def build(facts: Drafted) -> dict[str, dict[str, Entry]]:
    """Section → name → entry, as the catalog's files list them."""
    entities = things.entities(facts.roles, facts.mapping)
    events = things.events(facts.engine, facts.mapping)
    channels = _channels(facts)
    goal = facts.steps.goal
    words = _goal_words(goal, events, facts.mapping)
    return {
        "layout": _layout(facts),
        "tables": _tables(facts),
        "events": events,
        "traits": {},
        "entities": entities | {"message": Entry(_built_in("entities")["message"])},
        "audiences": {},
        "funnels": things.funnels(facts.steps),
        "metrics": things.metrics(facts.steps, words),
        "channels": channels,
        "actions": things.actions(goal, words, entities, tuple(channels)),
        "defaults": _defaults(tuple(channels)),
    }


def _goal_words(goal: str | None, events: dict[str, Entry], mapping: Mapping) -> tuple[str, ...]:
    """How people say the goal: the verb first, the thing last."""
    if goal is None:
        return ()
    typed = {one.name: spoken(one.owned.noun) for one in mapping.happenings if one.name}
    does = str(events[goal].body["phrases"][0])
    return (does, typed.get(goal, does.rpartition(" ")[2]))


def _layout(facts: Drafted) -> dict[str, Entry]:
    people, label = facts.people, facts.roles.users.label
    users: dict[str, Any] = {"table": facts.users, "key": facts.roles.key_name}
    users["canonical"] = people.canonical.sql("duckdb")
    optional = {"signup": people.signup, "zone": people.zone, "platform": people.platform}
    users |= {role: column for role, column in optional.items() if column}
    if people.dimensions:
        users["dimensions"] = list(people.dimensions)
    events = {"table": EVENTS, "user": "user_id", "name": "event_name", "time": "event_time"}
    events |= {"properties": "properties", **facts.happenings_have}
    consent = {name: name for name in ("purpose", "channel", "status", "effective_at")}
    told = facts.why(
        "users",
        "users.key",
        f"{label} canonical",
        f"{label} signup",
        f"{label} platform",
        f"{label} dimensions",
    )
    happenings = [choice for one in facts.mapping.happenings for choice in one.choices]
    return {
        "users": Entry(users, told),
        "events": Entry(events, comments_on(happenings)),
        "traits": Entry(
            {"table": "traits", "user": "user_id"},
            ("Traits are built by 'pilothouse model'; none yet.",),
        ),
        "consent": Entry({"table": CONSENT, "user": "user_id", **consent}, facts.why("consent")),
        **_releases(facts),
    }


def _releases(facts: Drafted) -> dict[str, Entry]:
    """A small table of versions with the time each came out, when the events have versions."""
    for label in facts.roles.others:
        view = facts.mapping.names[label]
        columns = facts.mapping.tables[view]
        version = next((n for n in columns if set(parts(n)) & VERSIONS), None)
        time = next((n for n, c in columns.items() if c.type == "timestamp"), None)
        if version and time and "version" in facts.happenings_have:
            body = {"table": view, "version": version, "released": time}
            platform = next((n for n in columns if set(parts(n)) & PLATFORMS), None)
            body |= {"platform": platform} if platform else {}
            return {"releases": Entry(body, (f"why: {view} lists versions with a time.",))}
    return {}


def _tables(facts: Drafted) -> dict[str, Entry]:
    entries = {view: _table(facts, view, columns) for view, columns in facts.mapping.tables.items()}
    events = {
        "event_time": ("timestamp", "When it happened (UTC)."),
        "user_id": ("string", "Who did it."),
        "event_name": ("string", "What happened."),
        "properties": ("json", "Properties of the event."),
    }
    if "version" in facts.happenings_have:
        events["version"] = ("string", "The version that sent it.")
    if "received" in facts.happenings_have:
        events["received_at"] = ("timestamp", "When it arrived (UTC).")
    consent = {
        "user_id": ("string", "Whose consent it is."),
        "purpose": ("string", "What for."),
        "channel": ("string", "Through which channel."),
        "status": ("string", "granted, withdrawn or denied."),
        "effective_at": ("timestamp", "Since when (UTC)."),
    }
    entries[EVENTS] = Entry(
        _own("One row per event.", "event", events) | {"time_column": "event_time"}
    )
    entries[CONSENT] = Entry(_own("One row per word on consent.", "consent", consent))
    built_in = _built_in("tables")
    return entries | {name: Entry(built_in[name]) for name in OUR_TABLES}


def _own(description: str, phrase: str, columns: dict[str, tuple[str, str]]) -> dict[str, Any]:
    listed = {name: {"type": kind, "description": said} for name, (kind, said) in columns.items()}
    return {
        "description": description,
        "phrases": [phrase],
        "grain": "user_id",
        "owner": "data",
        "columns": listed,
    }


def _table(facts: Drafted, view: str, columns: dict[str, MappedColumn]) -> Entry:
    table = facts.mapping.sources[view]
    said = spoken(noun(table.name))
    is_users = view == facts.users
    phrases = [said, "user", "customer", "person"] if is_users else [said]
    key = next((name for name, column in columns.items() if column.facts.is_unique), None)
    body: dict[str, Any] = {
        "description": f"One row per {said}, from {table.label} ({table.rows:,} rows).",
        "phrases": list(dict.fromkeys(phrases)),
        "grain": key or "row",
        "owner": "team",
    }
    owned = next((one for one in facts.roles.owned if one.table is table), None)
    if owned is not None and owned.time is not None:
        body["time_column"] = owned.time
    listed = fields(columns, phrased=is_users)
    if is_users and facts.people.signup in listed:
        listed[facts.people.signup]["phrases"] = _SIGNED_UP
    body["columns"] = listed
    about = comments_on(owned.choices) if owned is not None else ()
    return Entry(body, about, described(columns))


def _channels(facts: Drafted) -> dict[str, Entry]:
    people = facts.people
    entries: dict[str, Entry] = {}
    if people.email:
        body = {"description": "E-mail.", "phrases": ["email", "e-mail", "mail"]}
        entries["email"] = Entry(body | {"address": people.email})
    if people.phone and "sms" in facts.consent.channels:
        body = {"description": "Text message.", "phrases": ["sms", "text message"]}
        entries["sms"] = Entry(body | {"address": people.phone})
    if "push" in facts.consent.channels:
        entries["push"] = Entry(
            {"description": "Push notification.", "phrases": ["push", "push notification"]}
        )
    in_app = {"description": "Message on the site or in the app.", "phrases": ["in-app", "on-site"]}
    entries["in_app"] = Entry(in_app | {"consent_purpose": None})
    return entries


def _defaults(channels: tuple[str, ...]) -> dict[str, Entry]:
    defaults = _built_in("defaults") | {"channels": list(channels)}
    return {name: Entry(body) for name, body in defaults.items()}


@cache
def _built_in(section: str) -> dict[str, Any]:
    file = BUILT_IN / "workout_app" / f"{section}.yaml"
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content
