"""``tokens``: how programs are let in, to the HTTP API and to the command line."""

from __future__ import annotations

from datetime import datetime

import click

from control import tokens as kept
from control.tokens import Token, TokenScope
from ui.cli.session import Listing, Output, Session, common, said_by

AS = said_by("ada@demo", "Who does it.")


@click.group(cls=Listing)
def tokens() -> None:
    """Tokens with which programs get in: to the HTTP API, and to commands outside the demo."""


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
@click.option(
    "--days",
    type=click.IntRange(1, kept.MOST_DAYS),
    default=kept.DEFAULT_DAYS,
    show_default=True,
    help="How long it is good.",
)
@AS
@common
def create(session: Session, name: str, scopes: tuple[str, ...], days: int, email: str) -> Output:
    """Make a token. Its secret is shown once, here, and kept nowhere."""
    chosen = frozenset(TokenScope(one) for one in scopes)
    with session.workspace() as workspace:
        who, now = session.person(workspace, email).email, workspace.now()
        secret = kept.create(workspace.store, name, chosen, who=who, now=now, days=days)
    used = (
        f"Send it as 'Authorization: Bearer {kept.PREFIX}…'."
        if chosen == {TokenScope.DECIDE}
        else "Commands take it from PILOTHOUSE_TOKEN."
    )
    document = {"name": name, "scopes": sorted(scopes), "days": days, "secret": secret}
    return Output(f"{secret}\nShown once, good for {days} days. {used}", document)


@tokens.command("list")
@common
def list_tokens(session: Session) -> Output:
    """Every token without its secret: how it begins, until when it is good, when it was used."""
    with session.workspace() as workspace:
        found, now = kept.list_all(workspace.store), workspace.now()
    document = [one._asdict() | {"scopes": sorted(one.scopes)} for one in found]
    return Output("\n".join(_line(one, now) for one in found) or "There are no tokens.", document)


@tokens.command("revoke")
@click.argument("name")
@AS
@common
def revoke(session: Session, name: str, email: str) -> Output:
    """Let nobody in with it from now on."""
    with session.workspace() as workspace:
        who = session.person(workspace, email).email
        kept.revoke(workspace.store, name, who=who, now=workspace.now())
    return Output(f"{name} is revoked.", {"name": name})


def _line(one: Token, now: datetime) -> str:
    if one.revoked_at:
        stands = f"revoked {one.revoked_at:%Y-%m-%d}"
    elif one.expires_at <= now:
        stands = f"ended {one.expires_at:%Y-%m-%d}"
    else:
        used = f"used {one.last_used_at:%Y-%m-%d}" if one.last_used_at else "not used yet"
        stands = f"of {one.created_by} until {one.expires_at:%Y-%m-%d}, {used}"
    begins = f"{one.prefix}…" if one.prefix else ""
    return f"{one.name:<24} {begins:<12} {', '.join(sorted(one.scopes)):<12} {stands}"
