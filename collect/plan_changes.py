"""What a new plan changes in an old one, event by event, as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from collect.plan import PlannedEvent, TrackingPlan
from collect.plan_values import PlannedProperty

What = Literal["added", "changed", "renamed", "removed"]


class EventChange(NamedTuple):
    """An event that a plan adds, changes, renames or takes away, and how."""

    event: str
    change: What
    sentences: tuple[str, ...]

    @property
    def note(self) -> str:
        """The sentences as one."""
        return "; ".join(self.sentences)


def event_changes(before: TrackingPlan, after: TrackingPlan) -> list[EventChange]:
    """Every event that is not planned as it was, in the order of the plans."""
    found: list[EventChange] = []
    meaning = {row.sent_name: row.event_name for row in after.names()}
    for name in {**before.events, **after.events}:
        old, new = before.events.get(name), after.events.get(name)
        if old is None and new is not None:
            found.append(EventChange(name, "added", tuple(_new(new))))
        elif new is None and name in meaning:
            found.append(EventChange(name, "renamed", (f"means {meaning[name]} from now on",)))
        elif new is None:
            found.append(EventChange(name, "removed", ("is no longer planned",)))
        elif old is not None and (sentences := tuple(_differences(old, new))):
            found.append(EventChange(name, "changed", sentences))
    return found


def _new(event: PlannedEvent) -> Iterator[str]:
    yield "is planned from now on"
    for alias in event.aliases:
        yield f"is also sent as {alias}"


def _differences(old: PlannedEvent, new: PlannedEvent) -> Iterator[str]:
    for alias in {**old.aliases, **new.aliases}:
        yield from _alias(alias, old.aliases.get(alias), new.aliases.get(alias))
    for key in {**old.properties, **new.properties}:
        yield from _property(key, old.properties.get(key), new.properties.get(key))
    if old.others != new.others:
        yield f"unlisted properties: {old.others} → {new.others}"
    if old.description != new.description:
        yield "has another description"


def _alias(alias: str, old: dict[str, str] | None, new: dict[str, str] | None) -> Iterator[str]:
    if new is None:
        yield f"{alias} no longer means it"
    elif old is None:
        renames = ", ".join(f"{theirs} → {ours}" for theirs, ours in new.items())
        yield f"{alias} means it" + (f" ({renames})" if renames else "")
    elif old != new:
        yield f"{alias} has other property names"


def _property(key: str, old: PlannedProperty | None, new: PlannedProperty | None) -> Iterator[str]:
    if old is None or new is None:
        yield f"{key} is planned from now on" if old is None else f"{key} is no longer planned"
        return
    before, after = old.model_dump(mode="json"), new.model_dump(mode="json")
    for field in before:
        if before[field] != after[field]:
            yield f"{key}.{field}: {_said(before[field])} → {_said(after[field])}"


def _said(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_said(one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)
