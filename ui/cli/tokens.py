"""``tokens``: how programs are let in to the HTTP API."""

from __future__ import annotations

import click

from control import tokens as kept
from control.people import Person
from control.tokens import TokenScope
from core.errors import Code, refuse
from core.lifecycle import Role
from ui.cli.session import Listing, Output, Session, common

AS = click.option("--as", "email", default="ada@demo", show_default=True, help="Who does it.")


@click.group(cls=Listing)
def tokens() -> None:
    """Tokens with which programs call the HTTP API."""


@tokens.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in TokenScope]),
    help="What it may be used for; may be given more than once.",
)
@AS
@common
def create(session: Session, name: str, scopes: tuple[str, ...], email: str) -> Output:
    """Make a token. Its secret is shown once, here, and kept nowhere."""
    with session.workspace() as workspace:
        who = _admin(session.person(workspace, email))
        chosen = frozenset(TokenScope(one) for one in scopes)
        secret = kept.create(workspace.store, name, chosen, who=who, now=workspace.now())
    text = f"{secret}\nShown once. Send it as 'Authorization: Bearer {kept.PREFIX}…'."
    return Output(text, {"name": name, "scopes": sorted(scopes), "secret": secret})


@tokens.command("list")
@common
def list_tokens(session: Session) -> Output:
    """Every token without its secret."""
    with session.workspace() as workspace:
        found = kept.list_all(workspace.store)
    lines = [
        f"{one.name:<24} {', '.join(sorted(one.scopes)):<12} "
        + (f"revoked {one.revoked_at:%Y-%m-%d}" if one.revoked_at else f"by {one.created_by}")
        for one in found
    ]
    document = [one._asdict() | {"scopes": sorted(one.scopes)} for one in found]
    return Output("\n".join(lines) or "There are no tokens.", document)


@tokens.command("revoke")
@click.argument("name")
@AS
@common
def revoke(session: Session, name: str, email: str) -> Output:
    """Let nobody in with it from now on."""
    with session.workspace() as workspace:
        who = _admin(session.person(workspace, email))
        kept.revoke(workspace.store, name, who=who, now=workspace.now())
    return Output(f"{name} is revoked.", {"name": name})


def _admin(person: Person) -> str:
    if Role.ADMIN not in person.roles:
        raise refuse(
            Code.NOT_ALLOWED,
            "Only an admin lets programs in.",
            span=person.email,
            fix="Ask an admin for a token.",
        )
    return person.email
