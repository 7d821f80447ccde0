"""A decision as it is kept: plain values, and the rules it was made by, as lines of a journal."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from core.conditions import Condition
from core.evaluate import Truths
from core.lookups import Literals
from core.program import program
from orchestrate.engine.candidates import Candidate, Rules, candidates_of
from orchestrate.engine.rules_text import rules_document, rules_of
from orchestrate.engine.zones import zones_of
from orchestrate.live.history import History

_CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)


class Edition(NamedTuple):
    """What a decision was made by."""

    number: str
    rules: Rules
    stale: frozenset[str]
    """Policies whose data was too old."""
    conditions: Mapping[str, Condition]
    """Everything that is asked, with audiences spelled out."""
    candidates: tuple[Candidate, ...]
    truths: Truths


class Decision(NamedTuple):
    """What became of one candidate that is eligible and applies."""

    number: int
    reason: int
    place: int
    ghost: bool
    ready: int


class Entry(NamedTuple):
    """The decision on one user at a moment, with all that it was made from."""

    edition: str
    cycle_id: str
    trace_id: str
    user: str
    now: int
    literals: Literals
    zone: str
    held_out: bool
    held_by: Mapping[int, str]
    """Candidate → the bucket that counts for its holdout, where it is a merged id's."""
    tried_by: Mapping[int, str]
    """The same for its experiment."""
    scores: Mapping[str, float]
    consent: Mapping[tuple[str, str], int]
    address: Mapping[str, bool]
    history: History
    decisions: tuple[Decision, ...]


def edition(
    number: str,
    rules: Rules,
    conditions: Mapping[str, Condition],
    stale: Collection[str] = (),
    truths: Truths | None = None,
) -> Edition:
    """The edition of these rules; conditions are spelled out already."""
    told = Truths(program(conditions)) if truths is None else truths
    return Edition(number, rules, frozenset(stale), conditions, candidates_of(rules, stale), told)


def edition_line(of: Edition) -> bytes:
    """An edition as a line."""
    document = rules_document(of.rules, zones_of(of.rules, ()), of.stale)
    asked = {name: one.model_dump(mode="json") for name, one in of.conditions.items()}
    return json.dumps({"edition": of.number, "rules": document, "asked": asked}).encode()


def entry_line(entry: Entry) -> bytes:
    """An entry as a line."""
    told = entry._asdict() | {
        "literals": f"{entry.literals:x}",
        "scores": {**entry.scores},
        "consent": [(*pair, code) for pair, code in entry.consent.items()],
        "history": [sorted(one) if isinstance(one, frozenset) else one for one in entry.history],
    }
    return json.dumps({"entry": told}).encode()


def read_edition(line: dict[str, Any]) -> Edition:
    """The edition of a line."""
    rules, stale, _ = rules_of(line["rules"])
    asked = {name: _CONDITION.validate_python(one) for name, one in line["asked"].items()}
    return edition(line["edition"], rules, asked, stale)


def read_entry(line: dict[str, Any]) -> Entry:
    """The entry of a line."""
    told = line["entry"]
    past = dict(zip(History._fields, told["history"], strict=True))
    sets = {name: frozenset(past[name]) for name in ("resting", "valid")}
    paused = frozenset((number, place) for number, place in past["paused"])
    counts = {name: tuple(past[name]) for name in ("counts", "shadow")}
    buckets = {
        name: {int(number): one for number, one in told[name].items()}
        for name in ("held_by", "tried_by")
    }
    read = buckets | {
        "literals": int(told["literals"], 16),
        "consent": {(purpose, channel): code for purpose, channel, code in told["consent"]},
        "history": History(**past | sets | counts | {"paused": paused}),
        "decisions": tuple(Decision(*one) for one in told["decisions"]),
    }
    return Entry(**told | read)
