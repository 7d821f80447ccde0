"""The order of a policy's entries: exchanged, moved, dropped. Tiers stay with their places."""

from __future__ import annotations

import re
from typing import TypeVar

from agent.conversation.parts import content, refers
from agent.planners.grammar.meaning import Unclear, refused
from core.artifacts import Choice
from core.errors import Code
from core.rules import Concerning, DecisionPolicy, Entry
from warehouse.catalog import Catalog

One = TypeVar("One", bound=Concerning)
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "one": 1, "two": 2,
    "three": 3, "four": 4, "five": 5, "six": 6,
}  # fmt: skip


def entry_called(policy: DecisionPolicy, words: str, catalog: Catalog) -> int:
    """The place (from 0) of the entry that words name; refuses none, asks between several."""
    number = _number(words, len(policy.entries))
    if number == -1:
        return len(policy.entries) - 1
    if number is not None:
        if not 1 <= number <= len(policy.entries):
            raise _no_entry(policy, words)
        return number - 1
    found = entries_called(policy, words, catalog)
    if not found:
        raise _no_entry(policy, words)
    if len(found) > 1:
        choices = tuple(
            Choice(label=policy.entries[place].action.name, prompt=policy.entries[place].action.key)
            for place in found
        )
        named = " or ".join(f"'{one.label}'" for one in choices)
        raise Unclear(question=f"Which entry is '{words}': {named}?")
    return found[0]


def entries_called(policy: DecisionPolicy, words: str, catalog: Catalog) -> list[int]:
    """The places (from 0) of the entries whose action is called so."""
    return [
        place for place, one in enumerate(policy.entries) if refers(words, _names(one, catalog))
    ]


def swapped(policy: DecisionPolicy, one: int, other: int) -> DecisionPolicy:
    """Two entries change places."""
    entries = [*policy.entries]
    entries[one], entries[other] = entries[other], entries[one]
    return _placed(policy, entries)


def moved(policy: DecisionPolicy, what: int, to: int) -> DecisionPolicy:
    """One entry at another place (from 0, counted without it); the others keep their order."""
    entries = [*policy.entries]
    entry = entries.pop(what)
    entries.insert(to, entry)
    return _placed(policy, entries)


def dropped(policy: DecisionPolicy, what: int) -> DecisionPolicy:
    """Without one entry, and without what concerned it alone."""
    key = policy.entries[what].action.key
    entries = [one for place, one in enumerate(policy.entries) if place != what]
    if not entries:
        raise refused(
            Code.EMPTY_CONDITION, "It is the last entry: nothing would be left to decide.", key,
            "Say 'start over' to ask for something else.",
        )  # fmt: skip
    tiers = [one.tier for one in policy.entries][: len(entries)]
    return DecisionPolicy.model_validate(
        dict(policy)
        | {
            "entries": _at(entries, tiers),
            "suppressions": _others(policy.suppressions, key),
            "stop_conditions": _others(policy.stop_conditions, key),
        }
    )


def order(policy: DecisionPolicy) -> str:
    """The entries in order, as people read them."""
    return ", ".join(f"{place}. {one.action.name}" for place, one in enumerate(policy.entries, 1))


def _others(held: tuple[One, ...], key: str) -> tuple[One, ...]:
    kept = []
    for one in held:
        rest = tuple(action for action in one.actions if action != key)
        if rest or not one.actions:
            kept.append(one.model_copy(update={"actions": rest}))
    return tuple(kept)


def _placed(policy: DecisionPolicy, entries: list[Entry]) -> DecisionPolicy:
    tiers = [one.tier for one in policy.entries]
    return DecisionPolicy.model_validate(dict(policy) | {"entries": _at(entries, tiers)})


def _at(entries: list[Entry], tiers: list[int]) -> tuple[Entry, ...]:
    return tuple(
        one.model_copy(update={"tier": tier}) for one, tier in zip(entries, tiers, strict=True)
    )


def _number(words: str, many: int) -> int | None:
    text = re.sub(r"\b(?:the|number|entry|no|#)\b|#|\bone$", " ", words.lower()).strip()
    if text == "last":
        return -1
    if text.isdigit():
        return int(text)
    return _ORDINALS.get(text) or _ORDINALS.get(words.lower().strip())


def _names(entry: Entry, catalog: Catalog) -> frozenset[str]:
    action = entry.action
    phrases = (action.name, action.key, *catalog.action_phrases.get(action.key, ()))
    return frozenset(word for phrase in phrases for word in content(phrase))


def _no_entry(policy: DecisionPolicy, words: str) -> Unclear:
    return refused(
        Code.UNKNOWN_KEY, f"The order has no entry '{words}'.", words,
        f"Its entries: {order(policy)}.",
    )  # fmt: skip
