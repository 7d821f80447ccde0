"""``pipeline`` and ``status``: from events to read-outs in one run, and where it stands."""

from __future__ import annotations

from datetime import datetime

import click

from control import pipeline as kept
from core.errors import Code, refuse
from ui import pipeline as runner
from ui import status as standing
from ui.cli.session import MOMENT, Listing, Output, Session, common
from ui.pipeline_steps import backfill


@click.group(cls=Listing)
def pipeline() -> None:
    """Load, identity, traits, audits, cycle, outbox, read-outs: one after the other."""


@pipeline.command("run")
@click.option("--as-of", type=MOMENT, help="The moment to decide for (UTC).")
@click.option("--as", "email", default="ada@demo", show_default=True, help="Who starts it.")
@common
def pipeline_run(session: Session, as_of: datetime | None, email: str) -> Output:
    """Run every step now; one that was cut off goes on where it stopped."""
    with session.workspace() as workspace:
        by = session.person(workspace, email).email if _demo(session) else "command line"
        found = runner.run(workspace, started_by=by, as_of=as_of)
    document = standing.told(found)
    return Output("\n".join(standing.run_lines(document)), document, _exit(found))


@pipeline.command("list")
@click.option("--limit", type=click.IntRange(1, 1_000), default=10, show_default=True)
@common
def pipeline_list(session: Session, limit: int) -> Output:
    """The last runs, newest first."""
    with session.workspace() as workspace:
        found = [standing.told(run) for run in kept.latest(workspace.store, limit)]
    lines = [line for run in found for line in standing.run_lines(run)]
    return Output("\n".join(lines) or "The pipeline has not run yet.", found)


@pipeline.command("backfill")
@click.option("--from", "start", type=MOMENT, required=True, help="The first day (UTC).")
@click.option("--to", "end", type=MOMENT, required=True, help="The last day (UTC).")
@common
def pipeline_backfill(session: Session, start: datetime, end: datetime) -> Output:
    """Read-outs of days that were missed; decisions are never made up for afterwards."""
    with session.workspace() as workspace:
        if not start <= end <= workspace.as_of():
            raise refuse(
                Code.INVALID_ARGUMENT,
                "A backfill goes from a day to a later one, up to the end of the data "
                f"({workspace.as_of():%Y-%m-%d %H:%M}).",
                span=f"{start.isoformat()} to {end.isoformat()}",
                fix="Swap the moments, or end earlier.",
            )
        found = backfill(workspace, start, end)
    lines = [
        f"{day[:10]}  {policy}: {verdict}"
        for day, detail in found.items()
        for policy, verdict in detail["policies"].items()
    ]
    return Output("\n".join(lines) or "No policy had decided anything by then.", found)


@pipeline.command("read-outs")
@click.argument("policy")
@common
def pipeline_read_outs(session: Session, policy: str) -> Output:
    """Show how the lift of POLICY went, by the read-outs that were kept."""
    with session.workspace() as workspace:
        known = kept.read_out_policies(workspace.store)
        if policy not in known:
            raise refuse(
                Code.UNKNOWN_KEY,
                f"No read-out of a policy '{policy}' is kept.",
                span=policy,
                fix=f"Kept: {', '.join(known)}."
                if known
                else "'pilothouse pipeline run' keeps them.",
            )
        found = kept.kept_readouts(workspace.store, policy)
    lines = [f"{moment:%Y-%m-%d}  {document['verdict']}" for moment, document in found]
    return Output("\n".join(lines), [document for _, document in found])


@click.command()
@common
def status(session: Session) -> Output:
    """Show where the pipeline stands, what waits, and what needs a person."""
    with session.workspace() as workspace:
        document = standing.status(workspace)
    return Output(standing.text(document), document)


def _demo(session: Session) -> bool:
    return session.settings().identity == "demo"


def _exit(run: kept.PipelineRun) -> int:
    return 0 if run.state == "done" else 1
