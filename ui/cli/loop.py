"""``cycle``, ``explain`` and ``measure``: from rules in force to measured lift."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from ui import staging
from ui.cli.computing import compute_command
from ui.cli.drift import drift_command, investigations_command
from ui.cli.outcomes import attribution_command, kpis_command, ltv_command
from ui.cli.readouts import experiment_command, lift_command
from ui.cli.session import MOMENT, Listing, Output, Session, common, looked_at_by, said_by
from ui.cli.staging import result_lines
from ui.jumps import run_accepting
from ui.row_limits import require_within


@click.group(cls=Listing)
def cycle() -> None:
    """Decide for everybody with the rules in force."""


@cycle.command("run")
@click.option("--as-of", type=MOMENT, help="The moment of decision (UTC).")
@click.option("--dry-run", is_flag=True, help="Decide and write nothing.")
@click.option("--accept-jump", is_flag=True, help="Approve a population that jumped, and decide.")
@said_by("pavel@demo", "Who accepts a jump: an approver.")
@common
def cycle_run(
    session: Session, as_of: datetime | None, dry_run: bool, accept_jump: bool, email: str
) -> Output:
    """Run one decision cycle; the same moment and rules again change nothing."""
    with session.workspace() as workspace:
        if accept_jump and not dry_run:
            report = run_accepting(workspace, session.person(workspace, email), as_of=as_of)
        else:
            report = workspace.run_cycle(as_of=as_of, dry_run=dry_run)
        tried = None if dry_run else staging.tried(workspace, report.decided_at)
    lines = [
        f"{report.selected:,} selected, {report.held_out:,} held out, "
        f"{report.suppressed:,} suppressed, {report.lost:,} lost to a higher priority.",
        *(f"  {code:<20} {count:>8,}" for code, count in sorted(report.by_reason.items())),
        *result_lines(tried),
    ]
    return Output("\n".join(lines), report.model_dump(mode="json") | {"staging": tried})


@click.command()
@click.argument("user")
@click.option("--policy", help="Only this rule or policy.")
@click.option("--at", type=MOMENT, help="The moment it is about (UTC).")
@click.option("--as-of", type=MOMENT, help="The same as --at.")
@click.option("--staging", "staged", is_flag=True, help="With what is in staging in force.")
@looked_at_by
@common
def explain(
    session: Session,
    user: str,
    policy: str | None,
    at: datetime | None,
    as_of: datetime | None,
    staged: bool,
    email: str | None,
) -> Output:
    """Say why USER gets something, or does not, and what would change it."""
    with session.workspace() as workspace:
        require_within(workspace, session.sight(workspace, email), user)
        if staged:
            document = staging.explain(workspace, user, policy=policy, at=at or as_of)
        else:
            document = workspace.explain(user, policy=policy, at=at or as_of)
    return Output(_explained(document), document)


def _explained(document: dict[str, Any]) -> str:
    then = ", as it was known then" if document["as_known"] else ""
    lines = [f"{document['user_id']} at {document['at']}{then}"]
    for decision in document["decisions"]:
        winner = decision["winner"] or "nothing"
        lines.append(f"{decision['policy']} v{decision['version']}: {winner}")
        for one in decision["candidates"]:
            lines.append(f"  {one['action']:<24} {one['reason_code']:<18} {one['sentence']}")
            lines += _leaf(one)
            if one.get("flip"):
                lines.append(f"    Would change if {one['flip']['change']}")
    if not document["decisions"]:
        lines.append("No live rule sends anything.")
    for run in document["journeys"]:
        lines += _run_lines(run)
    lines += [_outgoing(one) for one in document.get("messages", [])]
    return "\n".join(lines)


def _outgoing(one: dict[str, Any]) -> str:
    said = f"message {one['action']} by {one['channel']}, decided {one['decided_at']}: "
    said += one["state"]
    if one["reason_code"]:
        said += f", {one['reason_code']}: {one['sentence']}"
    return f"{said} Until {one['not_before']}." if one["state"] == "pending" else said


def _leaf(one: dict[str, Any]) -> list[str]:
    if not one["failed_leaf"]:
        return []
    read, expected = one["value_read"], one["expected"]
    found = "nothing is known" if read is None else f"it is {read}"
    return [f"    Needed: {expected}; {found}."]


def _run_lines(run: dict[str, Any]) -> list[str]:
    """One run of a journey: where it is, why, and every message that it came to."""
    where = f"at {run['step']} since {_moment(run['since'])}" if run["step"] else run["state"]
    if run["exit_reason"]:
        where = f"{run['exit_reason']} on {_moment(run['exited_at'])}"
    key = f" {run['entry_key']}" if run["entry_key"] else ""
    lines = [f"journey {run['journey']} v{run['version']}{key}: {where}. {run['sentence']}"]
    if run["run_id"]:
        lines[0] += f" Run {run['run_id']}."
    lines += _leaf(run)
    after = run["next"]
    if after["at"] or after["what"]:
        told = f"{_moment(after['at'])}: {after['what']}" if after["at"] else after["what"]
        lines.append(f"    Next: {told}")
    return [*lines, *(_message_line(one) for one in run["messages"])]


def _message_line(one: dict[str, Any]) -> str:
    became = one["sentence"]
    if one["sent_at"]:
        became = f"sent {_moment(one['sent_at'])}"
        became += f", opened {_moment(one['opened_at'])}" if one["opened_at"] else ""
        became += f", failed: {one['failed_reason']}" if one["failed_reason"] else ""
    elif one["dropped"]:
        became = f"chosen, then {one['state']}: {one['dropped']}"
    elif one["not_before"]:
        became = f"leaves {_moment(one['not_before'])}"
    return f"  {one['step']:<16} {one['action']:<24} {one['reason_code']:<18} {became}"


def _moment(text: str) -> str:
    return text[:16].replace("T", " ")


@click.group(cls=Listing)
def measure() -> None:
    """Read out what it did."""


for command in (compute_command, kpis_command, attribution_command, ltv_command):
    measure.add_command(command)
measure.add_command(lift_command)
measure.add_command(experiment_command)
measure.add_command(drift_command)
measure.add_command(investigations_command)
