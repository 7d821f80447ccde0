"""The events of a log: their names, and which properties each one carries."""

from __future__ import annotations

from typing import Any

from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.introspect.words import parts, spoken, with_article

SAMPLED = 50_000
FEW = 25
_TYPES = {"BIGINT": "integer", "UBIGINT": "integer", "DOUBLE": "number", "BOOLEAN": "string",
          "VARCHAR": "string"}  # fmt: skip
_IRREGULAR = {"made": "make", "sent": "send", "bought": "buy", "paid": "pay", "read": "read",
              "begun": "begin", "given": "give", "seen": "see", "won": "win", "left": "leave",
              "viewed": "view", "created": "create", "shared": "share", "saved": "save",
              "used": "use", "closed": "close", "completed": "complete", "removed": "remove",
              "subscribed": "subscribe", "invited": "invite", "changed": "change",
              "updated": "update", "purchased": "purchase", "received": "receive"}  # fmt: skip


def read_events(engine: DuckDBWarehouse, personal: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Event → its entry in the catalog, the most frequent first, from the events view.

    ``personal`` gives a data class for names of properties that are delicate.
    """
    counted = engine.fetch(
        """
        SELECT event_name, COUNT(*) AS events FROM events WHERE event_name IS NOT NULL
        GROUP BY event_name ORDER BY events DESC, event_name
        """
    ).rows
    properties = _properties(engine)
    entries = {}
    for name, events in counted:
        entry: dict[str, Any] = {"description": f"{spoken(name).capitalize()} ({events:,} so far)."}
        entry["phrases"] = phrases(name)
        found = properties.get(name, {})
        for key, column in found.items():
            if key in personal:
                column["data_class"] = personal[key]
                column.pop("values", None)
        if found:
            entry["properties"] = found
        entries[name] = entry
    return entries


def phrases(name: str) -> list[str]:
    """``Order Completed`` is also *complete an order*; ``add_to_cart`` is *add to cart*."""
    words = list(parts(name))
    said = " ".join(words)
    found = [said]
    base = _base(words[-1])
    if base and len(words) > 1:
        thing = " ".join(words[:-1])
        found = [f"{base} {with_article(thing)}", f"{base} the {thing}", said]
    elif base:
        found = [base, said]
    return list(dict.fromkeys(found))


def _base(word: str) -> str | None:
    """The infinitive of a participle; None when the word is none."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if not word.endswith("ed") or len(word) < 5:
        return None
    stem = word[:-2]
    if stem[-1] in "cgvzu" or stem.endswith(("at", "as", "us", "os", "ar", "ir", "ur")):
        return f"{stem}e"
    doubled = len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "lsz"
    return stem[:-1] if doubled else stem


def _properties(engine: DuckDBWarehouse) -> dict[str, dict[str, dict[str, Any]]]:
    """Event → property → type and, where few, the values; from the newest events."""
    found = engine.fetch(
        """
        WITH sampled AS (
            SELECT event_name, CAST(properties AS JSON) AS properties FROM events
            WHERE properties IS NOT NULL ORDER BY event_time DESC LIMIT $sampled
        ),
        keyed AS (
            SELECT event_name, properties, UNNEST(JSON_KEYS(properties)) AS key FROM sampled
        ),
        valued AS (
            SELECT
                event_name, key, JSON_TYPE(properties, '$."' || key || '"') AS kind,
                JSON_EXTRACT_STRING(properties, '$."' || key || '"') AS value
            FROM keyed
        )
        SELECT
            event_name, key, LIST(DISTINCT kind) FILTER (kind <> 'NULL') AS kinds,
            COUNT(DISTINCT value) AS distinct_values, COUNT(value) AS present,
            LIST_SORT(LIST(DISTINCT value) FILTER (LENGTH(value) <= 40))[:26] AS some
        FROM valued GROUP BY event_name, key ORDER BY event_name, key
        """,
        {"sampled": SAMPLED},
    ).rows
    result: dict[str, dict[str, dict[str, Any]]] = {}
    for event, key, kinds, distinct, present, some in found:
        column = _property(key, set(kinds or ()), distinct, present, some or [])
        if column is not None:
            result.setdefault(event, {})[key] = column
    return result


def _property(
    key: str, kinds: set[str], distinct: int, present: int, some: list[str]
) -> dict[str, Any] | None:
    """None for what rules cannot read: nested values, and keys that are no plain names."""
    if not kinds or kinds - set(_TYPES) or not key.isidentifier():
        return None
    types = {_TYPES[kind] for kind in kinds}
    one = (
        types.pop() if len(types) == 1 else "number" if types <= {"integer", "number"} else "string"
    )
    column: dict[str, Any] = {"type": one, "description": f"{spoken(key).capitalize()}."}
    column["phrases"] = [spoken(key)]
    if one == "string" and distinct <= FEW and present > 5 * distinct and len(some) == distinct:
        column["values"] = {value: [spoken(value)] for value in some}
    return column
