"""What every command shares: global options, the open workspace, and what it gives back.

A command never prints: it gives an ``Output``, so that the same command runs in
this process or, for a client, inside the server that owns the warehouse.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click
from pydantic import BaseModel

from core.errors import Code, refuse
from core.lifecycle import Role
from core.masking import MASKED, Sight, masked, masked_text
from core.settings import Settings
from ui.environment import load_settings

if TYPE_CHECKING:
    from control.people import Person
    from ui.workspace import Workspace

TOKEN = "PILOTHOUSE_TOKEN"
"""The environment variable from which commands take a token."""
Command = TypeVar("Command", bound=Callable[..., Any])


class Output(NamedTuple):
    """A command's result: text for a person, a document for ``--json``, and the exit status."""

    text: str
    document: Any = None
    status: int = 0
    configured: bool = False
    """Whether addresses in it are what the team wrote itself, such as the sender of a template."""


class Viewer(NamedTuple):
    """Who gives a command, for what they see of people's data."""

    email: str
    sight: Sight
    at: datetime


@dataclass
class Session:
    """One invocation of the command line."""

    flags: dict[str, Any] = field(default_factory=dict)
    as_json: bool = False
    quiet: bool = False
    served: Workspace | None = None
    """The server's own workspace, when the command runs inside the server."""
    folder: Path = field(default_factory=Path.cwd)
    """Where the person stands: what a relative path is relative to."""
    stdin: str | None = None
    """What a client of the server piped in."""
    say: Callable[[str], None] = lambda _text: None
    """Progress, for a person, on stderr."""
    token: str | None = None
    """The secret with which whoever gives the command says who they are, outside the demo."""
    command: str = ""
    """What is run, in the words of the command line, without what it was given."""
    viewer: Viewer | None = None
    """Who gave the command; nobody sees personal data in the clear without being somebody."""
    colleagues: frozenset[str] = frozenset()
    """Addresses of those who work here: they are not masked."""
    recorded: bool = False
    """Whether the command itself put on record what it shows."""

    def settings(self) -> Settings:
        """The settings of this invocation."""
        return self.served.settings if self.served else load_settings(self.flags)

    @contextmanager
    def workspace(self) -> Iterator[Workspace]:
        """The workspace: the server's, or opened for this command and closed after it."""
        if self.served is not None:
            self._know(self.served)
            yield self.served
            return
        # The agent behind a workspace takes seconds to import: only who opens one waits for it.
        from ui.workspace import open_workspace

        opened = open_workspace(self.settings())
        try:
            self._know(opened)
            yield opened
        finally:
            opened.close()

    def _know(self, workspace: Workspace) -> None:
        from control.sights import colleagues

        self.colleagues = colleagues(workspace.store)

    def person(self, workspace: Workspace, email: str) -> Person:
        """Who gives the command: only the demo takes anybody's word for it, elsewhere a token."""
        from control.sights import sight_of

        is_demo = workspace.settings.identity == "demo"
        person = workspace.person(email) if is_demo else self._of_token(workspace)
        self.viewer = Viewer(person.email, sight_of(workspace.store, person), workspace.now())
        return person

    def _of_token(self, workspace: Workspace) -> Person:
        from control.tokens import person_of

        if not self.token:
            raise refuse(
                Code.NOT_ALLOWED,
                "'--as' names a person only in the demo workspace.",
                span="--as",
                fix=f"Sign in to the console, or give commands with a token in {TOKEN}.",
            )
        person = person_of(workspace.store, self.token, now=workspace.now())
        if person is None:
            raise refuse(
                Code.NOT_ALLOWED,
                f"The token in {TOKEN} was revoked, has ended, or gives no commands.",
                span=TOKEN,
                fix="Make another one with 'pilothouse tokens create'.",
            )
        return person

    def sight(self, workspace: Workspace, email: str | None) -> Sight:
        """What whoever gives the command sees of people's data; no name given is nobody."""
        if email is not None or (self.token and workspace.settings.identity != "demo"):
            self.person(workspace, email or "")
        return self.viewer.sight if self.viewer else MASKED

    def record(self, note: str = "") -> None:
        """Put on record that personal data is shown, before it is."""
        from control.sights import record_view
        from control.store import open_store

        if self.viewer is None or self.recorded:
            return
        store = self.served.store if self.served else open_store(self.settings().control_url)
        try:
            record_view(store, self.viewer.email, self.command, now=self.viewer.at, note=note)
            self.recorded = True
        finally:
            if self.served is None:
                store.close()

    def admin(self, workspace: Workspace, email: str, deed: str) -> Person:
        """Who gives a command that only an admin may; ``deed`` completes "may not …"."""
        person = self.person(workspace, email)
        if Role.ADMIN not in person.roles:
            raise refuse(
                Code.NOT_ALLOWED,
                f"{email} may not {deed}: only an admin may.",
                span=email,
                fix="Ask an admin.",
            )
        return person

    def piped(self) -> str:
        """Standard input: this process's, or the client's."""
        return sys.stdin.read() if self.stdin is None else self.stdin

    def speak_as_told(self) -> None:
        """Logs and progress go to stderr; ``--quiet`` leaves only warnings."""
        if self.served is not None:
            return
        from ui import telemetry

        serves = click.get_current_context().info_name in ("up", "serve")
        telemetry.configure_logging(quiet=self.quiet or not serves)
        if self.quiet:
            self.say = lambda _text: None


def render(output: Output, session: Session) -> str:
    """What goes to stdout."""
    if not session.as_json:
        return output.text
    return json.dumps(plain(output.document), ensure_ascii=False, indent=2, default=str)


def plain(document: Any) -> Any:
    """A document as JSON values."""
    if isinstance(document, BaseModel):
        return document.model_dump(mode="json")
    if isinstance(document, dict):
        return {key: plain(value) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [plain(value) for value in document]
    if isinstance(document, datetime):
        return document.isoformat()
    return document


def shown(output: Output, session: Session) -> str:
    """What goes to stdout, as whoever gave the command may see it.

    Personal data in the clear is put on record first.
    """
    text = render(output, session)
    if output.configured or "@" not in text:
        return text
    keep = session.colleagues
    veiled = Output(masked_text(output.text, keep), masked(plain(output.document), keep))
    without = render(veiled, session)
    if without == text or not (session.viewer and session.viewer.sight.clear):
        return without
    session.record()
    return text


class Listing(click.Group):
    """A group whose overview says what each command does in a whole sentence, wrapped, not cut."""

    group_class = type

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The overview."""
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, one.get_short_help_str(limit=1_000)) for name, one in found if one]
            )


def said_by(email: str, about: str) -> Callable[[Command], Command]:
    """The option ``--as``: who gives the command in the demo, and what that means for it."""
    return click.option("--as", "email", default=email, show_default=True, help=about)


def looked_at_by(command: Command) -> Command:
    """The option ``--as`` of a command that shows people's data: whose sight counts."""
    about = "Who looks. Without it nothing personal is shown in the clear."
    return click.option("--as", "email", default=None, help=about)(command)


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """The global options, so that they may stand after the command as well."""

    @click.option("--workspace", type=click.Path(), help="Folder of the workspace.")
    @click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
    @click.option("--quiet", is_flag=True, help="No progress and no logs on stderr.")
    @click.pass_obj
    @functools.wraps(command)
    def wrapped(
        session: Session, /, workspace: str | None, as_json: bool, quiet: bool, **rest: Any
    ) -> Any:
        if workspace:
            session.flags["workspace"] = workspace
        session.as_json = session.as_json or as_json
        session.quiet = session.quiet or quiet
        session.speak_as_told()
        session.command = click.get_current_context().command_path.partition(" ")[2]
        return command(session, **rest)

    return wrapped


class Moment(click.ParamType):
    """A moment in ISO 8601; without an offset it is UTC. Gives naive UTC."""

    name = "timestamp"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Parse, or fail with an example."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no moment such as 2026-06-29 or 2026-06-29T12:00.", param, ctx)
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


MOMENT = Moment()
