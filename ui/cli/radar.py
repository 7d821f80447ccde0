"""``collect radar``: events that are sent under names nobody planned."""

from __future__ import annotations

from typing import Any

import click

from core.errors import Code, refuse
from ui.cli.session import Output, Session, common, said_by
from ui.plan_effects import DAYS
from ui.radar import Seen, evidence, look, propose


@click.command()
@click.option("--days", type=click.IntRange(1, 3650), default=DAYS, show_default=True)
@click.option("--propose", "send", is_flag=True, help="Send what is open for approval.")
@click.option("--only", multiple=True, metavar="NAME", help="Only these names that were sent.")
@said_by("ana@demo", "Who proposes it.")
@common
def radar(session: Session, days: int, send: bool, only: tuple[str, ...], email: str) -> Output:
    """Find planned events under other names; --propose sends them for approval as aliases."""
    with session.workspace() as workspace:
        found = [one for one in look(workspace, days=days) if not only or _named(one) in only]
        _require_known(found, only)
        open_ones = [one.candidate for one in found if one.open]
        if not send or not open_ones:
            return _answer(found, None)
        author = session.person(workspace, email)
        request = propose(workspace, open_ones, author=author, days=days)
    return _answer(found, request.id)


def _named(one: Seen) -> str:
    return one.candidate.sent_name


def _require_known(found: list[Seen], only: tuple[str, ...]) -> None:
    if missing := sorted({*only} - {_named(one) for one in found}):
        raise refuse(
            Code.UNKNOWN_EVENT,
            f"The radar sees no planned event in '{missing[0]}'.",
            span=missing[0],
            fix="Look at what it sees with 'pilothouse collect radar'.",
        )


def _answer(found: list[Seen], request_id: str | None) -> Output:
    lines = [line for one in found for line in (_line(one), *_indented(one))]
    if request_id:
        lines.append(f"{request_id} waits for approval: 'pilothouse approvals show {request_id}'.")
    document = {"candidates": [_document(one) for one in found], "change_request": request_id}
    return Output("\n".join(lines) or "No event seems to be sent under another name.", document)


def _line(one: Seen) -> str:
    at = f" ({one.change_request_id})" if one.change_request_id else ""
    return f"{one.candidate.sent_name} → {one.candidate.event_name}: {one.standing}{at}"


def _indented(one: Seen) -> list[str]:
    return [f"    {sentence}" for sentence in evidence(one.candidate)]


def _document(one: Seen) -> dict[str, Any]:
    views = {
        view: None if value is None else round(value, 3)
        for view, value in one.candidate.views._asdict().items()
    }
    standing = {"standing": one.standing, "change_request": one.change_request_id}
    return one.candidate._asdict() | {"views": views} | standing
