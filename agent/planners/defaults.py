"""What a planner fills in where the prompt names nothing, each with the sentence that says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from core.conditions import Condition, EventCount, leaves
from core.rules import DAY, Action, ContactPolicy, Holdout
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
    if share is None:
        share = catalog.defaults.holdout_share
        said = f"{share:.0%} are held out to measure lift: the default, no holdout was named."
    else:
        said = f"{share:.0%} are held out to measure lift, as asked."
    return Holdout(share=share, salt=salt), said


def about_actions(actions: Iterable[Action], catalog: Catalog) -> Iterator[str]:
    """Expiry and contact policy: what every action of a rule gets by default."""
    sent = tuple(actions)
    for action in sent:
        if action.expires_after_seconds == catalog.defaults.expires_after_seconds:
            days = action.expires_after_seconds / DAY
            yield f"'{action.name}' expires {days:g} days after it is decided: the default."
    if any(action.message_class == "marketing" for action in sent):
        yield _about_contact(catalog.defaults.contact_policy)


def about_conditions(conditions: Iterable[Condition]) -> Iterator[str]:
    """One sentence an event that is counted without a window."""
    for condition in conditions:
        for leaf in leaves(condition):
            if isinstance(leaf, EventCount) and leaf.window is None:
                yield f"{leaf.event} is counted over all time: no window was given."


def _about_contact(policy: ContactPolicy) -> str:
    caps = [f"at most {cap.n} in {cap.window_seconds / DAY:g} days" for cap in policy.caps]
    quiet = policy.quiet_hours
    if quiet:
        caps.append(f"none between {quiet.start} and {quiet.end} where the user is")
    return f"The default contact policy holds: {', '.join(caps) or 'no caps'}."
