"""What the Experiments page asks of the rest of the product.

A read-out is worked out once and kept until the data or the rules in force change.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, cast

import streamlit as st

from control import versions
from core.errors import PilothouseError, Refusal
from measure.experiments.readout import ExperimentReadout, Kind
from ui.console.desk import Desk
from ui.reading_out import Readable
from ui.workspace import Workspace

READING = "Reading it out: every user of both sides is counted…"


class Told(NamedTuple):
    """A read-out, or why there is none yet."""

    what: Readable
    readout: ExperimentReadout | None
    refusal: Refusal | None


class Readouts:
    """Everything that can be read out, in one workspace."""

    def __init__(self, office: Desk) -> None:
        self.office = office
        # The server opens no other; the desk only asks less of it.
        self.workspace = cast(Workspace, office.workspace)

    def every(self) -> tuple[Readable, ...]:
        """What can be read out, with the names of rules that are in force."""
        found = _every(self.workspace, self._state())
        names = {one.key: one.artifact.name for one in versions.all_current(self.workspace.store)}
        return tuple(one.model_copy(update={"name": names.get(one.key, one.name)}) for one in found)

    def one(self, what: Readable) -> Told:
        """The read-out of something readable."""
        try:
            return Told(what, _read(self.workspace, what.kind, what.key, self._state()), None)
        except PilothouseError as error:
            return Told(what, None, error.refusal)

    def _state(self) -> tuple[object, ...]:
        """What a read-out depends on: it changes when one of these does."""
        warehouse = self.workspace.warehouse
        live = tuple((one.key, one.version) for one in versions.all_current(self.workspace.store))
        return (str(warehouse.path), warehouse.changes, live, str(self._as_of()))

    def _as_of(self) -> datetime:
        return self.office.as_of()


@st.cache_data(show_spinner=False, max_entries=8)
def _every(_workspace: Workspace, state: tuple[object, ...]) -> tuple[Readable, ...]:
    return _workspace.readable()


@st.cache_resource(show_spinner=READING, max_entries=64)
def _read(
    _workspace: Workspace, kind: Kind, key: str, state: tuple[object, ...]
) -> ExperimentReadout:
    return _workspace.read_experiment(kind, key)
