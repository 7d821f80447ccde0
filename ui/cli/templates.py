"""``templates``: what messages say, whether they can be filled, and what somebody would read."""

from __future__ import annotations

from typing import Any

import click

from ui.cli.session import Listing, Output, Session, common, looked_at_by


@click.group(cls=Listing)
def templates() -> None:
    """What messages say: templates of the catalog, by key."""


@templates.command("list")
@common
def list_command(session: Session) -> Output:
    """Every template, its channels, who uses it, and whether it can be filled."""
    from ui import previewing

    with session.workspace() as workspace:
        found = previewing.listed(workspace)
    lines = [_line(one) for one in found]
    text = "\n".join(lines) or "The catalog has no templates.yaml yet."
    return Output(text, found, configured=True)


@templates.command("show")
@click.argument("key")
@common
def show_command(session: Session, key: str) -> Output:
    """One template: its words, its variables and where each has its value from."""
    from ui import previewing

    with session.workspace() as workspace:
        found = previewing.described(workspace, key)
    return Output("\n".join(_described(found)), found, configured=True)


@templates.command("preview")
@click.argument("key")
@click.option("--user", help="For whom; the first user by id unless told otherwise.")
@looked_at_by
@common
def preview_command(session: Session, key: str, user: str | None, email: str | None) -> Output:
    """What a user would read. Personal data is withheld; exit 1 when nothing would be sent."""
    from ui import previewing
    from ui.row_limits import require_within

    with session.workspace() as workspace:
        sight = session.sight(workspace, email)
        if user is not None:  # before anything is said of whether there is such a user
            require_within(workspace, sight, user)
        found = previewing.preview(workspace, key, user, limits=sight.limits)
    if not found["leaves"]:
        names = ", ".join(f"${name}" for name in found["missing"])
        text = f"Nothing would be sent to {found['user_id']}: there is no value for {names}."
        return Output(text, found, status=1)
    lines = [f"To {found['user_id']}", f"Subject: {found['subject']}", "", found["body"]]
    if found["html"]:
        lines += ["", "HTML:", found["html"]]
    return Output("\n".join(lines), found)


def _line(one: dict[str, Any]) -> str:
    used = f"used by {_users(one)}" if one["used_by"] else "not used"
    line = f"{one['key']:<24} {', '.join(one['channels']):<16} {used}"
    return "\n".join([line, *(f"  problem: {problem}" for problem in one["problems"])])


def _users(one: dict[str, Any]) -> str:
    return ", ".join(
        rule["rule"] if rule["approved"] else f"{rule['rule']} (changed after the approval)"
        for rule in one["used_by"]
    )


def _described(one: dict[str, Any]) -> list[str]:
    lines = [_line(one), f"Subject: {one.get('subject', '')}", "", one["body"]]
    if "html" in one:
        lines += ["", "HTML:", one["html"]]
    if "variables" in one:
        lines += ["", "Variables:"]
        lines += [f"  ${name:<16} {_source(body)}" for name, body in one["variables"].items()]
    return lines


def _source(body: dict[str, Any]) -> str:
    kind = next(name for name in ("column", "trait", "offer", "constant") if name in body)
    said = [f"{kind} {body[kind]}", body.get("type", "string")]
    if "fallback" in body:
        said.append(f"or '{body['fallback']}'")
    elif not body.get("required", True):
        said.append("may be empty")
    elif kind != "constant":
        said.append("required")
    return ", ".join([*said, *(["personal"] if body.get("personal") else [])])
