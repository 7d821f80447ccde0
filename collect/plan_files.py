"""Plans in files: ours, one YAML file, or those of rudder-cli, a file or a folder of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from collect.plan import Others, PlannedEvent, TrackingPlan, plan_from, read_yaml
from collect.rudder import plan_document
from collect.rudder_export import rudder_documents
from collect.rudder_files import LeftOut, collected, is_rudder
from core.errors import Code, PilothouseError, refuse


class PlanRead(NamedTuple):
    """A plan that was read, and what its files say that it does not hold."""

    plan: TrackingPlan
    left_out: tuple[str, ...] = ()


def read_plan(path: Path, live: TrackingPlan, unlisted: Others = "dead_letter") -> PlanRead:
    """Read a plan from a file or folder of either kind.

    rudder-cli knows no aliases and no junk ids: those of the ``live`` plan stay.
    ``unlisted`` is what becomes of properties that rudder-cli calls additional.
    Refuses with SETTINGS_INVALID, naming the file and the path in it.
    """
    documents = [(file, read_yaml(file)) for file in _files(path)]
    if not any(is_rudder(document) for _, document in documents):
        if len(documents) > 1:
            raise _unfit(path, "holds several files, and none is of rudder-cli")
        return PlanRead(plan_from(documents[0][1], documents[0][0]))
    files = collected((file, one) for file, one in documents if is_rudder(one))
    for file, one in documents:
        if not is_rudder(one):
            raise _unfit(file, "is no file of rudder-cli, but others beside it are")
    plan = plan_from(plan_document(files, unlisted), files.plans[0].place.file)
    kept, lost = _with_names_of(plan, live)
    return PlanRead(kept, (*_told(files.left_out), *lost))


def as_text(plan: TrackingPlan) -> str:
    """The plan as a YAML file of ours, with the number of the version it was written from."""
    return _yaml({"version": plan.version} | plan.document())


def write_rudder(plan: TrackingPlan, folder: Path, name: str) -> tuple[list[Path], list[str]]:
    """Write the plan as files of rudder-cli; gives the files, and what they cannot say."""
    documents, unsaid = rudder_documents(plan, name)
    folder.mkdir(parents=True, exist_ok=True)
    for file, document in documents.items():
        (folder / file).write_text(_yaml(document), encoding="utf-8")
    return [folder / file for file in documents], unsaid


def _yaml(document: dict[str, Any]) -> str:
    text: str = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100)
    return text


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml"))
    if not found:
        raise _unfit(path, "holds no YAML file")
    return found


def _with_names_of(plan: TrackingPlan, live: TrackingPlan) -> tuple[TrackingPlan, list[str]]:
    lost: list[str] = []
    events = {
        name: event.model_copy(update={"aliases": dict(_aliases(name, event, plan, live, lost))})
        for name, event in plan.events.items()
    }
    return plan.model_copy(update={"events": events, "junk_ids": live.junk_ids}), lost


def _aliases(
    name: str, event: PlannedEvent, plan: TrackingPlan, live: TrackingPlan, lost: list[str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """The live aliases of an event that still mean something."""
    before = live.events.get(name)
    for alias, renames in before.aliases.items() if before else ():
        if alias in plan.events:
            lost.append(f"{name}: {alias} is an event of its own now, no longer an alias")
            continue
        kept = {theirs: ours for theirs, ours in renames.items() if ours in event.properties}
        for theirs in sorted({*renames} - {*kept}):
            lost.append(f"{name}: {alias} no longer renames {theirs}, whose target is not planned")
        yield alias, {one: ours for one, ours in kept.items() if one not in event.properties}


def _told(left_out: list[LeftOut]) -> list[str]:
    return list(dict.fromkeys(str(one) for one in left_out))


def _unfit(path: Path, why: str) -> PilothouseError:
    return refuse(
        Code.SETTINGS_INVALID,
        f"{path.name} {why}.",
        span=str(path),
        fix="Name one YAML file of a plan, or a folder with the files of one rudder-cli plan.",
    )
