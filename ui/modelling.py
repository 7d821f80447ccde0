"""The trait models of a workspace: which are live, building them, and taking a version up.

The live set is the version approved last, or the workspace's files. The warehouse
holds builds of sets by fingerprint; a version is effective once readers see its build.
"""

from __future__ import annotations

import threading
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from control import versions
from control.people import Person
from control.store import Store
from control.versions import AnyVersion
from core.data_changes import DataChange, TraitModelsChange
from core.errors import Code, PilothouseError, refuse
from core.settings import Settings
from ui.own_warehouse import ground_of_models
from warehouse.models import build
from warehouse.models.binding import bind
from warehouse.models.model import read_model
from warehouse.models.modelset import SHIPPED, ModelSet, load_models, models_of
from warehouse.models.sources import CANONICAL, Sources
from warehouse.models.states import touched_are_done

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)

SHIPPED_VERSION = 0
"""The number of the files while no change was ever proposed; from then on they are version 1."""
ALL = "all"
_ONE_AT_A_TIME = threading.RLock()


class ModelVersion(NamedTuple):
    """A version of the set as its history lists it."""

    version: int
    state: str
    name: str
    changed: tuple[str, ...]
    """The models that it changed."""
    published_at: datetime | None
    published_by: str | None
    fingerprint: str


def live_models(store: Store, settings: Settings) -> ModelSet:
    """The set in force."""
    found = versions.current_data(store, TraitModelsChange)
    if found is None:
        return file_models(settings)
    return _approved(settings, found.artifact)


def file_models(settings: Settings) -> ModelSet:
    """The set of the workspace's own folder, or the shipped one; none over a team's own tables.

    The shipped models read the canonical tables, which a team's warehouse need not have.
    """
    ground = ground_of_models(settings)
    if settings.models is not None:
        return load_models(settings.workspace.parent / settings.models, ground)
    return _shipped() if settings.source_url is None else ModelSet((), ground)


def built_in(workspace: Workspace) -> TraitModelsChange | None:
    """What is in force while no version was published; None where there is no model yet."""
    folder, models = workspace.settings.models, file_models(workspace.settings)
    name = "Shipped trait models" if folder is None else f"Trait models of {folder.name}"
    return TraitModelsChange(name=name, models=models.files) if models.models else None


def read_folder(folder: Path, ground: Sources = CANONICAL) -> ModelSet:
    """The set of a folder that somebody wrote; refuses with the file and line of what is wrong."""
    if not folder.is_dir():
        raise refuse(
            Code.INVALID_FILE,
            f"{folder} is no folder.",
            span=str(folder),
            fix="Name a folder of model files; 'pilothouse model export DIR' writes the live ones.",
        )
    return load_models(folder, ground)


def prepare(workspace: Workspace, change: DataChange) -> None:
    """Build and audit a proposed set beside the live one; refuses with the reason."""
    if not isinstance(change, TraitModelsChange):
        return
    models, as_of = (
        models_of(change.models, ground_of_models(workspace.settings)),
        workspace.as_of(),
    )
    with _ONE_AT_A_TIME:
        with workspace.warehouse.cursor() as cursor:
            build.require_ours(cursor)
            bind(cursor, models, as_of, models.by_name)
        with workspace.warehouse.transaction() as cursor:
            made = build.build(cursor, models, as_of=as_of, built_at=workspace.now())
    log.info("models_built", fingerprint=models.fingerprint[:12], build=made.build.number)


def apply(workspace: Workspace, version: AnyVersion) -> None:
    """Let readers see the build of a version; nothing when they do already."""
    if not isinstance(version.artifact, TraitModelsChange):
        return
    models = _approved(workspace.settings, version.artifact)
    with _ONE_AT_A_TIME, workspace.warehouse.transaction() as cursor:
        if not build.managed(cursor):
            return
        shown = build.live(cursor)
        if shown and shown.fingerprint == models.fingerprint:
            return
        kept = next((b for b in build.builds(cursor) if b.fingerprint == models.fingerprint), None)
        if kept is None:
            kept = build.build(
                cursor, models, as_of=workspace.as_of(), built_at=workspace.now()
            ).build
        build.show(cursor, kept.number)
    workspace.publish_copy()
    log.info("models_shown", version=version.version, build=kept.number)


def rebuild(workspace: Workspace, *, full: bool = False) -> dict[str, Any]:
    """Build the live set for the workspace's moment and show it; gives what was done."""
    models = live_models(workspace.store, workspace.settings)
    _require_traits(models)
    with _ONE_AT_A_TIME:
        with workspace.warehouse.transaction() as cursor:
            build.require_ours(cursor)
            made = build.build(
                cursor, models, as_of=workspace.as_of(), built_at=workspace.now(), full=full
            )
            build.show(cursor, made.build.number)
            touched_are_done(cursor, models)
        workspace.publish_copy()
    log.info("models_rebuilt", build=made.build.number, rows=made.build.rows)
    document = made.build._asdict() | {"how": made.how}
    return document | {"audits": [one._asdict() for one in made.audits]}


def follow(workspace: Workspace) -> None:
    """Bring traits and the published copy up to date with the facts of the latest loads.

    Where the models cannot be built the traits stay as they were, and the log says why.
    """
    with workspace.warehouse.cursor() as cursor:
        ours = build.managed(cursor)
    if ours:
        try:
            rebuild(workspace)
        except PilothouseError as error:
            log.warning("traits_not_rebuilt", code=error.refusal.code, why=str(error))
        else:
            return
    workspace.publish_copy()


def history(workspace: Workspace) -> list[ModelVersion]:
    """Every version of the set, newest first."""
    found = versions.data_history(workspace.store, TraitModelsChange)
    if not found:
        shipped = built_in(workspace)
        if shipped is None:
            return []
        fingerprint = _approved(workspace.settings, shipped).fingerprint
        every = tuple(sorted(shipped.models))
        return [ModelVersion(SHIPPED_VERSION, "live", shipped.name, every, None, None, fingerprint)]
    listed = []
    for number, one in enumerate(found):
        before = found[number + 1].artifact.models if number + 1 < len(found) else {}
        listed.append(
            ModelVersion(
                one.version,
                one.state,
                one.artifact.name,
                _changed(before, one.artifact.models),
                one.published_at,
                one.published_by,
                _approved(workspace.settings, one.artifact).fingerprint,
            )
        )
    return listed


def roll_back(
    workspace: Workspace, name: str, number: int, *, person: Person, whole: bool = False
) -> AnyVersion:
    """Put an older version of the set into force; refuses when more than ``name`` would change."""
    from ui import data_changes

    older = versions.data_version(workspace.store, TraitModelsChange, number).artifact.models
    live = live_models(workspace.store, workspace.settings).files
    going = _changed(live, older)
    others = [one for one in going if one != name]
    if name not in going and name != ALL:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{name} is in version {number} what it is now.",
            span=name,
            fix=f"Choose another version from 'pilothouse model history {name}'.",
        )
    if others and not (whole or name == ALL):
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"Version {number} has another {', '.join(others)} too: it is of the whole set.",
            span=name,
            fix="Add --whole to roll these back too, or propose a change of this model alone.",
        )
    return data_changes.roll_back(workspace, "trait_models", number, person=person)


def _require_traits(models: ModelSet) -> None:
    if not models.traits:
        raise refuse(
            Code.INVALID_ARGUMENT,
            "This workspace has no trait models.",
            fix="Write some in a folder and propose them: 'pilothouse model apply --dir FOLDER'.",
        )


def _changed(before: dict[str, str], after: dict[str, str]) -> tuple[str, ...]:
    return tuple(sorted(n for n in {*before, *after} if before.get(n) != after.get(n)))


def _approved(settings: Settings, change: TraitModelsChange) -> ModelSet:
    """A version's set, also where the catalog lists a table no more that it was allowed to read."""
    texts = change.models.items()
    read = {table for name, text in texts for table in read_model(text, f"{name}.sql").reads}
    ground = ground_of_models(settings)
    every = ground.tables | read - change.models.keys()
    return _parsed(tuple(sorted(texts)), ground._replace(tables=every))


@lru_cache(maxsize=8)
def _parsed(files: tuple[tuple[str, str], ...], ground: Sources) -> ModelSet:
    return models_of(dict(files), ground)


@lru_cache(maxsize=1)
def _shipped() -> ModelSet:
    return load_models(SHIPPED)
