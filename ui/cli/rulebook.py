"""``check``, ``export rulebook`` and ``import rulebook``: the rulebook as files, for any git."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from core.artifacts import Preview
from ui.cli.session import Output, Session, common, said_by
from ui.rulebook_files import write
from ui.rulebook_import import Checked, current, propose
from ui.rulebook_import import check as check_files

PATHS = click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE|DIR..."
)


@click.command("check")
@PATHS
@said_by("mara@demo", "Whose prompts these would be.")
@click.option("--strict", is_flag=True, help="A warning fails too.")
@common
def check(session: Session, paths: tuple[Path, ...], email: str, strict: bool) -> Output:
    """Hold rules, policies and journeys in files against catalog, data and guardrails.

    Proposes nothing. Ends with 1 when one of them could not be proposed.
    """
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        found = check_files(workspace, _there(session, paths), person=person)
    failed = [one for one in found if not one.passes or (strict and _warned(one))]
    lines = [line for one in found for line in _lines(one)]
    lines.append(f"{len(found) - len(failed)} of {len(found)} files pass.")
    return Output("\n".join(lines), [_document(one) for one in found], status=int(bool(failed)))


@click.command("rulebook")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@common
def export_rulebook(session: Session, folder: Path) -> Output:
    """Write every rule, policy and journey in force to DIR, one YAML file each."""
    with session.workspace() as workspace:
        in_force = current(workspace)
        written = write(session.folder / folder, [in_force[key] for key in sorted(in_force)])
    lines = [f"{file.relative_to(session.folder / folder)}" for file in written.files]
    lines += [
        f"removed {file.relative_to(session.folder / folder)}: it is no longer in force"
        for file in written.removed
    ]
    document = {name: [str(file) for file in files] for name, files in written._asdict().items()}
    return Output("\n".join(lines) or "Nothing is in force yet.", document)


@click.command("rulebook")
@PATHS
@said_by("mara@demo", "Who proposes it.")
@click.option("--reason", default="", help="Why, for the approver.")
@click.option("--dry-run", is_flag=True, help="Check everything and propose nothing.")
@common
def import_rulebook(
    session: Session, paths: tuple[Path, ...], email: str, reason: str, dry_run: bool
) -> Output:
    """Open a change request for each file that says something else than what is in force.

    All of them or none: while one file cannot be proposed, nothing is.
    """
    with session.workspace() as workspace:
        author = session.person(workspace, email)
        files = _there(session, paths)
        found = check_files(workspace, files, person=author, only_changes=True)
        opened = {} if dry_run else propose(workspace, found, author=author, reason=reason)
    passes = all(one.passes for one in found)
    lines = [line for one in found for line in _lines(one)]
    lines += [
        f"{request.id} waits for approval: 'pilothouse approvals show {request.id}'"
        for request in opened.values()
    ]
    if not passes:
        lines.append("Nothing was proposed.")
    documents = [
        _document(one) | {"change_request": opened[one.file].ref if one.file in opened else None}
        for one in found
    ]
    return Output("\n".join(lines), documents, status=int(not passes))


def _there(session: Session, paths: Sequence[Path]) -> list[Path]:
    return [session.folder / path for path in paths]


def _warned(one: Checked) -> bool:
    return any(found.severity == "warn" for found in one.findings)


def _lines(one: Checked) -> Iterator[str]:
    verdict = "ok" if one.passes else "FAILS"
    if one.rule is None:
        yield f"{one.file.name}: {verdict}"
    else:
        artifact = one.rule.artifact
        kind = artifact.kind.replace("_", " ")
        yield f"{one.file.name}: {verdict}: {one.change} {kind} '{artifact.key}'{_reach(one)}"
    for refusal in one.refusals:
        yield f"  refused  {refusal.message}"
        if refusal.fix:
            yield f"           {refusal.fix}"
    for finding in one.findings:
        yield f"  {finding.severity:<8} {finding.message}"
        if finding.fix:
            yield f"           {finding.fix}"


def _reach(one: Checked) -> str:
    effect = one.effect
    if effect is None:
        return ""
    if isinstance(effect, Preview):
        return f", {effect.audience_size:,} of {effect.population_size:,} users"
    return f", {effect.enter_now:,} of {effect.population_size:,} users would enter"


def _document(one: Checked) -> dict[str, Any]:
    artifact = one.rule.artifact if one.rule else None
    return {
        "file": str(one.file),
        "kind": artifact.kind if artifact else None,
        "key": artifact.key if artifact else None,
        "change": one.change,
        "passes": one.passes,
        "refusals": one.refusals,
        "findings": one.findings,
        "effect": one.effect,
    }
