"""What the Rules page asks of the warehouse about one rule, kept until the data or the rules in
force change."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple, cast

import streamlit as st

from control import version_list, versions
from control.versions import Version
from core.artifacts import Overlap
from core.errors import Code, refuse
from core.proposal import actions_of
from measure.reach import Reach, reach
from orchestrate.effect_diff import EffectDiff, effect_diff
from orchestrate.rehearsal.outcome import OverlapMatrix
from orchestrate.simulation import simulate
from ui import lineage
from ui.console.desk import Desk
from ui.lineage import Lineage
from ui.simulating import dry_run
from ui.workspace import Workspace

DAYS = 60
"""So far back reach is told, counted from the end of the data."""
MOST_SHARED = 300
"""So many rules are held beside each other: every pair of them is counted."""
COUNTING = "Counting who is in several rules; nothing is sent."


class Shared(NamedTuple):
    """Who is in this rule and in others, too."""

    as_of: str
    matrix: OverlapMatrix | None
    """Of all that is sent; None for a rule that sends nothing."""
    others: tuple[Overlap, ...]
    """For a rule that sends nothing: how many of its people each other rule means."""


class RuleFacts:
    """The facts of one rule."""

    def __init__(self, office: Desk, version: Version) -> None:
        self.version = version
        # The server opens no other; the desk only asks less of it.
        self.workspace = cast(Workspace, office.workspace)

    def reach(self) -> Reach:
        """Day by day from the decisions that are kept; refuses when there is no warehouse."""
        self.workspace.runner()
        return _reach(self.workspace, self.version.key, self._data())

    def lineage(self) -> Lineage:
        """From columns to channels; refuses when there is no warehouse."""
        self.workspace.runner()
        return _lineage(self.workspace, self.version, self._known())

    def shared(self) -> Shared:
        """Who is in other rules in force, too: reads everybody."""
        self.workspace.runner()
        return _shared(self.workspace, self.version, self._known())

    def compared(self, before: Version, after: Version) -> EffectDiff:
        """Who gets something else under another version, by conditions alone."""
        self.workspace.runner()
        both = (before.version, after.version)
        return _compared(self.workspace, before, after, (*self._known(), *both))

    def _data(self) -> tuple[str, int]:
        warehouse = self.workspace.warehouse
        return str(warehouse.path), warehouse.changes

    def _known(self) -> tuple[object, ...]:
        """What an answer that reads other rules, too, depends on."""
        version, stamp = self.version, version_list.stamp(self.workspace.store)
        return (*self._data(), version.key, version.version, version.state, stamp)


@st.cache_data(show_spinner=False, max_entries=64)
def _reach(_workspace: Workspace, key: str, data: tuple[str, int]) -> Reach:
    since = _workspace.as_of() - timedelta(days=DAYS)
    return reach(_workspace.runner(), _workspace.catalog, key, since=since)


@st.cache_resource(show_spinner=False, max_entries=64)
def _lineage(_workspace: Workspace, _version: Version, known: tuple[object, ...]) -> Lineage:
    return lineage.of_rule(_workspace, _version)


@st.cache_data(show_spinner=COUNTING, max_entries=16)
def _shared(_workspace: Workspace, _version: Version, known: tuple[object, ...]) -> Shared:
    store, as_of = _workspace.store, _workspace.as_of()
    many = version_list.count(store, version_list.Wanted(standing="live"))
    if many > MOST_SHARED:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{many:,} rules are in force: pairs of so many are not counted.",
            fix=f"At most {MOST_SHARED} are; what a proposal shares with live rules is on its "
            "card on the Approvals page.",
        )
    if actions_of(_version.artifact):
        found = dry_run(_workspace, None, week=False)
        return Shared(found.as_of, found.overlap, ())
    preview = simulate(
        _version.artifact,
        _workspace.runner(),
        _workspace.catalog,
        as_of=as_of,
        live=versions.live(store),
        audiences=versions.audiences(store),
    )
    return Shared(as_of.isoformat(), None, preview.overlap)


@st.cache_data(show_spinner=False, max_entries=32)
def _compared(
    _workspace: Workspace, _before: Version, _after: Version, known: tuple[object, ...]
) -> EffectDiff:
    return effect_diff(
        _before.artifact,
        _after.artifact,
        _workspace.runner(),
        _workspace.catalog,
        as_of=_workspace.as_of(),
        audiences=versions.audiences(_workspace.store),
    )
