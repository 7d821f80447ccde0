"""Single facts of an artifact in words, and read back: times, shares, offers, experiments."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from core.conditions import Condition
from core.errors import Code, PilothouseError, refuse
from core.rules import Arm, Experiment, Holdout, Offer, OutcomeSuppression
from warehouse.catalog import Catalog
from warehouse.wording import describe, duration, read_condition, read_duration


class Words(NamedTuple):
    """How one kind of value is written and read."""

    write: Callable[[Any, Catalog], str]
    read: Callable[[str, Catalog], Any]


def not_read(text: str, example: str) -> PilothouseError:
    """The refusal of words that a line cannot hold."""
    return refuse(
        Code.NOT_UNDERSTOOD,
        f"'{text[:80]}' cannot be read here.",
        span=text[:80],
        fix=f"Write it as in '{example}'.",
    )


def _matched(pattern: str, text: str, example: str) -> re.Match[str]:
    found = re.fullmatch(pattern, text)
    if found is None:
        raise not_read(text, example)
    return found


def text_words(text: str) -> str:
    """Text as it is; in quotes where it has lines, quotes or spaces around it."""
    plain = text == text.strip() and text and text[0] != '"' and len(text.splitlines()) == 1
    return text if plain else json.dumps(text, ensure_ascii=False)


def read_text(words: str) -> str:
    """The text that ``text_words`` wrote."""
    if not words.startswith('"'):
        return words
    try:
        return str(json.loads(words))
    except json.JSONDecodeError as error:
        raise not_read(words, '"first line\\nsecond line"') from error


def _condition(condition: Condition, catalog: Catalog) -> str:
    return describe(condition, catalog, exact=True)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise not_read(text, "2.5") from error
    return number


def _seconds(text: str) -> int:
    seconds = read_duration(text)
    if seconds is None:
        raise not_read(text, "7 days")
    return seconds


def _percent(share: float) -> str:
    return f"{(Decimal(str(share)) * 100).normalize():f}%"


def _share(text: str) -> float:
    try:
        return float(Decimal(text.removesuffix("%").strip()) / 100)
    except InvalidOperation as error:
        raise not_read(text, "10%") from error


def _holdout(holdout: Holdout) -> str:
    return f"{_percent(holdout.share)} (salt {text_words(holdout.salt)})"


def _read_holdout(text: str) -> Holdout:
    found = _matched(r"(\S+) \(salt (.+)\)", text, "10% (salt upgrade_nudge)")
    return Holdout(share=_share(found[1]), salt=read_text(found[2]))


def _moment(moment: datetime) -> str:
    return moment.isoformat(sep=" ")


_OFFER = (
    r"(\S+) (?:at (?P<price>\S+)|with (?P<discount>\S+) off)"
    r"(?:, list price (?P<list_price>\S+))?(?:, cost (?P<cost>\S+))?"
    r"(?:, margin at least (?P<margin_floor>\S+))?"
    r", from (?P<valid_from>.+) until (?P<valid_until>.+)"
)


def _offer(offer: Offer) -> str:
    if offer.price is not None:
        said = f"{offer.key} at {offer.price}"
    else:
        said = f"{offer.key} with {_percent(offer.discount or 0)} off"
    said += f", list price {offer.list_price}" if offer.list_price is not None else ""
    said += f", cost {offer.cost}" if offer.cost is not None else ""
    if offer.margin_floor is not None:
        said += f", margin at least {_percent(offer.margin_floor)}"
    return f"{said}, from {_moment(offer.valid_from)} until {_moment(offer.valid_until)}"


def _read_offer(text: str) -> Offer:
    found = _matched(
        _OFFER, text, "summer at 9.99, from 2026-06-01 00:00:00 until 2026-07-01 00:00:00"
    )
    said = {name: value for name, value in found.groupdict().items() if value is not None}
    for name in ("discount", "margin_floor"):
        if name in said:
            said[name] = _share(said[name])
    return Offer(key=found[1], **said)


def _experiment(experiment: Experiment) -> str:
    arms = "; ".join(_arm(arm) for arm in experiment.arms)
    return f"{experiment.key} (salt {text_words(experiment.salt)}): {arms}"


def _arm(arm: Arm) -> str:
    end = f" to {arm.high}" if arm.high else ""
    return f"{arm.key} {'treated' if arm.treated else 'control'} from {arm.low}{end}"


def _read_experiment(text: str) -> Experiment:
    example = "test (salt t): a treated from 00000000 to 80000000; b control from 80000000"
    found = _matched(r"(\S+) \(salt (.+)\): (.+)", text, example)
    arms = []
    for said in found[3].split("; "):
        arm = _matched(r"(\S+) (treated|control) from (\S+)(?: to (\S+))?", said, example)
        arms.append(Arm(key=arm[1], treated=arm[2] == "treated", low=arm[3], high=arm[4]))
    return Experiment(key=found[1], salt=read_text(found[2]), arms=tuple(arms))


def _outcome(outcome: OutcomeSuppression) -> str:
    return (
        f"{outcome.outcome} {outcome.n} times in {duration(outcome.window_seconds)}, "
        f"for {duration(outcome.pause_seconds)}"
    )


def _read_outcome(text: str) -> OutcomeSuppression:
    found = _matched(
        r"(\S+) (\d+) times in (.+), for (.+)", text, "ignored 3 times in 30 days, for 60 days"
    )
    return OutcomeSuppression(
        outcome=found[1],
        n=int(found[2]),
        window_seconds=_seconds(found[3]),
        pause_seconds=_seconds(found[4]),
    )


def _staleness(limits: dict[str, int]) -> str:
    return ", ".join(f"{table} {duration(seconds)}" for table, seconds in limits.items())


def _read_staleness(text: str) -> dict[str, int]:
    limits = {}
    for said in text.split(", "):
        table, _, words = said.partition(" ")
        limits[table] = _seconds(words)
    return limits


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(","))


def one_of(words: dict[Any, str]) -> Words:
    """A closed set of values, each with its words."""
    values = {said: value for value, said in words.items()}

    def read(text: str, _: Catalog) -> Any:
        if text not in values:
            raise not_read(text, " or ".join(values))
        return values[text]

    return Words(lambda value, _: words[value], read)


CONDITION = Words(_condition, read_condition)
TEXT = Words(lambda text, _: text_words(text), lambda text, _: read_text(text))
LIST = Words(lambda keys, _: ", ".join(keys), lambda text, _: _listed(text))
NUMBER = Words(lambda number, _: repr(number), lambda text, _: _number(text))
SECONDS = Words(lambda seconds, _: duration(seconds), lambda text, _: _seconds(text))
HOLDOUT = Words(lambda holdout, _: _holdout(holdout), lambda text, _: _read_holdout(text))
OFFER = Words(lambda offer, _: _offer(offer), lambda text, _: _read_offer(text))
EXPERIMENT = Words(lambda one, _: _experiment(one), lambda text, _: _read_experiment(text))
OUTCOME = Words(lambda outcome, _: _outcome(outcome), lambda text, _: _read_outcome(text))
STALENESS = Words(lambda limits, _: _staleness(limits), lambda text, _: _read_staleness(text))
