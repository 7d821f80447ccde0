"""``approvals``: who decided what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from control import requests, versions
from control.requests import ChangeRequest, DiffLine
from core.canary import CanaryAsk
from core.lifecycle import State, Verdict
from core.schedule import Window
from ui.cli.canary_options import canary_options
from ui.cli.effect_words import finding_lines, rule_effect_lines
from ui.cli.lifecycle import COMMANDS, window_options
from ui.cli.session import Listing, Output, Session, common, looked_at_by, said_by
from ui.console.view.agreement import agreement_line, agreement_lines
from ui.console.view.data_change import (
    diff_words,
    moves_channels,
    outcome_lines,
    part_line,
    readers,
)
from ui.console.view.diff import SAME, plain_rows
from ui.console.view.journey import effect_lines, step_lines
from ui.console.view.jump import jump_lines
from ui.outcome_words import evaluation_lines
from ui.row_limits import unnamed

if TYPE_CHECKING:
    from ui.workspace import Workspace

APPROVER = "pavel@demo"


@click.group(cls=Listing)
def approvals() -> None:
    """Look at change requests and decide on them."""


@approvals.command("list")
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only these.")
@common
def list_command(session: Session, state: str | None) -> Output:
    """List change requests, oldest first."""
    with session.workspace() as workspace:
        found = requests.list_all(workspace.store, State(state) if state else None)
    found = sorted(found, key=lambda request: (request.created_at, request.id))
    lines = [
        f"{request.id:<7} {request.state:<18} {request.target_key:<28} by {request.author}"
        f"{', suspended' if request.suspended else ''}"
        f"{f', at {request.window}' if request.window else ''}"
        f"{f', escalated to {request.escalated.to_role}' if request.escalated else ''}"
        f"{f', {agreement_line(request)}' if _takes_several(request) else ''}"
        for request in found
    ]
    return Output("\n".join(lines) or "No change requests.", found)


@approvals.command("show")
@click.argument("request_id")
@looked_at_by
@common
def show_command(session: Session, request_id: str, email: str | None) -> Output:
    """Show one change request."""
    with session.workspace() as workspace:
        request = requests.get(workspace.store, request_id)
        if session.sight(workspace, email).limits:
            request = unnamed(request)
        return Output(_card(request, workspace), request)


def _decide(
    session: Session,
    request_id: str,
    email: str,
    verdict: Verdict,
    note: str,
    canary: CanaryAsk | None = None,
    window: Window | None = None,
) -> Output:
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        request = workspace.decide(request_id, person, verdict, note, canary=canary, window=window)
    if verdict == "approve" and request.state is State.IN_REVIEW:
        told = f"{request.id} ({request.target_key}) has {agreement_line(request)}."
        return Output(told, request)
    state = request.state.replace("_", " ")
    for_whom = f" for {canary.share * 100:.3g} % of the users" if canary else ""
    return Output(f"{request.id} ({request.target_key}) is {state}{for_whom}.", request)


def _takes_several(request: ChangeRequest) -> bool:
    return request.state is State.IN_REVIEW and request.approvals_needed != 1


def _verdict_command(name: str, verdict: Verdict, about: str) -> None:
    @approvals.command(name, help=about)
    @click.argument("request_id")
    @said_by(APPROVER, "Who decides.")
    @click.option("--comment", default="", help="Why; needed.")
    @common
    def command(session: Session, request_id: str, email: str, comment: str) -> Output:
        return _decide(session, request_id, email, verdict, comment)


@approvals.command("approve")
@click.argument("request_id")
@said_by(APPROVER, "Who decides.")
@click.option("--comment", default="", help="Why.")
@canary_options
@window_options
@common
def approve_command(
    session: Session,
    request_id: str,
    email: str,
    comment: str,
    canary: CanaryAsk | None,
    window: Window | None,
) -> Output:
    """Approve a change request; it goes live, for everybody or as a canary for some first.

    With --at it goes live then, and with --until not after that.
    """
    return _decide(session, request_id, email, "approve", comment, canary, window)


_verdict_command("reject", "reject", "Reject a change request.")
_verdict_command("request-changes", "request_changes", "Send a change request back.")
for command in COMMANDS:
    approvals.add_command(command)


def _card(request: ChangeRequest, workspace: Workspace) -> str:
    lines = [
        f"{request.id}  {request.name} ({request.target_key})",
        f"State      {request.state.replace('_', ' ')}",
        *_held(request),
        f"Author     {request.author}",
        *agreement_lines(request),
        f"{'Reason' if request.has_reason else 'Prompt'}     {request.prompt}",
        *_what(request, workspace),
        *finding_lines(request.findings),
    ]
    if request.review:
        review = request.review
        verdict = review.verdict.replace("_", " ")
        lines.append(f"Verdict    {verdict}, by {review.by}: {review.comment}".rstrip(": "))
    return "\n".join([*lines, *evaluation_lines(request.evaluations)])


def _held(request: ChangeRequest) -> list[str]:
    told = []
    if held := request.suspended:
        since = f"{held.by}, {held.at:%Y-%m-%d %H:%M}"
        told += [f"Suspended  {held.why} ({since})", f"           {held.fix}"]
    if request.window:
        told.append(f"Goes live  {request.window}")
    if late := request.escalated:
        told.append(f"Escalated  to {late.to_role}: due by {late.review_by:%Y-%m-%d %H:%M}")
    return told


def _what(request: ChangeRequest, workspace: Workspace) -> list[str]:
    if request.changes_data:
        return _data_card(request)
    if jump := request.jump:
        return [f"Held       {line}" for line in jump_lines(jump)]
    if journey := request.journey:
        effect = request.journey_effect
        told = effect_lines(effect) if effect else []
        steps = step_lines(journey, workspace.catalog)
        return [f"Effect     {line}" for line in told] + [f"Step       {one}" for one in steps]
    return _rule_card(request, workspace)


def _rule_card(request: ChangeRequest, workspace: Workspace) -> list[str]:
    return [*_reach(request), *rule_effect_lines(request), *_changes(request, workspace)]


def _reach(request: ChangeRequest) -> list[str]:
    effect = request.preview
    if effect is None:
        return []
    return [
        f"Reach      {effect.audience_size:,} of {effect.population_size:,} users "
        f"({effect.population}), {effect.reachable_size:,} reachable",
        *(f"           {step.clause}: {step.remaining:,}" for step in effect.waterfall),
    ]


def _changes(request: ChangeRequest, workspace: Workspace) -> list[str]:
    """What differs from the rule in force, in the words of the console."""
    live = versions.current(workspace.store, request.target_key)
    rows = plain_rows(live.artifact if live else None, request.rule, workspace.catalog)
    return [
        f"{row.change:<10} {row.what}: {' → '.join(filter(None, (row.live, row.proposed)))}"
        for row in rows
        if row.change != SAME
    ]


def _data_card(request: ChangeRequest) -> list[str]:
    """What a change of the data layer does, then what differs in it."""
    effect = request.data_effect
    told: list[str] = []
    if effect is not None:
        told += [f"Effect     {line}" for line in outcome_lines(effect)]
        told += [f"Part       {part_line(part)}" for part in effect.changed]
        told += [
            f"Sent by    {one.name} sends by {one.reads}"
            if moves_channels(effect)
            else f"Read by    {one.name} reads {one.reads}: {one.outcome}"
            for one in readers(effect.downstream)
        ]
        told += [
            f"Sample     {one.subject}, {one.what}: {one.before} → {one.after}"
            for one in effect.samples
        ]
        told += [f"Note       {note}" for note in effect.notes]
    return told + [line for place in request.rule_diff for line in _difference(place)]


def _difference(line: DiffLine) -> list[str]:
    if line.change == SAME.lower():
        return []
    if line.patch is not None:
        return [f"{line.change.title():<10} {line.path}", line.patch]
    place, live, proposed = diff_words(line)
    return [f"{line.change.title():<10} {place}: {live} → {proposed}"]
