"""Pairs of a prompt and its artifact: clauses joined, denied, excluded, and put to a planner."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from core.conditions import And, Condition, Not, Or
from evals.generate.clauses import (
    BETWEEN,
    COMPARATORS,
    COMPARED,
    DENIED,
    KINDS,
    WINDOWED,
    WINDOWS,
    Clause,
    Draw,
    available,
    opposite,
)
from evals.generate.factors import Row, rows
from evals.generate.spoken import Vocabulary, vocabulary
from warehouse.catalog import Catalog
from warehouse.compile import validate

_OPENINGS = (
    "Target {people} {who}.",
    "{people} {who}",
    "Create an eligibility rule for {people} {who}.",
    "I want to reach {people} {who}.",
    "Build an audience of {people} {who}.",
    "Send the {action} to {people} {who}.",
    "The {action} should go to {people} {who}, please.",
    "Only {people} {who} should get the {action}.",
    "Who should get the {action}? Only {people} {who}.",
)
_LEFT_OUT = {
    "exclude": "{text}. Exclude {people} {said}.",
    "leave_out": "{text}. Leave out everyone {said}.",
}
_GIVING_UP = 50
"""So many prompts in a row that were made before, and a catalog has no more."""


class Pair(NamedTuple):
    """A prompt with what it means."""

    id: str
    prompt: str
    condition: Condition
    row: Row
    """The levels that it was made of."""


def generate(catalog: Catalog, as_of: datetime, n: int, seed: int) -> list[Pair]:
    """``n`` different prompts with their conditions, the same for a seed; fewer where a catalog
    has no words for more."""
    words, rng = vocabulary(catalog), random.Random(seed)
    levels = _levels(words)
    if not levels["kind"]:
        return []
    made: dict[str, Pair] = {}
    repeated = 0
    for row in rows(levels, _normal, rng):
        if len(made) >= n or repeated > _GIVING_UP:
            break
        prompt, condition = _composed(row, words, as_of, rng)
        fresh = prompt not in made and _possible(condition, catalog)
        repeated = 0 if fresh else repeated + 1
        if fresh:
            made[prompt] = Pair(f"p{len(made) + 1:04}", prompt, condition, row)
    return [*made.values()]


def _possible(condition: Condition, catalog: Catalog) -> bool:
    """Whether anybody could meet it: chance also makes contradictions."""
    return not validate(condition, catalog)


def _levels(words: Vocabulary) -> dict[str, tuple[str, ...]]:
    kinds = available(words)
    return {
        "kind": kinds,
        "other": kinds,
        "window": WINDOWS,
        "comparator": (*COMPARATORS, BETWEEN),
        "negation": ("none", "denied", *_LEFT_OUT),
        "connective": ("alone", "and", "or", "unless", "nor", "three"),
        "opening": tuple(_OPENINGS if words.actions else _OPENINGS[:5]),
        "wording": ("plain", "other"),
    }


def _normal(row: Row) -> Row:
    """'-' where a level changes nothing: the window of a trait, the other clause of one alone."""
    row = dict(row)
    kinds = {row["kind"], row["other"]} if row["connective"] != "alone" else {row["kind"]}
    if row["connective"] == "nor":
        # Both are denied already, and only what can be denied plainly can be joined so.
        row |= {"kind": "event", "other": "event", "negation": "none"}
        kinds = {"event"}
    if row["connective"] == "alone":
        row["other"] = "-"
    if not kinds & WINDOWED:
        row["window"] = "-"
    if not kinds & COMPARED:
        row["comparator"] = "-"
    elif row["comparator"] == BETWEEN and "event_count" not in kinds:
        row["comparator"] = "at_least"
    if row["negation"] == "denied" and row["kind"] not in DENIED:
        row["negation"] = "none"
    return row


def _composed(
    row: Row, words: Vocabulary, as_of: datetime, rng: random.Random
) -> tuple[str, Condition]:
    draw = Draw(words, as_of, rng, row["window"], row["comparator"], row["wording"])
    first = KINDS[row["kind"]](draw)
    if row["negation"] == "denied":
        first = opposite(first)
    joined = _JOINED[row["connective"]](row, first, draw)
    opening = row["opening"]
    text = opening.format(
        people=words.people,
        who=joined.said,
        action=rng.choice(words.actions).words if words.actions else "",
    )
    if row["negation"] in _LEFT_OUT:
        left_out = _any_of(tuple(one for one in available(words) if one in DENIED), draw)
        text = _LEFT_OUT[row["negation"]].format(
            text=text.rstrip("."), people=words.people, said=left_out.said
        )
        return _sentence(text), And(of=(joined.meaning, Not(of=left_out.meaning)))
    return _sentence(text), joined.meaning


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _any_of(kinds: tuple[str, ...], draw: Draw) -> Clause:
    """A clause that the row has no levels for: of any of the kinds, without a window."""
    comparator = "at_least" if draw.comparator == "-" else draw.comparator
    plain = replace(draw, window="always", comparator=comparator)
    return KINDS[draw.rng.choice(kinds)](plain)


def _other(row: Row, draw: Draw) -> Clause:
    return KINDS[row["other"]](draw)


def _alone(_row: Row, first: Clause, _draw: Draw) -> Clause:
    return first


def _and(row: Row, first: Clause, draw: Draw) -> Clause:
    parts = _in_order(first, _other(row, draw))
    return Clause(And(of=tuple(one.meaning for one in parts)), _listed(parts, "and"), None)


def _or(row: Row, first: Clause, draw: Draw) -> Clause:
    parts = _in_order(first, _other(row, draw))
    return Clause(Or(of=tuple(one.meaning for one in parts)), _listed(parts, "or"), None)


def _unless(row: Row, first: Clause, draw: Draw) -> Clause:
    """'… but not those who …': its second part is left out."""
    other = _other(row, draw)
    words = f"{first.said}, but not those {other.said}"
    return Clause(And(of=(first.meaning, Not(of=other.meaning))), words, None)


def _nor(row: Row, first: Clause, draw: Draw) -> Clause:
    other = _other(row, draw)
    said = (one.said.removeprefix("who ") for one in _in_order(first, other))
    words = "who neither " + " nor ".join(said)
    return Clause(And(of=(Not(of=first.meaning), Not(of=other.meaning))), words, None)


def _three(row: Row, first: Clause, draw: Draw) -> Clause:
    third = _any_of(available(draw.words), draw)
    parts = _in_order(first, _other(row, draw), third)
    return Clause(And(of=tuple(one.meaning for one in parts)), _listed(parts, "and"), None)


_JOINED: dict[str, Callable[[Row, Clause, Draw], Clause]] = {
    "alone": _alone,
    "and": _and,
    "or": _or,
    "unless": _unless,
    "nor": _nor,
    "three": _three,
}


def _in_order(*parts: Clause) -> list[Clause]:
    """Those with a window first: at the end it might be read as everybody's."""
    return sorted(parts, key=lambda one: not one.windowed)


def _listed(parts: list[Clause], word: str) -> str:
    said = [one.said for one in parts]
    return f"{', '.join(said[:-1])} {word} {said[-1]}"
