"""The entry point: parse, run here or in the server, print once, exit with the right status."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from core.errors import PilothouseError
from ui.cli import remote
from ui.cli.remote import Answer
from ui.cli.session import TOKEN, Output, Session, shown

LOCAL = frozenset(
    {"up", "demo", "demo-data", "init", "doctor", "evals", "collect serve"}
    | {f"emergency {one}" for one in ("stop", "pause", "list", "review")}
)
"""Commands that own, make or do not need the warehouse of the workspace."""

COMMANDS = {
    "init": ("init", "Make a workspace: folder, settings file and control store."),
    "up": ("serve", "Start console, HTTP API and worker in one process."),
    "demo": ("serve", "Play the whole loop, from a prompt to measured lift."),
    "doctor": ("doctor", "Check versions, folder, clock, warehouse, model endpoint, port."),
    "demo-data": ("data", "Write the demo warehouse; the same arguments give the same data."),
    "ask": ("ask", "Turn a prompt into a checked rule, a diagnosis or a number."),
    "approvals": ("governance", "Look at change requests and decide on them."),
    "rules": ("rules", "Published rules: versions, audiences, rollback, pause."),
    "simulate": ("simulate", "Rehearse a cycle for everybody: waterfall, overlap, caps, a week."),
    "backtest": ("backtest", "Replay a rule over past days, with what was known on each."),
    "staging": ("staging", "Try rules on the real data, sending nothing; promote them at once."),
    "canary": ("canary", "Versions for a share of users first: how they do, promote, stop."),
    "kill": ("kill", "Stop sends at once, those on their way included."),
    "unkill": ("kill", "Lift a kill switch."),
    "check": ("rulebook", "Hold rules in files against catalog, data and guardrails."),
    "emergency": ("emergency", "Stop, pause or roll back alone, whatever else is down."),
    "import": ("importing", "Bring rows into a canonical table, or rules of files to approvers."),
    "collect": ("collector", "Events that SDKs send: plan, sources, import, dead letters, replay."),
    "reprocess": ("reprocess", "Rebuild every table from the raw log, under any tracking plan."),
    "routing": ("routing", "Which events leave for which destination, and how many did."),
    "forget": ("forget", "Remove one person from everywhere, with a receipt."),
    "model": ("model", "Trait models: plan a change, propose it, build, history, rollback."),
    "identity": ("identity", "Who is one person and why; merge, un-merge, conflicts."),
    "sql": ("sql", "Check or run SQL over the catalog's tables."),
    "pipeline": ("pipeline", "Run every step from events to read-outs, or list what ran."),
    "status": ("pipeline", "Where the pipeline stands, what waits, what needs a person."),
    "alerts": ("alerts", "What needs a person, who acts, and the runbook."),
    "notify": ("notify", "Letters and webhooks about what needs people: list, test."),
    "digest": ("digest", "Your week: what waits, what changed, what it did; shown or sent."),
    "memory": ("memory", "What 'same as …' finds: list it, mark an answer as right."),
    "templates": ("templates", "What messages say: list, show, preview for a user."),
    "journeys": ("journeys", "Paths of steps that users go through: propose, look, migrate."),
    "cycle": ("loop", "Decide for everybody with the rules in force."),
    "explain": ("loop", "Say why a user gets something, or does not."),
    "report": ("report", "A rule or a decision, from its data to what came of it."),
    "replay": ("replay", "Decide once more from a cycle's record alone."),
    "deliver": ("deliver", "Send what was decided, and deal with what did not leave."),
    "inbox": ("inbox", "Tokens with which apps fetch the messages of one user."),
    "destinations": ("destinations", "Where messages may be sent to, and by which channel."),
    "offline": ("offline", "Lists for letters and calls, and what became of them."),
    "catalog": ("catalog", "What the catalog's files say and what is in force; propose changes."),
    "export": ("export", "The rulebook as files; audiences for paid channels, as hashes."),
    "sync": ("sync", "Tell engagement tools what changed of traits and audiences."),
    "measure": ("loop", "Read out what it did."),
    "people": ("people", "Who works here, what they may do, and whom they see."),
    "tokens": ("tokens", "Let programs in to the HTTP API, and out again."),
    "evals": ("scores", "Score the planner by what its rules select."),
    "backup": ("backup", "The control store in a file, while everything goes on."),
    "restore": ("backup", "The control store back from a file; held until it is accepted."),
    "audit": ("audit", "The append-only log of who did what."),
}
"""Where each command lives, and its line in the overview."""


class Overview(click.Group):
    """Imports a command only when it is called, so that help and light commands start at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a person meets them."""
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, from its module; None when there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"ui.cli.{COMMANDS[cmd_name][0]}")
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(module, f"{name}_" if iskeyword(name) else name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The overview, from the table: importing every command would take seconds."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])


@click.group(cls=Overview, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--workspace", type=click.Path(), help="Folder of the workspace.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--quiet", is_flag=True, help="No progress and no logs on stderr.")
@click.version_option(package_name="pilothouse", message="%(prog)s %(version)s")
@click.pass_obj
def group(session: Session, workspace: str | None, as_json: bool, quiet: bool) -> None:
    """Pilothouse: data in your warehouse, logic in one governed place."""
    if workspace:
        session.flags["workspace"] = workspace
    session.as_json, session.quiet = as_json, quiet


def run(argv: list[str], session: Session) -> Output:
    """Run one command and give what it gives. Raises click and Pilothouse refusals."""
    output: Any = group.main(args=argv, prog_name="pilothouse", standalone_mode=False, obj=session)
    return output if isinstance(output, Output) else Output("")


def answer(argv: list[str], session: Session) -> Answer:
    """Run one command; a refusal or a wrong usage becomes text and an exit status."""
    try:
        output = run(argv, session)
    except click.exceptions.Exit as stop:
        return Answer("", "", stop.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        return Answer("", error.ctx.get_help() if error.ctx else "", error.exit_code)
    except click.UsageError as error:
        hint = f"{error.ctx.get_usage()}\n" if error.ctx else ""
        return Answer("", f"{hint}Error: {error.format_message()}", error.exit_code)
    except click.ClickException as error:
        return Answer("", f"Error: {error.format_message()}", error.exit_code)
    except PilothouseError as error:
        return _refused(error, session.as_json or "--json" in argv)
    return Answer(shown(output, session), "", output.status)


def main(argv: list[str] | None = None) -> None:
    """The ``pilothouse`` command."""
    arguments = sys.argv[1:] if argv is None else argv
    session = Session(
        say=lambda text: click.echo(text, err=True), token=os.environ.get(TOKEN) or None
    )
    try:
        answered = _in_server_or_here(arguments, session)
    except (click.Abort, KeyboardInterrupt):
        answered = Answer("", "Stopped.", 130)
    if answered.text:
        click.echo(answered.text)
    if answered.error:
        click.echo(answered.error, err=True)
    sys.exit(answered.status)


def _in_server_or_here(arguments: list[str], session: Session) -> Answer:
    try:
        answered = remote.in_server(arguments, LOCAL)
    except PilothouseError as error:
        return _refused(error, "--json" in arguments)
    return answered or answer(arguments, session)


def _refused(error: PilothouseError, as_json: bool) -> Answer:
    document = {"refusals": [error.refusal.model_dump(mode="json")]}
    text = json.dumps(document, ensure_ascii=False, indent=2) if as_json else ""
    return Answer(text, f"{error.refusal.code}: {error}", 1)
