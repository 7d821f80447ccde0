"""Where the messages of a workspace go: its destinations, and which serves which channel."""

from __future__ import annotations

from pathlib import Path

from control.store import Store
from core.settings import Settings
from deliver.delivery import Outward
from deliver.destinations.mailbox import MAILBOX
from deliver.messages import Destination
from deliver.registry import checked
from deliver.wire import Provider
from ui import slo
from ui.workspace_clock import wall_time


def outward(settings: Settings, store: Store, mailbox_folder: Path) -> Outward:
    """What is configured and can be used. What cannot is not there: its messages wait."""
    usable: dict[str, Destination | Provider] = {
        name: one if isinstance(one, Provider) else one.opened(store, settings.workspace)
        for name, one in checked(settings).usable.items()
        if name != MAILBOX
    }
    return Outward(
        mailbox_folder,
        usable,
        least_success=slo.least_success(settings),
        wall=wall_time,
    )
