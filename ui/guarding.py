"""What guardrails are told of a workspace: thresholds, where channels go, syncs, age of traits."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, get_args

from control.channel_routes import routes
from core.regulations import Medium
from core.sending import ChannelFacts, Input
from deliver.destinations.mailbox import MAILBOX
from deliver.registry import Checked, Configured, checked
from deliver.wire import Capabilities
from tools.sending_facts import Surroundings
from ui import training
from warehouse.catalog import Channel

if TYPE_CHECKING:
    from ui.workspace import Workspace

_MEDIA: dict[str, Medium] = {one: one for one in get_args(Medium)}


def surroundings(workspace: Workspace) -> Surroundings:
    """What holds for every proposal in a workspace, as it stands now."""
    settings = workspace.settings

    def trait_inputs(traits: Collection[str]) -> tuple[Input, ...]:
        return _trait_inputs(workspace, traits) if traits else ()

    return Surroundings(
        reach_limit_share=settings.reach_limit_share,
        policies=settings.policies,
        channels=channel_facts(workspace),
        syncs=settings.syncs,
        trait_inputs=trait_inputs,
    )


def channel_facts(workspace: Workspace) -> dict[str, ChannelFacts]:
    """Every channel of the catalog: what laws call it, and where its messages go."""
    there, now = checked(workspace.settings), routes(workspace.store)
    return {
        name: _facts(name, channel, now.get(name, MAILBOX), there)
        for name, channel in workspace.catalog.channels.items()
    }


def _facts(name: str, channel: Channel, destination: str, there: Checked) -> ChannelFacts:
    configured = there.usable.get(destination)
    # What a channel declares is believed unless its destination is known not to do it.
    lacks: tuple[str, ...] = getattr(configured, "lacks", ())
    return ChannelFacts(
        medium=channel.medium or _MEDIA.get(name),
        adds=tuple(one for one in channel.adds if one not in lacks),
        lacks=lacks,
        destination=destination,
        outside=_is_outside(configured),
        unusable=_unusable(destination, there),
    )


def _is_outside(destination: Configured | None) -> bool:
    """Whether somebody else's machine gets the messages."""
    return isinstance(getattr(destination, "capabilities", None), Capabilities)


def _unusable(name: str, there: Checked) -> str | None:
    if name in there.usable:
        return None
    refusal = there.refused.get(name)
    return refusal.message if refusal else "It is not in pilothouse.toml any more."


def _trait_inputs(workspace: Workspace, traits: Collection[str]) -> tuple[Input, ...]:
    return tuple(
        Input(
            table=f"{one.source} (from which {one.trait} is made)",
            age_seconds=one.age_seconds,
            promised_seconds=one.slo_seconds,
        )
        for one in training.how_fresh(workspace)
        if one.trait in traits and one.source
    )
