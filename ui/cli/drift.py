"""``measure drift`` and ``investigations``: what is not as usual, and what was asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from core.errors import PilothouseError
from ui.cli.session import Output, Session, common

if TYPE_CHECKING:
    from measure.drift.findings import DriftReport
    from ui.workspace import Workspace


@click.command("drift")
@click.option("--all", "every", is_flag=True, help="Also what is quiet and what was not judged.")
@click.option("--check", is_flag=True, help="Exit 1 when something drifts.")
@click.option("--keep", is_flag=True, help="Alerts go by this look from now on.")
@common
def drift_command(session: Session, every: bool, check: bool, keep: bool) -> Output:
    """Hold the last whole day against the same weekday of eight weeks: events, values, traits."""
    from ui import drifting

    with session.workspace() as workspace:
        report = drifting.look(workspace)
        if keep:
            drifting.keep(workspace, report)
        read_by = {
            one.subject: drifting.rules_reading(workspace, one)
            for one in report.findings
            if one.verdict != "quiet"
        }
    document = report.model_dump(mode="json") | {"read_by": read_by}
    lines = [_head(report), *_lines(report, read_by, every)]
    return Output("\n".join(lines), document, int(check and bool(report.drifting)))


@click.command("investigations")
@common
def investigations_command(session: Session) -> Output:
    """List the runs that an alert started: what about, what was asked, and what was answered."""
    from control import investigations

    with session.workspace() as workspace:
        found = [
            one._asdict() | {"answer": _answer(workspace, one.run_id)}
            for one in investigations.latest(workspace.store)
        ]
    lines = [
        f"{one['started_at']:%Y-%m-%d %H:%M}  {one['kind']} {one['subject']}  run {one['run_id']}\n"
        f"    {one['prompt']}\n    {_first_line(one['answer'])}"
        for one in found
    ]
    return Output("\n".join(lines) or "No alert has started a run yet.", found)


def _head(report: DriftReport) -> str:
    if report.day is None:
        return "There are no events yet."
    drifting = len(report.drifting)
    judged = f"{len(report.findings)} series of {report.day} against {report.weeks} weeks before"
    return f"{judged}: {drifting or 'none'} {'drifts' if drifting < 2 else 'drift'}."


def _lines(report: DriftReport, read_by: dict[str, list[str]], every: bool) -> list[str]:
    found = [one for one in report.findings if every or one.verdict != "quiet"]
    lines = []
    for one in found:
        lines.append(f"{one.verdict:<6} {one.sentence}")
        if rules := read_by.get(one.subject):
            lines.append(f"       Live rules read it: {', '.join(rules)}.")
    return [*lines, *(f"not judged: {one}" for one in (report.unjudged if every else ()))]


def _first_line(answer: str) -> str:
    return answer.partition("\n")[0]


def _answer(workspace: Workspace, run_id: str) -> str:
    from control import runs

    try:
        result = runs.get(workspace.store, run_id).result
    except PilothouseError:
        return "It never began: the server ended before."
    return str(result["answer"]) if result else "It has not ended yet."
