"""What a planner fills in where the prompt names nothing, each with the sentence that says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from core.conditions import Condition, EventCount, leaves
from core.rules import Action, Holdout
from warehouse.catalog import Catalog


def slug(words: str) -> str:
    """A key from words: ``Upgrade nudge`` is ``upgrade_nudge``."""
    key = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    return (key if key[:1].isalpha() else f"rule_{key}")[:64].rstrip("_")


def new_action(name: str, catalog: Catalog) -> Action:
    """A message that the catalog does not list, with the workspace's defaults."""
    return Action(
        key=slug(name),
        name=name,
        message_class=catalog.defaults.message_class,
        channels=catalog.defaults.channels,
        expires_after_seconds=catalog.defaults.expires_after_seconds,
    )


def holdout_of(share: float | None, salt: str, catalog: Catalog) -> tuple[Holdout | None, str]:
    """The holdout that the prompt names, else the default; and the sentence about it."""
    if share == 0:
        return None, "Nobody is held out, as asked: lift cannot be measured."
    why = "no holdout was named" if share is None else "as asked"
    share = catalog.defaults.holdout_share if share is None else share
    return Holdout(
        share=share, salt=salt
    ), f"{share * 100:g} % are held out to measure lift: {why}."


def about_channels(action: Action) -> str:
    """The sentence for an action whose channels nobody named."""
    return f"'{action.name}' goes out by {', then '.join(action.channels)}: no channel was named."


def about_conditions(conditions: Iterable[Condition]) -> Iterator[str]:
    """One sentence an event that is counted without a window."""
    for condition in conditions:
        for leaf in leaves(condition):
            if isinstance(leaf, EventCount) and leaf.window is None:
                yield f"{leaf.event} is counted over all time: no window was given."
