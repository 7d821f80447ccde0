"""A debug report in the words, figures and rows that its page shows. Pure.

Newer reports carry a headline, evidence for and against, contributions and reasons for trust; for
older ones the same is read from funnels and changes, or said to be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from core.artifacts import Cause, DebugReport, Period
from ui.console.view.comparison import baseline, current, step_labels
from ui.console.view.forest import BETWEEN
from ui.console.view.measures import moved, own_segment, sides, whole_change
from ui.console.view.state import Badge
from ui.console.view.text import day, listing, number, percent, phrase, points

MOVED: dict[str, Badge] = {
    "drop": Badge("Real drop", "red", "trending_down"),
    "rise": Badge("Real rise", "green", "trending_up"),
    "none": Badge("No real change", "gray", "trending_flat"),
    "unknown": Badge("Too little to say", "orange", "help"),
}
SURE: dict[str, Badge] = {
    "high": Badge("Strong evidence", "green", "verified"),
    "medium": Badge("Moderate evidence", "orange", "contrast"),
    "low": Badge("Weak evidence", "gray", "question_mark"),
}
TRUST: dict[str, str] = {
    "good": ":green[:material/check_circle:]",
    "fair": ":orange[:material/error:]",
    "poor": ":red[:material/cancel:]",
}
NOT_KEPT = "This answer is from before that was kept. Ask the question again to see it."
LEAST_SHARE = 0.005
"""What rounds to nothing is not told as unexplained."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z„“\"])")


class Reason(NamedTuple):
    """A cause as its card tells it."""

    cause: Cause
    title: str
    more: str
    share: str
    between: str
    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...]


def facts(report: DebugReport) -> tuple[Badge, ...]:
    """What was found, how sure it is, and what was compared."""
    now, before = current(report), baseline(report)
    against = f" against {span(before)}" if before else ""
    shown = [MOVED[moved(report)]]
    if report.causes:
        shown.append(SURE[report.causes[0].confidence])
    return (*shown, Badge(f"{span(now)}{against}", "gray", "date_range"))


def span(period: Period) -> str:
    """22 Jun to 28 Jun: the end of a period is no part of it."""
    last = datetime.fromisoformat(period.end)
    if last.hour == last.minute == last.second == 0:
        last = datetime.fromordinal(max(1, last.toordinal() - 1))
    return f"{day(period.start)} to {day(last.isoformat())}"


def headline(report: DebugReport) -> str:
    """The verdict in one sentence of numbers."""
    metric = phrase(report.metric)
    who = own_segment(report)
    found = sides(report)
    if found is None:
        return f"There is too little data to say whether {metric} of {who} changed."
    expected, now = found
    change = f"from {percent(expected)} expected to {percent(now)}"
    match moved(report):
        case "drop":
            return f"{metric.capitalize()} of {who} fell {change}."
        case "rise":
            return f"{metric.capitalize()} of {who} rose {change}."
        case "unknown":
            return (
                f"{metric.capitalize()} of {who} is {percent(now)}; whether that is a change "
                "cannot be said."
            )
    return (
        f"{metric.capitalize()} of {who} is {percent(now)} where {percent(expected)} was "
        "expected: no more than chance."
    )


def is_real(report: DebugReport) -> str:
    """How one can tell that it is, or is not, more than noise."""
    whole, found = whole_change(report), report.headline
    said = []
    if whole:
        ends = f"{points(whole.ci_low)} and {points(whole.ci_high)}"
        change = f"The change is {points(whole.change)}"
        said.append(f"{change}, and lies between {ends} with 95% confidence.")
    if found:
        odds = "less than 1 time in 10,000" if found.p < 1e-4 else f"{percent(found.p)} of the time"
        said.append(f"Chance alone would give as much {odds}.")
        hidden = percent(abs(found.smallest_visible), 0)
        said.append(f"What is smaller than {hidden} of the rate could hide in the noise.")
    if report.tests_run:
        said.append(f"{number(report.tests_run)} explanations were tested.")
    return " ".join(said)


WHERE: dict[str, str] = {
    "segment": "Only in {own}: {other} did not move like that.",
    "both": "In {own} and in {other} alike.",
    "unclear": "In {own}; whether {other} moved as well cannot be told apart.",
    "nowhere": "Nowhere: {own} and {other} are where they were expected.",
}


def where(report: DebugReport) -> str:
    """In which of the compared segments it happened."""
    if report.headline is None or len(report.segments) < 2:
        return ""
    own, other = report.segments[0], listing(report.segments[1:])
    return WHERE[report.headline.where].format(own=own, other=other)


def unfinished(report: DebugReport) -> str:
    """What a plain comparison would make of a period that is not over."""
    found = report.headline
    if found is None or found.naive is None or found.aligned is None or not found.incomplete:
        return ""
    if abs(found.incomplete) < LEAST_SHARE:
        return ""
    naive, aligned = signed(found.naive), signed(found.aligned)
    return (
        f"Set plainly beside the period before it is {naive}; beside what was known of that "
        f"period at the same moment, {aligned}. The rest is only that this period is not over."
    )


def signed(change: float) -> str:
    """-0.665 is −66%."""
    return f"{100 * change:+.0f}%".replace("-", "−")


def fallen(report: DebugReport, segment: str) -> frozenset[str]:
    """The labels of the steps of a segment that fell beyond chance."""
    labels = step_labels(delta.step for delta in report.deltas)
    return frozenset(
        labels[delta.step]
        for delta in report.deltas
        if delta.segment == segment and delta.significant and delta.change < 0
    )


def apart(report: DebugReport) -> tuple[str, ...]:
    """Steps at which the segment moved otherwise than what it is compared with, in words."""
    labels = step_labels(delta.step for delta in report.deltas)
    return tuple(
        f"{labels[delta.step]}: {first} moved {points(delta.change)} against {second} "
        f"({points(delta.ci_low)} to {points(delta.ci_high)})."
        for delta in report.deltas
        if delta.significant and BETWEEN in delta.segment
        for first, _, second in [delta.segment.partition(BETWEEN)]
    )


def verdict_parts(verdict: str) -> list[str]:
    """The engine's verdict, sentence by sentence."""
    return [one.strip() for one in _SENTENCE.split(verdict) if one.strip()]


def reasons(report: DebugReport) -> tuple[Reason, ...]:
    """Every cause, the likeliest first."""
    return tuple(_reason(report, cause) for cause in report.causes)


def _reason(report: DebugReport, cause: Cause) -> Reason:
    title, _, more = cause.cause.partition(": ")
    more = f"{more[:1].upper()}{more[1:]}"
    told = [(one.speaks, one.sentence) for one in cause.told]
    for_it = tuple(sentence for speaks, sentence in told if speaks == "for")
    against = tuple(sentence for speaks, sentence in told if speaks == "against")
    if not told:
        for_it, more = ((more,) if more else ()), ""
        against = (f"Not kept. {NOT_KEPT}",)
    elif not against:
        against = ("Nothing was found that speaks against it.",)
    return Reason(
        cause,
        title.rstrip("."),
        more,
        percent(cause.explained, 0),
        between(report, cause),
        for_it,
        against,
    )


def between(report: DebugReport, cause: Cause) -> str:
    """60% to 95%: the share of the change that it explains, as an interval."""
    change = report.headline.change if report.headline else 0.0
    if cause.low is None or cause.high is None or not change:
        return ""
    low, high = sorted((cause.low / change, cause.high / change))
    return f"{percent(max(0.0, low), 0)} to {percent(min(1.0, max(0.0, high)), 0)}"


def left_over(report: DebugReport) -> str:
    """What the causes leave unexplained, as a sentence."""
    if report.headline and report.headline.change:
        share = report.unexplained / report.headline.change
        if abs(share) < LEAST_SHARE:
            return "The causes explain the whole change."
        if share < 0:
            return (
                "The causes together explain more than the change, by "
                f"{points(-report.unexplained)}: something else worked against them."
            )
        return (
            f"{percent(share, 0)} of the change ({points(report.unexplained)}) is left that none "
            "of them explains."
        )
    if not report.causes:
        return ""
    rest = max(0.0, 1.0 - sum(cause.explained for cause in report.causes))
    if rest < LEAST_SHARE:
        return "The causes explain the whole change."
    return f"About {percent(rest, 0)} of the change is left that none of them explains."


def trust_lines(report: DebugReport) -> Iterator[tuple[str, str]]:
    """Level and sentence of what makes the data good or bad to go by."""
    if report.trust:
        yield from ((one.level, one.sentence) for one in report.trust)
    else:
        yield from (("fair", sentence) for sentence in report.data_quality)


def ruled_out(report: DebugReport) -> tuple[str, ...]:
    """What was tested and does not hold."""
    return tuple(one.sentence for one in report.rejected) or report.ruled_out


def worst_step(report: DebugReport) -> tuple[str, str] | None:
    """The step that lost the most, as the event that leads to it and the one after it."""
    own = own_segment(report)
    steps = [
        delta
        for delta in report.deltas
        if delta.segment == own and delta.significant and delta.change < 0
    ]
    steps = steps[:-1] if steps and steps[-1] is whole_change(report) else steps
    if report.steps:
        worst = min(report.steps, key=lambda step: step.contribution)
        name: str | None = worst.step if worst.contribution < 0 else None
    else:
        name = min(steps, key=lambda delta: delta.change).step if steps else None
    if name is None or "→" not in name:
        return None
    first, _, then = (part.strip() for part in name.partition("→"))
    return first, then


def rule_prompt(report: DebugReport) -> str | None:
    """What to ask for about the people that were lost; None where nobody was lost at a step."""
    lost = worst_step(report)
    if lost is None or moved(report) != "drop":
        return None
    now = current(report)
    days = max(1, (_moment(now.end) - _moment(now.start)).days)
    who = f"{report.segments[0]} users" if report.segments else "users"
    return (
        f"Target {who} with {lost[0]} in the last {days} days and no {lost[1]} in the last "
        f"{days} days"
    )


def segments_words(segments: Sequence[str]) -> str:
    """iOS against Android."""
    return listing(segments, last="against") if segments else "all users"


def _moment(iso: str) -> datetime:
    return datetime.fromisoformat(iso)
