"""A message's way to one user as rows that people read: each gate, each clause, what was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from core.waterfall import Passed, waterfall
from ui.console.view.state import Badge
from ui.console.view.text import listing, plain

TITLES: dict[str, str] = {
    "population": "Among the people of the rule",
    "data": "Data fresh enough",
    "live": "Live, and no kill switch",
    "global_holdout": "Not in the global holdout",
    "consent": "Consent",
    "eligibility": "Eligible",
    "applicability": "Applies now",
    "suppression": "Nothing holds it back",
    "address": "An address to send to",
    "winner": "Wins over other messages",
    "holdout": "Not held out for measuring",
    "cap": "Room under caps and gap",
    "quiet_hours": "Quiet hours leave time",
    "sent": "Handed over for sending",
}
EMPTY: dict[str, str] = {
    "population": "Everyone",
    "eligibility": "Everyone in the rule",
    "consent": "Needs none",
}
"""What a gate asks that has no clauses; of the others it goes without saying."""
PASSED = Badge("Passed", "green", "check")
STOPPED = Badge("Stopped here", "red", "block")
HELD_OUT = Badge("Held out", "blue", "science")
WOULD_PASS = Badge("Would pass", "gray", "visibility_off")
UNASKED = Badge("Not asked", "gray", "more_horiz")
MET = Badge("Met", "green", "check")
NOT_MET = Badge("Not met", "red", "close")
UNKNOWN = Badge("Unknown", "orange", "question_mark")
HOLDS_BACK = Badge("Holds it back", "red", "front_hand")
CLEAR = Badge("Clear", "green", "check")
CHOSEN = Badge("Would be sent", "green", "send")
NOTHING_KNOWN = "nothing is known"
_HOLDOUTS = frozenset({"global_holdout", "holdout"})
_LISTED = 4


class Row(NamedTuple):
    """One line of a waterfall, as Markdown."""

    check: str
    result: str
    read: str


def rows(candidate: Mapping[str, Any]) -> Iterator[Row]:
    """A candidate of ``explain`` as lines, in the order in which the engine asks.

    Without ``clauses`` (None) nobody knows what was asked, so that no gate says it asked nothing.
    """
    code, ghost = candidate["reason_code"], candidate.get("ghost", False)
    known = candidate["clauses"]
    for one in waterfall(code, ghost=ghost):
        clauses = [each for each in known or () if each["part"] == one.gate]
        stopped = one.standing == "stopped"
        asks_nothing = known is not None and not clauses
        said = EMPTY.get(one.gate, "") if asks_nothing else ""
        said = candidate["sentence"] if stopped else said
        if not clauses and not stopped and one.gate == "applicability":
            # Most messages apply always: a line that says so each time is one too many.
            continue
        yield Row(f"**{TITLES[one.gate]}**", _badge(one).markdown, plain(said))
        yield from (_clause(each) for each in clauses)


def verdict(candidate: Mapping[str, Any]) -> Badge:
    """What becomes of a message, in two words."""
    if candidate["stage"] == "won":
        return CHOSEN
    if candidate["stage"] in ("global holdout", "experiment"):
        return HELD_OUT
    if candidate["stage"] == "arbitration":
        return Badge("Another one won", "orange", "low_priority")
    if candidate["stage"] in ("population", "eligibility"):
        return Badge("Not for them", "gray", "person_off")
    return Badge("Stopped", "orange", "block")


def changes(candidate: Mapping[str, Any]) -> tuple[str, ...]:
    """The smallest change that turns it round, a phrase a step; empty where none is known."""
    flip = candidate.get("flip")
    return tuple(flip["changes"]) if flip else ()


def becomes(candidate: Mapping[str, Any]) -> str:
    """What a message would come to with the change, as the beginning of a sentence."""
    flip = candidate["flip"]
    if flip["would_become"] == "SELECTED":
        return "It would be sent if"
    if candidate["stage"] == "won":
        return "It would not be sent if"
    return "It would get further, and still not be sent, if"


def summary(told: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What somebody gets of all rules in force, in one sentence of Markdown."""
    winners = [
        names.get(one["action"], one["action"])
        for decision in told["decisions"]
        for one in decision["candidates"]
        if one["stage"] == "won"
    ]
    if not told["decisions"]:
        return "No rule is live, so nothing is decided for anybody."
    if not winners:
        return "**Gets nothing** by the rules in force."
    some = winners[:_LISTED]
    more = [f"{len(winners) - _LISTED} more"] if len(winners) > _LISTED else []
    return f"**Gets {listing([*map(plain, some), *more])}** by the rules in force."


def _badge(one: Passed) -> Badge:
    if one.standing == "stopped":
        return HELD_OUT if one.gate in _HOLDOUTS else STOPPED
    return {"passed": PASSED, "ghost": WOULD_PASS}.get(one.standing, UNASKED)


def _clause(clause: Mapping[str, Any]) -> Row:
    return Row(f"↳ {plain(clause['clause'])}", _holds(clause).markdown, _read(clause["reads"]))


def _holds(clause: Mapping[str, Any]) -> Badge:
    holds, wanted = clause["holds"], clause["wanted"]
    if holds is None:
        return UNKNOWN
    if wanted:
        return MET if holds else NOT_MET
    return HOLDS_BACK if holds else CLEAR


def _read(reads: Sequence[Mapping[str, Any]]) -> str:
    if len(reads) == 1:
        return plain(_value(reads[0]))
    return "; ".join(plain(f"{one['what']}: {_value(one)}") for one in reads)


def _value(read: Mapping[str, Any]) -> str:
    return NOTHING_KNOWN if read["value"] is None else str(read["value"])
