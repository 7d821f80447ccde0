"""What a turn changed, told before the answer; every number is one that was counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agent.conversation.turn import Turn
from core.artifacts import Preview, WaterfallStep


def told_first(state: Mapping[str, Any]) -> list[str]:
    """The lines above an answer: what was changed, what would be, what removes most."""
    turn = Turn.model_validate(state["turn"]) if state.get("turn") else Turn(kind="new")
    preview = (state.get("simulated") or {}).get("preview")
    now = Preview.model_validate(preview) if preview else None
    lines = [*_lines(turn, now, state.get("compared") or {})]
    return [*lines, ""] if lines else []


def derived(state: Mapping[str, Any]) -> list[int]:
    """The differences that are told: each of two counts of one result."""
    preview = (state.get("simulated") or {}).get("preview")
    return [less for less, _ in _steps(Preview.model_validate(preview))] if preview else []


def _lines(turn: Turn, now: Preview | None, compared: Mapping[str, Any]) -> Iterator[str]:
    said = "; ".join(turn.changes)
    match turn.kind:
        case "new" if turn.set_aside:
            yield f"This is something new: '{turn.set_aside}' is set aside; 'undo' brings it back."
        case "edit" if said:
            yield f"**Changed:** {said}{_audience(compared, now)}."
        case "undo":
            yield f"**Undone:** the draft is as it was before{_audience(compared, now)}."
        case "what_if":
            yield from _supposed(said, now, compared)
        case "why_few" if now is not None:
            yield from _removed(now)


def _audience(before: Mapping[str, Any], now: Preview | None) -> str:
    if now is None or "audience" not in before:
        return ""
    selected = [
        f"{one.entry.replace('_', ' ')} {before['selected'][one.entry]:,} → {one.selected:,}"
        for one in now.winners
        if one.selected != before["selected"].get(one.entry, one.selected)
    ]
    gets = f"; would get it: {', '.join(selected)}" if selected else ""
    return f"; audience {before['audience']:,} → {now.audience_size:,}{gets}"


def _supposed(said: str, now: Preview | None, other: Mapping[str, Any]) -> Iterator[str]:
    if "refused" in other or now is None:
        yield f"**If so** ({said}): this cannot be counted. {other.get('refused', '')}".rstrip()
        return
    yield (
        f"**If so** ({said}): audience {now.audience_size:,} → {other['audience']:,}, of whom "
        f"{now.reachable_size:,} → {other['reachable']:,} can be reached. The draft is unchanged:"
    )


def _steps(preview: Preview) -> list[tuple[int, WaterfallStep]]:
    before = [preview.population_size, *(step.remaining for step in preview.waterfall)]
    return [(before[k] - step.remaining, step) for k, step in enumerate(preview.waterfall)]


def _removed(preview: Preview) -> Iterator[str]:
    """Which condition takes most away, as they stand after one another."""
    steps = _steps(preview)
    if not steps:
        yield "**What each entry leaves is in the order below:** who is eligible, and who gets it."
        return
    gone, most = max(steps, key=lambda one: one[0])
    yield (
        f"**'{most.clause}' removes most:** {gone:,} users; after it {most.remaining:,} remain. "
        "Each condition is counted after those before it:"
    )
    for less, step in steps:
        yield f"- {step.clause}: {less:,} fewer"
