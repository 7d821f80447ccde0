"""``inbox``: tokens with which an app fetches the messages of one user."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from core.errors import Code, refuse
from deliver.registry import destinations_of
from deliver.user_tokens import LONGEST, made
from ui.cli.session import Listing, Output, Session, common
from ui.inbox import token_secrets


@click.group(cls=Listing)
def inbox() -> None:
    """The inbox that apps and pages fetch at GET /v1/inbox."""


@inbox.command("token")
@click.argument("user")
@click.option(
    "--hours",
    type=click.FloatRange(0, LONGEST.total_seconds() / 3600, min_open=True),
    default=1.0,
    show_default=True,
    help="How long it is good.",
)
@common
def token(session: Session, user: str, hours: float) -> Output:
    """Make a token for USER, to try the inbox with; in earnest the team's own server makes them."""
    secrets = token_secrets(session.settings())
    if not secrets:
        destinations_of(session.settings())  # which says what is wrong with one that is there
        raise refuse(
            Code.SETTINGS_INVALID,
            "This workspace has no inbox.",
            span="destinations",
            fix='Add [destinations.inbox] with kind = "inbox" and token_secrets to '
            "pilothouse.toml.",
        )
    lasts, now = timedelta(hours=hours), datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    secret = made(user, secrets[0], now=now, lasts=lasts)
    document = {"token": secret, "user_id": user, "expires_at": f"{(now + lasts).isoformat()}Z"}
    return Output(secret, document)
