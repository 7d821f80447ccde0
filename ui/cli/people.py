"""``people``: who works here, what they may do, and whom they see."""

from __future__ import annotations

import click

from control import membership, tokens
from control.membership import Member
from control.tokens import TokenScope
from core.errors import Code, PilothouseError, refuse
from core.lifecycle import Role
from ui.cli.session import TOKEN, Listing, Output, Session, common, said_by
from ui.workspace import Workspace
from warehouse.catalog import unknown_name

AS = said_by("ada@demo", "Who does it: an admin.")
SIGHT = "personal-data"
"""What may be granted besides roles: personal data in the clear."""
GRANTED = click.Choice([*(role.value for role in Role), SIGHT])


@click.group(cls=Listing)
def people() -> None:
    """Who works here, what they may do, and whom they see."""


@people.command("list")
@common
def list_people(session: Session) -> Output:
    """Everybody with what was granted to them, and those who left."""
    with session.workspace() as workspace:
        found = membership.members(workspace.store)
    text = "\n".join(_line(one) for one in found) or "Nobody yet: add the first admin."
    return _told(text, [one._asdict() for one in found])


@people.command()
@click.argument("whom", metavar="EMAIL")
@click.option("--name", required=True, help="What they are called.")
@AS
@common
def add(session: Session, whom: str, name: str, email: str) -> Output:
    """Let somebody be known; without a role they see nothing but the door.

    While nobody is an admin, whoever has the machine adds the first one, and is shown a token.
    """
    with session.workspace() as workspace:
        store, now = workspace.store, workspace.now()
        if workspace.settings.identity != "demo" and not membership.has_an_admin(store):
            return _first(workspace, whom, name)
        by = session.person(workspace, email)
        membership.add(store, whom, name, by=by, now=now)
    text = f"{whom} is known here. Give them a role: 'pilothouse people grant {whom} ROLE'."
    return _told(text, {"email": whom, "name": name, "roles": []})


def _first(workspace: Workspace, whom: str, name: str) -> Output:
    store, now = workspace.store, workspace.now()
    membership.add_first(store, whom, name, now=now)
    owner, scopes = membership.checked_address(whom), frozenset({TokenScope.ADMINISTER})
    token = f"first admin {now:%Y-%m-%d %H:%M:%S}"
    secret = tokens.create(store, token, scopes, who=owner, now=now)
    text = f"{owner} is the first admin.\n{secret}\nShown once: commands take it from {TOKEN}."
    return _told(text, {"email": owner, "name": name, "roles": [Role.ADMIN], "secret": secret})


@people.command()
@click.argument("whom", metavar="EMAIL")
@click.argument("what", type=GRANTED, metavar="ROLE")
@AS
@common
def grant(session: Session, whom: str, what: str, email: str) -> Output:
    """Give somebody a role, or sight of personal data; nobody gives themselves anything.

    ROLE is marketer, analyst, approver, admin or personal-data.
    """
    with session.workspace() as workspace:
        by, now = session.person(workspace, email), workspace.now()
        if what == SIGHT:
            membership.show_personal(workspace.store, whom, True, by=by, now=now)
        else:
            membership.grant(workspace.store, whom, Role(what), by=by, now=now)
    return _told(f"{whom} has {what}.", {"email": whom, "granted": what})


@people.command()
@click.argument("whom", metavar="EMAIL")
@click.argument("what", type=GRANTED, metavar="ROLE")
@AS
@common
def revoke(session: Session, whom: str, what: str, email: str) -> Output:
    """Take it away again: it is gone at once, in open sessions and running prompts too."""
    with session.workspace() as workspace:
        by, now = session.person(workspace, email), workspace.now()
        if what == SIGHT:
            membership.show_personal(workspace.store, whom, False, by=by, now=now)
        else:
            membership.revoke(workspace.store, whom, Role(what), by=by, now=now)
    return _told(f"{whom} has {what} no longer.", {"email": whom, "revoked": what})


@people.command()
@click.argument("whom", metavar="EMAIL")
@AS
@common
def remove(session: Session, whom: str, email: str) -> Output:
    """Let somebody have left: roles, grants and tokens go; what they wrote and decided stays."""
    with session.workspace() as workspace:
        by = session.person(workspace, email)
        membership.remove(workspace.store, whom, by=by, now=workspace.now())
    return _told(f"{whom} has left.", {"email": whom, "left": True})


@people.command()
@click.argument("whom", metavar="EMAIL")
@AS
@common
def unbind(session: Session, whom: str, email: str) -> Output:
    """Forget which account of the identity provider is theirs, as after a change of provider."""
    with session.workspace() as workspace:
        by = session.person(workspace, email)
        membership.unbind(workspace.store, whom, by=by, now=workspace.now())
    return _told(f"The next account that proves {whom} is theirs.", {"email": whom})


@people.command()
@click.argument("whom", metavar="EMAIL")
@click.option("--country", help="Only users of these countries, as DE,AT.")
@click.option("--only", multiple=True, metavar="COLUMN=VALUES", help="Only users with these.")
@click.option("--none", "lifted", is_flag=True, help="Lift every limit.")
@AS
@common
def limit(
    session: Session,
    whom: str,
    country: str | None,
    only: tuple[str, ...],
    lifted: bool,
    email: str,
) -> Output:
    """Let somebody see only some of the users, wherever single users are shown."""
    asked = [*only, *([f"country={country}"] if country else [])]
    if lifted == bool(asked):
        raise click.UsageError("Say --country or --only, or --none.")
    with session.workspace() as workspace:
        limits = dict(_limit(one, workspace) for one in asked)
        by = session.person(workspace, email)
        membership.limit(workspace.store, whom, limits, by=by, now=workspace.now())
    said = "; ".join(f"{column} {', '.join(values)}" for column, values in limits.items())
    return Output(
        f"{whom} sees users of {said or 'everywhere'}.", {"email": whom, "limits": limits}
    )


def _told(text: str, document: object) -> Output:
    """What names people who work here is no data of users."""
    return Output(text, document, configured=True)


def _limit(asked: str, workspace: Workspace) -> tuple[str, tuple[str, ...]]:
    column, _, given = asked.partition("=")
    known = workspace.catalog.user_columns()
    values = tuple(value.strip() for value in given.split(",") if value.strip())
    if column not in known:
        raise PilothouseError(unknown_name(Code.UNKNOWN_COLUMN, "column", column, list(known)))
    if known[column].type != "string" or known[column].data_class != "public" or not values:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"'{asked}' is no limit: it takes a public text column of users and its values.",
            span=asked,
            fix="Say for example --only country=DE,AT.",
        )
    return column, values


def _line(one: Member) -> str:
    stands = ", ".join(one.roles) or "no role"
    if one.left is not None:
        stands = f"left {one.left:%Y-%m-%d}"
    more: list[str] = []
    if one.sees_personal:
        more.append("sees personal data")
    more += [f"only {column} {', '.join(values)}" for column, values in one.limits.items()]
    return f"{one.email:<32} {one.name:<20} " + "; ".join([stands, *more])
