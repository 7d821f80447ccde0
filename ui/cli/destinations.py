"""``destinations``: where messages may be sent to, and whether that is set up."""

from __future__ import annotations

from typing import Any

import click

from ui.cli.session import Listing, Output, Session, common


@click.group(cls=Listing)
def destinations() -> None:
    """Where messages may be sent to, and whether that is set up."""


@destinations.command("list")
@common
def list_(session: Session) -> Output:
    """List every destination, with what it can do; secrets are not shown."""
    from ui.destinations import listed

    found = listed(session.settings())
    return Output("\n".join(_line(one) for one in found), found)


@destinations.command()
@click.option("--reach", is_flag=True, help="Also ask whether anybody answers there.")
@common
def check(session: Session, reach: bool) -> Output:
    """Check that every destination is set up; credentials are not tried."""
    from ui.destinations import listed, reached

    settings = session.settings()
    unreached = reached(settings) if reach else {}
    found = [one | {"unreached": unreached.get(one["name"])} for one in listed(settings)]
    wrong = [one for one in found if one["refusal"] or one["unreached"]]
    document = {"fine": not wrong, "destinations": found}
    fine = f"{len(found)} destinations, nothing wrong."
    return Output("\n".join(_wrong(one) for one in wrong) or fine, document, int(bool(wrong)))


def _line(one: dict[str, Any]) -> str:
    head = f"{one['name']:<16} {one['kind'] or '-':<12}"
    if one["refusal"]:
        return f"{head} NOT usable: {one['refusal']['message']} {one['refusal']['fix']}"
    return f"{head} {one['url'] or 'on this machine'}: {', '.join(one['can']) or 'sends'}"


def _wrong(one: dict[str, Any]) -> str:
    refusal = one["refusal"]
    if refusal:
        return f"{one['name']}: {refusal['message']} {refusal['fix']}"
    return f"{one['name']}: nobody answers at {one['url']}: {one['unreached']}."
