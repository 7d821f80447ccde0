"""``rules``: what is in force, what was, and whom it means."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from agent.explaining import explain
from control import versions
from control.versions import AnyVersion, Version
from core.conditions import Condition, InAudience
from core.errors import PilothouseError
from core.masking import Sight
from core.rules import DecisionPolicy, EligibilityRule
from orchestrate import rulebook
from orchestrate.effect_diff import EffectDiff, effect_diff
from orchestrate.rule_diff import rule_diff
from orchestrate.winners import winners_sql
from ui.cli.certify import certify_command
from ui.cli.drafting import draft_command
from ui.cli.session import MOMENT, Listing, Output, Session, common, looked_at_by, said_by
from ui.cli.target import target_of
from ui.putting_back import require_decidable
from ui.row_limits import require_unlimited, within
from warehouse.compile import compile_audience, compile_waterfall
from warehouse.wording import describe

if TYPE_CHECKING:
    from ui.workspace import Workspace
    from warehouse.catalog import Catalog

Artifact = EligibilityRule | DecisionPolicy


@click.group(cls=Listing)
def rules() -> None:
    """Published rules: versions, audiences, rollback, pause."""


@rules.command("list")
@common
def list_command(session: Session) -> Output:
    """List every rule in force or paused."""
    with session.workspace() as workspace:
        found = versions.all_current(workspace.store)
    lines = [f"{one.key:<28} v{one.version:<4} {one.state:<8} {one.kind}" for one in found]
    return Output("\n".join(lines) or "No rules yet.", [_document(one) for one in found])


@rules.command("show")
@click.argument("key")
@click.option("--version", type=click.IntRange(1), help="An older version.")
@common
def show_command(session: Session, key: str, version: int | None) -> Output:
    """Show one rule."""
    with session.workspace() as workspace:
        found = _version(workspace, key, version)
        words = explain(found.artifact, workspace.catalog)
    return Output(f"{key} v{found.version} ({found.state})\n{words}", _document(found))


@rules.command("history")
@click.argument("key")
@common
def history_command(session: Session, key: str) -> Output:
    """List the versions of a rule, newest first."""
    with session.workspace() as workspace:
        found = versions.history(workspace.store, key)
    lines = [
        f"v{one.version:<4} {one.state:<11} {one.published_at:%Y-%m-%d %H:%M}  "
        f"{one.published_by}  {one.content_hash[:12]}"
        for one in found
    ]
    return Output("\n".join(lines), [_document(one) for one in found])


@rules.command("diff")
@click.argument("key")
@click.argument("a", type=click.IntRange(1))
@click.argument("b", type=click.IntRange(1))
@click.option("--as-of", type=MOMENT, help="The moment for which people are counted (UTC).")
@click.option("--people", is_flag=True, help="With --json: the people too, beside the lines.")
@looked_at_by
@common
def diff_command(
    session: Session,
    key: str,
    a: int,
    b: int,
    as_of: datetime | None,
    people: bool,
    email: str | None,
) -> Output:
    """Compare version A of a rule with version B: what it says, and who would get what."""
    with session.workspace() as workspace:
        if people:
            require_unlimited(session.sight(workspace, email), "list people of everybody")
        before, after = (versions.version(workspace.store, key, number) for number in (a, b))
        at = as_of or workspace.as_of()
        effect, unknown = _effect(workspace, before.artifact, after.artifact, at)
    lines = rule_diff(
        before.artifact.model_dump(mode="json"), after.artifact.model_dump(mode="json")
    )
    shown = [
        f"{line.change:<8} {line.path}: {line.live} → {line.proposed}"
        for line in lines
        if line.change != "same"
    ]
    document = {"lines": lines, "effect": effect, "not_counted": unknown} if people else lines
    told = _told(effect) if effect else f"People are not counted: {unknown}"
    return Output("\n".join([*(shown or ["No difference."]), "", told]), document)


def _effect(
    workspace: Workspace, before: Artifact, after: Artifact, at: datetime
) -> tuple[EffectDiff | None, str | None]:
    """The difference for people, or why it cannot be counted: a version reads what is gone."""
    try:
        found = effect_diff(
            before,
            after,
            workspace.runner(at),
            workspace.catalog,
            as_of=at,
            audiences=versions.audiences(workspace.store),
        )
    except PilothouseError as error:
        return None, str(error)
    return found, None


def _told(effect: EffectDiff) -> str:
    lines = [
        f"{effect.gained:,} people gained, {effect.lost:,} lost, {effect.winner_changed:,} get "
        f"something else (from {effect.before:,} to {effect.after:,} as of {effect.as_of})."
    ]
    lines += [
        f"  {one.before or 'nothing'} → {one.after or 'nothing'}: {one.users:,}"
        for one in effect.changes
    ]
    return "\n".join(lines)


@rules.command("audience")
@click.argument("target")
@click.option("--ids", is_flag=True, help="List the users too.")
@click.option("--as-of", type=MOMENT, help="The moment it is about (UTC).")
@looked_at_by
@common
def audience_command(
    session: Session, target: str, ids: bool, as_of: datetime | None, email: str | None
) -> Output:
    """Who a rule means: TARGET is a rule key, a change request id or a file of a rule."""
    with session.workspace() as workspace:
        artifact, version = target_of(workspace, target, session.folder)
        document = _audience(workspace, artifact, version, as_of or workspace.as_of(), ids)
        if ids:
            _only_seen(workspace, session.sight(workspace, email), document)
    text = (
        f"{document['audience_size']:,} of {document['population_size']:,} users "
        f"({document['population']}) as of {document['as_of']}"
    )
    if ids:
        text += "\n" + "\n".join(document["user_ids"])
    return Output(text, document)


def _audience(
    workspace: Workspace, artifact: Artifact, version: int | None, as_of: datetime, ids: bool
) -> dict[str, Any]:
    audiences = versions.audiences(workspace.store)
    catalog, population = workspace.catalog, artifact.population
    document: dict[str, Any] = {"key": artifact.key, "version": version, "as_of": as_of.isoformat()}
    runner = workspace.runner(as_of)
    winners: dict[str, list[str]] | None = None
    if isinstance(artifact, EligibilityRule):
        sql = compile_audience(
            artifact.condition, catalog, as_of=as_of, population=population, audiences=audiences
        )
        users = [row[0] for row in runner.fetch(sql, purpose="audience").rows]
    else:
        sql = winners_sql(
            artifact, catalog, as_of=as_of, population=population, audiences=audiences
        )
        rows = runner.fetch(sql, purpose="winners").rows
        users = sorted({row[0] for row in rows})
        winners = {
            entry.action.key: sorted(user for user, action in rows if action == entry.action.key)
            for entry in artifact.entries
        }
    everyone = compile_waterfall(population, catalog, as_of=as_of, audiences=audiences)
    size = runner.fetch(everyone, purpose="population").rows[0][-1]
    document |= {
        "population": _population(population, catalog),
        "population_size": size,
        "audience_size": len(users),
        "sql": sql,
    }
    if winners is not None:
        document["winners"] = {key: len(found) for key, found in winners.items()}
    if ids:
        document["user_ids"] = users
        if winners is not None:
            document["winner_ids"] = winners
    return document


def _only_seen(workspace: Workspace, sight: Sight, document: dict[str, Any]) -> None:
    """Lists name only those whom whoever looks may see; counts stay those of everybody."""
    if not sight.limits:
        return
    seen = within(workspace, sight, document["user_ids"])
    document["user_ids"] = [user for user in document["user_ids"] if user in seen]
    for key, users in document.get("winner_ids", {}).items():
        document["winner_ids"][key] = [user for user in users if user in seen]


def _population(population: Condition, catalog: Catalog) -> str:
    """The same words as in an answer's preview."""
    if isinstance(population, InAudience):
        return population.key.replace("_", " ")
    words = describe(population, catalog)
    return "all users" if words == "everyone" else words


@rules.command("rollback")
@click.argument("key")
@click.argument("number", type=click.IntRange(1))
@said_by("ada@demo", "Who rolls back.")
@common
def rollback_command(session: Session, key: str, number: int, email: str) -> Output:
    """Put the content of version NUMBER into force again, as a new version."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        require_decidable(workspace, versions.version(workspace.store, key, number))
        found = rulebook.rollback(workspace.store, key, number, person=person, now=workspace.now())
    return Output(
        f"{key} v{found.version} is live with the content of v{number}.", _document(found)
    )


@rules.command("pause")
@click.argument("key")
@said_by("ada@demo", "Who pauses it.")
@common
def pause_command(session: Session, key: str, email: str) -> Output:
    """Take a rule out of decisions until it is resumed."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        found = rulebook.pause(workspace.store, key, person=person, now=workspace.now())
    return Output(f"{key} is paused.", _document(found))


@rules.command("resume")
@click.argument("key")
@said_by("ada@demo", "Who resumes it.")
@common
def resume_command(session: Session, key: str, email: str) -> Output:
    """Let a paused rule decide again."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        if paused := versions.current(workspace.store, key):
            require_decidable(workspace, paused)
        found = rulebook.resume(workspace.store, key, person=person, now=workspace.now())
    return Output(f"{key} is live again.", _document(found))


rules.add_command(certify_command)
rules.add_command(draft_command)


def _version(workspace: Workspace, key: str, number: int | None) -> Version:
    if number is not None:
        return versions.version(workspace.store, key, number)
    return versions.current(workspace.store, key) or versions.history(workspace.store, key)[0]


def _document(found: Version | AnyVersion) -> dict[str, Any]:
    document = found._asdict()
    document["artifact"] = found.artifact.model_dump(mode="json")
    return document
