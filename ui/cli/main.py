"""The entry point: parse, run here or in the server, print once, exit with the right status."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from core.errors import PilothouseError
from ui import telemetry
from ui.cli import remote
from ui.cli.ask import ask
from ui.cli.data import demo_data, doctor, init
from ui.cli.governance import approvals, audit, kill, unkill
from ui.cli.loop import cycle, deliver, explain, measure
from ui.cli.rules import rules
from ui.cli.scores import evals
from ui.cli.serve import demo, up
from ui.cli.session import Output, Session, render
from ui.cli.sql import sql

LOCAL = frozenset({"up", "demo", "demo-data", "init", "doctor", "evals"})
"""Commands that own, make or do not need the warehouse of the workspace."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--workspace", type=click.Path(), help="Folder of the workspace.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--quiet", is_flag=True, help="No progress and no logs on stderr.")
@click.pass_obj
def group(session: Session, workspace: str | None, as_json: bool, quiet: bool) -> None:
    """Pilothouse: data in your warehouse, logic in one governed place."""
    if workspace:
        session.flags["workspace"] = workspace
    session.as_json, session.quiet = as_json, quiet


for command in (
    init,
    up,
    demo,
    doctor,
    demo_data,
    ask,
    approvals,
    rules,
    kill,
    unkill,
    sql,
    cycle,
    explain,
    deliver,
    measure,
    evals,
    audit,
):
    group.add_command(command)


def run(argv: list[str], session: Session) -> Output:
    """Run one command and give what it gives. Raises click and Pilothouse refusals."""
    output: Any = group.main(args=argv, standalone_mode=False, obj=session)
    return output if isinstance(output, Output) else Output("")


def main(argv: list[str] | None = None) -> None:
    """The ``pilothouse`` command."""
    arguments = sys.argv[1:] if argv is None else argv
    session = Session(say=lambda text: click.echo(text, err=True))
    telemetry.configure_logging(quiet="--quiet" in arguments or "up" not in arguments)
    sys.exit(_run_and_print(arguments, session))


def _run_and_print(arguments: list[str], session: Session) -> int:
    try:
        answered = remote.in_server(arguments, LOCAL)
        if answered is not None:
            click.echo(answered.text, nl=not answered.text.endswith("\n"))
            return answered.status
        output = run(arguments, session)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("Stopped.", err=True)
        return 130
    except PilothouseError as error:
        return _refused(error, "--json" in arguments)
    text = render(output, session)
    if text:
        click.echo(text)
    return output.status


def _refused(error: PilothouseError, as_json: bool) -> int:
    if as_json:
        refusals = [error.refusal.model_dump(mode="json")]
        click.echo(json.dumps({"refusals": refusals}, ensure_ascii=False, indent=2))
    click.echo(f"{error.refusal.code}: {error}", err=True)
    return 1
