"""``cycle``, ``explain``, ``deliver`` and ``measure``: from rules in force to measured lift."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from measure.lift import lift
from ui.cli.session import MOMENT, Listing, Output, Session, common, said_by
from ui.jumps import run_accepting


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
    lines = [
        f"{report.selected:,} selected, {report.held_out:,} held out, "
        f"{report.suppressed:,} suppressed, {report.lost:,} lost to a higher priority.",
        *(f"  {code:<20} {count:>8,}" for code, count in sorted(report.by_reason.items())),
    ]
    return Output("\n".join(lines), report)


@click.command()
@click.argument("user")
@click.option("--policy", help="Only this rule or policy.")
@click.option("--at", type=MOMENT, help="The moment it is about (UTC).")
@click.option("--as-of", type=MOMENT, help="The same as --at.")
@common
def explain(
    session: Session, user: str, policy: str | None, at: datetime | None, as_of: datetime | None
) -> Output:
    """Say why USER gets something, or does not, and what would change it."""
    with session.workspace() as workspace:
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
            if one.get("failed_leaf"):
                read = one["value_read"]
                found = "nothing is known" if read is None else f"it is {read}"
                lines.append(f"    Needed: {one['failed_leaf']}; {found}.")
            if one.get("flip"):
                lines.append(f"    Would change if {one['flip']['change']}")
    if not document["decisions"]:
        lines.append("No live rule sends anything.")
    return "\n".join(lines)


@click.group(cls=Listing)
def deliver() -> None:
    """Send what was decided."""


@deliver.command("run")
@common
def deliver_run(session: Session) -> Output:
    """Send everything that is due into the local mailbox."""
    with session.workspace() as workspace:
        report = workspace.deliver()
        folder = workspace.mailbox_folder
    text = (
        f"{report.delivered:,} delivered, {report.stopped:,} stopped before sending, "
        f"{report.waiting:,} waiting for the end of quiet hours. Mailbox: {folder}"
    )
    return Output(text, report)


@deliver.command("status")
@common
def deliver_status(session: Session) -> Output:
    """Count the outbox by state."""
    with session.workspace() as workspace:
        counts = workspace.outbox_counts()
    lines = [f"{state:<12} {count:>8,}" for state, count in sorted(counts.items())]
    return Output("\n".join(lines) or "The outbox is empty.", counts)


@click.group(cls=Listing)
def measure() -> None:
    """Read out what it did."""


@measure.command("lift")
@click.argument("policy")
@click.option("--as-of", type=MOMENT, help="The moment of the read-out (UTC).")
@click.option("--horizon", type=click.IntRange(1), default=7, show_default=True, help="Days.")
@click.option("--goal", help="The event that counts; the goal of each message by default.")
@common
def measure_lift(
    session: Session, policy: str, as_of: datetime | None, horizon: int, goal: str | None
) -> Output:
    """Compare who was treated with who was held out under POLICY."""
    with session.workspace() as workspace:
        report = lift(
            workspace.runner(),
            workspace.catalog,
            policy,
            as_of=as_of or workspace.as_of(),
            horizon_days=horizon,
            goal_event=goal,
        )
    return Output(report.verdict, report)
