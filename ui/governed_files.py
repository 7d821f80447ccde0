"""Parts of the catalog and of the settings in force: kept from the first approval on, then changed
only by another one. An edited file changes nothing by itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import structlog

from control import versions
from control.first_approval import anything_approved
from control.store import Store
from control.versions import AnyVersion
from core.data_changes import AnyFileChange, DataChange, FileChange
from core.settings import Settings
from deliver.kept_catalog import catalog_in_force
from orchestrate import rulebook
from ui import own_warehouse
from ui.destinations_in_use import in_use
from ui.environment import FILE, load_settings
from ui.file_parts import PARTS, Files, Part
from ui.newly_set import DESTINATIONS, keep_used, with_new
from warehouse.catalog import Catalog, load_catalog
from warehouse.catalog_parts import Document

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)


class Standing(NamedTuple):
    """One part: which version is in force, and whether its file says something else."""

    kind: str
    title: str
    file: str
    version: int | None
    """None: nothing was approved yet, and the file applies from the next start on."""
    differs: bool


class PartVersion(NamedTuple):
    """A version as its history lists it."""

    version: int
    state: str
    name: str
    published_at: datetime
    published_by: str
    change_request_id: str | None


def in_force(store: Store, catalog: Catalog, settings: Settings) -> Files:
    """What the files say, with what was approved in the place of each part that is kept."""
    files = Files(catalog_in_force(store, catalog), settings)
    for found in versions.live_data(store):
        if isinstance(found.artifact, FileChange) and not PARTS[found.kind].of_catalog:
            files = PARTS[found.kind].over(files, found.artifact.content)
    return with_new(store, files, settings)


def begin(workspace: Workspace) -> None:
    """From the first rule, policy or journey that is approved on: keep what is in force now;
    destinations once something goes to one of them, and those that are set up later once something
    goes to them.

    Until then people edit files, and a part that is kept already stays as it is.
    """
    kept = {one.kind for one in versions.live_data(workspace.store)}
    if not kept.issuperset(PARTS):
        approved, used = anything_approved(workspace.store), bool(in_use(workspace))
        for kind, part in PARTS.items():
            if kind not in kept and (approved if kind != DESTINATIONS else used):
                _keep(workspace, part)
    keep_used(workspace)


def keep(workspace: Workspace, kind: str) -> None:
    """Keep what is in force of one part as its version 1, unless there is one."""
    _keep(workspace, PARTS[kind])


def built_in(workspace: Workspace, kind: str) -> AnyFileChange:
    """What is in force while no version was published."""
    part = PARTS[kind]
    return part.change_to(part.read(_now(workspace)))


def prepare(workspace: Workspace, change: DataChange) -> None:
    """Refuse what does not fit the rest of the catalog by now; nothing has to be built."""
    if isinstance(change, FileChange):
        PARTS[change.kind].over(_now(workspace), change.content)


def apply(workspace: Workspace, version: AnyVersion) -> None:
    """Let everybody who asks the workspace have the version; nothing when they do already."""
    change, part = version.artifact, PARTS[version.kind]
    if not isinstance(change, FileChange):
        return
    files = part.over(_now(workspace), change.content)
    if not part.of_catalog:
        files = with_new(workspace.store, files, workspace.given)
    if files == _now(workspace):
        return
    workspace.take_up(files.catalog, files.settings)
    log.info("file_part_in_force", part=version.kind, version=version.version)
    begin(workspace)


def files_of(workspace: Workspace) -> Files:
    """What the files say now: a server that runs for long reads them again."""
    settings = workspace.given
    if (settings.workspace / FILE).exists():
        settings = _read_again(settings)
    catalog = load_catalog(settings.catalog)
    return Files(own_warehouse.with_built_traits(catalog, workspace.warehouse, settings), settings)


def document_in_force(workspace: Workspace, kind: str) -> Document:
    """What is in force of a part, as its file would say it."""
    return PARTS[kind].read(_now(workspace))


def standing(workspace: Workspace) -> list[Standing]:
    """Every part, and whether its file differs from what is in force."""
    files, now = files_of(workspace), _now(workspace)
    live = {one.kind: one.version for one in versions.live_data(workspace.store)}
    return [
        Standing(kind, part.title, part.file, live.get(kind), not part.says(now, part.read(files)))
        for kind, part in PARTS.items()
    ]


def differing(store: Store, files: Files) -> list[Standing]:
    """Every kept part whose file says something else than what is in force."""
    now = in_force(store, *files)
    return [
        Standing(one.kind, part.title, part.file, one.version, differs=True)
        for one in versions.live_data(store)
        if isinstance(one.artifact, FileChange)
        and not (part := PARTS[one.kind]).says(now, part.read(files))
    ]


def history(workspace: Workspace, kind: str) -> list[PartVersion]:
    """Every version of a part, newest first; none while nothing was approved."""
    found = versions.history_of(workspace.store, PARTS[kind].kind)
    return [
        PartVersion(
            one.version,
            one.state,
            one.artifact.name,
            one.published_at,
            one.published_by,
            one.change_request_id,
        )
        for one in found
    ]


def _now(workspace: Workspace) -> Files:
    return Files(workspace.catalog, workspace.settings)


def _keep(workspace: Workspace, part: Part) -> None:
    rulebook.begin(workspace.store, part.change_to(part.read(_now(workspace))), now=workspace.now())


def _read_again(settings: Settings) -> Settings:
    read = load_settings({"workspace": str(settings.workspace)})
    update = {"catalog": read.catalog, "destinations": read.destinations, "syncs": read.syncs}
    return settings.model_copy(update=update | {"secrets": {**settings.secrets, **read.secrets}})
