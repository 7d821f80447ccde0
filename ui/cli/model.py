"""``model``: trait models: what a change would do, proposing it, builds, history, rollback."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from control import versions
from core.data_changes import TraitModelsChange
from core.errors import Code, refuse
from orchestrate.data_diff import models_diff
from ui import model_effects, modelling, own_warehouse
from ui.cli.files import writing
from ui.cli.session import Listing, Output, Session, common, said_by
from ui.cli.training import add_to
from ui.cli.words import words
from ui.console.view.data_change import outcome_lines, part_line, readers
from ui.lineage import facts_of_rules, lineage
from ui.model_effects import Planned
from warehouse.lineage import Found, Node
from warehouse.models import build
from warehouse.models.compare import Move
from warehouse.models.drift import drift as drift_of
from warehouse.models.modelset import ModelSet

if TYPE_CHECKING:
    from ui.workspace import Workspace


@click.group(cls=Listing)
def model() -> None:
    """Trait models: SQL files with audits, versions, a plan before each change, and lineage."""


add_to(model)
model.add_command(words)


@model.command("list")
@common
def list_command(session: Session) -> Output:
    """List the live models with what they read."""
    with session.workspace() as workspace:
        models = _live(workspace)
        shown = _shown(workspace)
    listed = [_described(models, name) for name in models.by_name]
    document = {"fingerprint": models.fingerprint, "build": shown, "models": listed}
    lines = [
        f"{one['name']:<24} {one['kind']:<8} {one['fingerprint'][:12]}  {one['meaning']}"
        for one in listed
    ]
    return Output("\n".join(lines) or "There are no trait models here.", document)


@model.command("plan")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="The changed files.")
@common
def plan_command(session: Session, folder: Path | None) -> Output:
    """Show what a folder of models would change: values, rules, audiences and the cost."""
    with session.workspace() as workspace:
        planned = model_effects.plan(workspace, _proposed(session, workspace, folder))
    return Output(_plan_text(planned), _plan_document(planned))


@model.command("apply")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="The changed files.")
@said_by("ana@demo", "Who proposes it.")
@click.option("--reason", default="", help="Why, for the approver.")
@common
def apply_command(session: Session, folder: Path | None, email: str, reason: str) -> Output:
    """Send a folder of models for approval; approved, it is built, audited and shown."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        proposed = _proposed(session, workspace, folder)
        planned = model_effects.plan(workspace, proposed)
        request = model_effects.propose_models(
            workspace, proposed, planned, author=person, reason=reason
        )
    document = _plan_document(planned) | {
        "change_request": {"id": request.id, "state": request.state.value}
    }
    waits = f"{request.id} waits for approval: pilothouse approvals show {request.id}"
    return Output(f"{_plan_text(planned)}\n{waits}", document)


@model.command("history")
@click.argument("name", default=modelling.ALL)
@common
def history_command(session: Session, name: str) -> Output:
    """List the versions, newest first; with NAME those that changed that model."""
    with session.workspace() as workspace:
        _known(workspace, name)
        found = modelling.history(workspace)
    listed = [one for one in found if name == modelling.ALL or name in one.changed]
    lines = [
        f"v{one.version:<4} {one.state:<11} {one.fingerprint[:12]}  "
        f"{one.published_by or 'shipped':<12} {one.name}"
        for one in listed
    ]
    return Output("\n".join(lines), [one._asdict() for one in listed])


@model.command("diff")
@click.argument("a", type=click.IntRange(1))
@click.argument("b", type=click.IntRange(1))
@common
def diff_command(session: Session, a: int, b: int) -> Output:
    """Compare version A of the set with version B, file by file."""
    with session.workspace() as workspace:
        before, after = (
            versions.data_version(workspace.store, TraitModelsChange, one).artifact.models
            for one in (a, b)
        )
    lines = [line for line in models_diff(before, after) if line.change != "same"]
    text = "\n".join(f"{line.path} ({line.change})\n{line.patch or ''}" for line in lines)
    return Output(text or "No difference.", [line.model_dump(mode="json") for line in lines])


@model.command("rollback")
@click.argument("name")
@click.argument("number", type=click.IntRange(1))
@click.option("--whole", is_flag=True, help="Also roll back other models that differ.")
@said_by("ada@demo", "Who rolls back.")
@common
def rollback_command(session: Session, name: str, number: int, whole: bool, email: str) -> Output:
    """Show the build of version NUMBER again, as a new version; NAME may be 'all'."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        found = modelling.roll_back(workspace, name, number, person=person, whole=whole)
        shown = _shown(workspace)
    text = f"Version {found.version} is live with the models of version {number}"
    text += f", values as of {shown['as_of']}." if shown else "."
    return Output(text, {"version": found.version, "models_of": number, "build": shown})


@model.command("build")
@click.option("--full", is_flag=True, help="Count every event anew.")
@common
def build_command(session: Session, full: bool) -> Output:
    """Build the live models for the workspace's moment, audit them and show them."""
    with session.workspace() as workspace:
        document = modelling.rebuild(workspace, full=full)
    how = ", ".join(f"{name} {what}" for name, what in document["how"].items())
    passed = f"{len(document['audits'])} audits passed ({how})"
    return Output(f"{document['rows']:,} users as of {document['as_of']}: {passed}.", document)


@model.command("export")
@click.argument("folder", type=click.Path(path_type=Path))
@common
def export_command(session: Session, folder: Path) -> Output:
    """Write the live models to a folder, to be changed and kept in git."""
    with session.workspace() as workspace:
        models = _live(workspace)
    target = session.folder / folder
    with writing(folder, fix="Name a folder that may be written."):
        target.mkdir(parents=True, exist_ok=True)
        for one in models.models:
            (target / one.file).write_text(one.text, encoding="utf-8")
    files = [one.file for one in models.models]
    return Output(f"{len(files)} models are in {target}.", {"folder": str(target), "files": files})


@model.command("drift")
@common
def drift_command(session: Session) -> Output:
    """Compare how values are spread with the build before: a PSI for each trait."""
    with session.workspace() as workspace, workspace.warehouse.cursor() as cursor:
        found = drift_of(cursor) if build.managed(cursor) else None
    if found is None:
        return Output("There is one build only: nothing to compare it with.", {"traits": []})
    head = f"Build {found.before.number} ({found.before.as_of}) → "
    head += f"build {found.now.number} ({found.now.as_of})"
    lines = [f"{one.trait:<24} PSI {one.psi:6.3f}  {one.verdict}" for one in found.traits]
    document = {
        "before": found.before._asdict(),
        "now": found.now._asdict(),
        "traits": [one._asdict() for one in found.traits],
    }
    return Output("\n".join([head, *lines]), document)


@model.command("lineage")
@click.argument("name")
@common
def lineage_command(session: Session, name: str) -> Output:
    """Follow NAME both ways: a column such as fct_events.event_name, an event, trait or rule."""
    with session.workspace() as workspace:
        found = lineage(workspace, name)
        facts = facts_of_rules(workspace)
    up, down = ([_place(one, facts) for one in side] for side in (found.upstream, found.downstream))
    edges = [
        {"from": edge.source.name, "to": edge.target.name, "how": edge.how} for edge in found.edges
    ]
    lines = [f"{found.node.name} ({found.node.kind})"]
    for title, places in (("made of", up), ("goes into", down)):
        lines += [f"{title}:", *(_place_line(one) for one in places)]
    node = _place(Found(found.node, 0), facts)
    document = {"node": node, "upstream": up, "downstream": down, "edges": edges}
    return Output("\n".join(lines), document)


def _place(found: Found, facts: dict[Node, dict[str, Any]]) -> dict[str, Any]:
    return {**found.node._asdict(), "steps": found.steps, **facts.get(found.node, {})}


def _place_line(place: dict[str, Any]) -> str:
    version = f" v{place['version']} ({place['state']})" if "version" in place else ""
    decisions = f", {place['decisions']:,} decisions" if place.get("decisions") else ""
    return f"  {place['kind']:<9} {place['name']}{version}{decisions}"


def _live(workspace: Workspace) -> ModelSet:
    return modelling.live_models(workspace.store, workspace.settings)


def _shown(workspace: Workspace) -> dict[str, Any] | None:
    with workspace.warehouse.cursor() as cursor:
        found = build.live(cursor) if build.managed(cursor) else None
    return found._asdict() if found else None


def _described(models: ModelSet, name: str) -> dict[str, Any]:
    one = models.by_name[name]
    document = one.model_dump(mode="json", exclude={"text", "file", "audits"})
    return document | {
        "audits": [audit.kind for audit in one.audits],
        "columns": list(one.columns),
        "reads": sorted(one.reads),
        "fingerprint": models.fingerprints[name],
    }


def _proposed(session: Session, workspace: Workspace, folder: Path | None) -> ModelSet:
    """The models of the folder; without one those of the workspace's settings."""
    if folder is None:
        return modelling.file_models(workspace.settings)
    ground = own_warehouse.ground_of_models(workspace.settings)
    return modelling.read_folder(session.folder / folder, ground)


def _known(workspace: Workspace, name: str) -> None:
    names = _live(workspace).by_name
    if name != modelling.ALL and name not in names:
        from warehouse.catalog import nearest

        near = nearest(name, [*names])
        raise refuse(
            Code.UNKNOWN_TRAIT,
            f"There is no model '{name}'.",
            span=name,
            fix=f"Did you mean {' or '.join(near)}?" if near else f"Models: {', '.join(names)}.",
        )


def _plan_text(planned: Planned) -> str:
    effect = planned.effect
    if planned.differences.none:
        return effect.summary
    lines = [*outcome_lines(effect), *(part_line(one) for one in effect.changed)]
    for moved in planned.traits:
        lines += [f"  {moved.trait}: {_move(one)}: {one.users:,} users" for one in moved.moves[:8]]
    lines += [f"{one.name}, which reads {one.reads}: {one.outcome}"
              for one in readers(effect.downstream)]  # fmt: skip
    return "\n".join([*lines, *effect.notes])


def _move(one: Move) -> str:
    """From one value to another, or the one word that says it."""
    return f"{one.before} → {one.after or 'no value'}" if one.before else one.after or "no value"


def _plan_document(planned: Planned) -> dict[str, Any]:
    traits = [
        moved._asdict()
        | {
            "moves": [one._asdict() for one in moved.moves],
            "sample": [
                {"user_id": user, "before": before, "after": after}
                for user, before, after in moved.sample
            ],
        }
        for moved in planned.traits
    ]
    return {
        "differences": planned.differences._asdict(),
        "effect": planned.effect.model_dump(mode="json"),
        "traits": traits,
        "cpu_seconds": round(planned.cpu_seconds, 3),
        "counters_kept": planned.counters_kept,
    }
