"""What the Data health page asks of the rest of the product.

Data changes all the time while a server loads it: what was read is kept for half a minute, and
read anew when somebody asks.
"""

from __future__ import annotations

from typing import cast

import streamlit as st

from control import radar as proposals
from control.people import Person
from control.radar import Proposed
from ui import radar
from ui.console.desk import Desk
from ui.health import Health, health
from ui.radar import Seen
from ui.workspace import Workspace

KEPT_SECONDS = 30.0
READING = "Reading how the data is…"
LOOKING = "Looking for events under other names: this reads the events of the last weeks…"
LOOKED = "radar_looked"
"""Whether whoever looks had the radar look, so that what it found stays on the page."""


class Vitals:
    """How the data is, as one person sees it."""

    def __init__(self, office: Desk, viewer: Person) -> None:
        self.office, self.viewer = office, viewer
        # The server opens no other; the desk only asks less of it.
        self.workspace = cast(Workspace, office.workspace)

    def health(self) -> Health:
        """As it was within the last half minute; refuses where there is no warehouse."""
        self.workspace.runner()
        return _health(self.workspace, str(self.workspace.warehouse.path))

    def look_again(self) -> None:
        """Read it anew with the next draw."""
        _health.clear()
        _found.clear()

    def proposed(self) -> list[Proposed]:
        """What the radar proposed before, newest first."""
        found = proposals.latest(self.workspace.store).values()
        return sorted(found, key=lambda one: one.proposed_at, reverse=True)

    def renamed(self) -> list[Seen]:
        """Events that seem to be planned ones under other names; reads many events."""
        return _found(self.workspace, str(self.workspace.warehouse.path))

    @property
    def sees_everybody(self) -> bool:
        """Whether identifiers of any user may be shown."""
        return self.office.sees_everybody(self.viewer)


@st.cache_data(show_spinner=READING, max_entries=4, ttl=KEPT_SECONDS)
def _health(_workspace: Workspace, path: str) -> Health:
    return health(_workspace)


@st.cache_data(show_spinner=LOOKING, max_entries=4, ttl=600)
def _found(_workspace: Workspace, path: str) -> list[Seen]:
    return radar.look(_workspace)
