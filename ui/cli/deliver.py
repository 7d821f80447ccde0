"""``deliver``: send what was decided, look how that goes, and deal with what needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from control.receipts import Told, standing
from core.lifecycle import IntentState
from core.reasons import BY_CODE
from deliver import by_hand, cancellations
from deliver.cancellations import Stands
from deliver.kept_back import KeptBack, kept_back
from deliver.standing import Standing, standings
from ui import cancelling, staging
from ui.channel_routes import shown
from ui.cli.session import Listing, Output, Session, common, looked_at_by, said_by
from ui.receiving import apply_receipts
from ui.row_limits import within

ASKED = {
    "waiting": "{} did not say whether it took it back; it is asked again",
    "taken_back": "{} took it back",
    "too_late": "{} did not take it back: it stays accepted",
    "unanswered": "{} never said whether it took it back: it stays accepted",
}
"""What came of asking a destination for a message."""
NEED_SOMEBODY = (IntentState.AMBIGUOUS, IntentState.REJECTED)
KEPT_HELP = "List the messages that this reason code keeps or ended instead, as CAP_REACHED."


@click.group(cls=Listing)
def deliver() -> None:
    """Send what was decided."""


@deliver.command("run")
@common
def run(session: Session) -> Output:
    """Send everything that is due, each message to the destination of its channel."""
    with session.workspace() as workspace:
        # Who has just opted out gets nothing more.
        apply_receipts(workspace)
        report = workspace.deliver()
        letters = staging.write_letters(workspace)
        folder = workspace.mailbox_folder
    text = (
        f"{report.delivered:,} delivered, {report.stopped:,} stopped before sending, "
        f"{report.waiting:,} waiting for a later moment. Mailbox: {folder}"
    )
    elsewhere = {name: n for name, n in report.by_destination.items() if name != "mailbox"}
    if elsewhere:
        text += "\nTaken by " + ", ".join(f"{name}: {n:,}" for name, n in elsewhere.items()) + "."
    if report.uncertain:
        text += (
            f"\nNobody can tell of {report.uncertain:,} whether they arrived: "
            "'pilothouse deliver list' shows them."
        )
    if letters is not None:
        text += (
            f"\nStaging: {letters.written:,} letters written and nothing sent, "
            f"{letters.stopped:,} stopped before, {letters.waiting:,} waiting for their time."
        )
    document = report.model_dump(mode="json")
    return Output(text, document | {"staging": letters and letters.model_dump(mode="json")})


@deliver.command()
@common
def status(session: Session) -> Output:
    """Count messages by state, and say how each destination does."""
    with session.workspace() as workspace:
        counts = workspace.outbox_counts()
        found = standings(workspace.store, shown(workspace), now=workspace.now())
        receipts = standing(workspace.store)
        asked_back = cancellations.counts(workspace.store)
    lines = [f"{state:<12} {count:>8,}" for state, count in sorted(counts.items())]
    lines = lines or ["The outbox is empty."]
    lines += [_standing(one) for one in found]
    lines += [_told_by(one) for one in receipts]
    lines += [
        f"{name}: {count:,} of its messages were asked for, and it did not say whether it took "
        "them back: 'pilothouse deliver list' shows them"
        for name, count in asked_back.items()
    ]
    told = [one.model_dump(mode="json") for one in found]
    more: dict[str, Any] = {"destinations": told, "receipts": [one._asdict() for one in receipts]}
    more["asked_back"] = asked_back
    return Output("\n".join(lines), counts | more)


@deliver.command("list")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@click.option("--reason", type=click.Choice([*BY_CODE]), metavar="CODE", help=KEPT_HELP)
@looked_at_by
@common
def list_(session: Session, limit: int, reason: str | None, email: str | None) -> Output:
    """List messages that were rejected, of which nobody can tell whether they arrived, or that
    were asked for and of which their destination did not say whether it took them back."""
    with session.workspace() as workspace:
        sight = session.sight(workspace, email)
        if reason is not None:
            kept = kept_back(workspace.store, reason, limit=limit)
            seen = within(workspace, sight, {one.user_id for one in kept})
            return _kept_back([one for one in kept if one.user_id in seen])
        found = by_hand.held(workspace.store, *NEED_SOMEBODY, limit=limit)
        seen = within(workspace, sight, {one.user_id for one in found})
        found = [one for one in found if one.user_id in seen]
        # Of these nothing says whose they are.
        asked = [] if sight.limits else cancellations.open_ones(workspace.store, limit=limit)
    lines = [_held(one) for one in found] + [_asked(one) for one in asked]
    document = [one._asdict() for one in found]
    document += [one._asdict() | {"state": "accepted", "asked_back": one.state} for one in asked]
    return Output("\n".join(lines or ["No message needs anybody."]), document)


@deliver.command()
@click.argument("ids", nargs=-1, required=True, metavar="MESSAGE...")
@said_by("pavel@demo", "Who does it: an approver or an admin.")
@common
def retry(session: Session, ids: tuple[str, ...], email: str) -> Output:
    """Let rejected messages leave once more, with the next run."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        by_hand.retry(workspace.store, ids, person=person, now=workspace.now())
    return Output(f"{_messages(len(ids))} again; 'pilothouse deliver run' sends.", {"ids": ids})


@deliver.command()
@click.argument("ids", nargs=-1, required=True, metavar="MESSAGE...")
@click.option("--reason", default="", help="Why, for whoever looks.")
@said_by("mara@demo", "Who does it.")
@common
def cancel(session: Session, ids: tuple[str, ...], reason: str, email: str) -> Output:
    """Stop messages that have not left, give up uncertain ones, and have those taken back that a
    destination has, where it can."""
    with session.workspace() as workspace:
        person, now = session.person(workspace, email), workspace.now()
        able = cancelling.able(workspace)
        by_hand.cancel(workspace.store, ids, person=person, now=now, takes_back=able, why=reason)
        cancelling.take_back(workspace)
        asked = cancellations.standing(workspace.store, ids)
    late = [one for one in asked if one.state != "taken_back"]
    text = f"{len({*ids}) - len(late):,} cancelled."
    text = "\n".join([text, *(_asked(one) for one in asked)])
    return Output(text, {"ids": ids, "asked_back": [one._asdict() for one in asked]})


@deliver.command()
@click.argument("message")
@click.option("--arrived", "did", flag_value="arrived", help="It is there: it counts as sent.")
@click.option("--lost", "did", flag_value="lost", help="It surely is not: it leaves once more.")
@said_by("pavel@demo", "Who made sure: an approver or an admin.")
@common
def settle(session: Session, message: str, did: str | None, email: str) -> Output:
    """Say what became of a message of which nobody could tell."""
    if did is None:
        raise click.UsageError("Say --arrived or --lost.")
    with session.workspace() as workspace:
        person, now = session.person(workspace, email), workspace.now()
        act = by_hand.arrived if did == "arrived" else by_hand.lost
        act(workspace.store, message, person=person, now=now)
    said = "counts as sent" if did == "arrived" else "leaves with the next run"
    return Output(f"The message {said}.", {"id": message, "settled": did})


@deliver.command()
@click.argument("destination")
@click.option("--reason", required=True, help="Why, for whoever looks.")
@said_by("ada@demo", "Who does it: an approver or an admin.")
@common
def pause(session: Session, destination: str, reason: str, email: str) -> Output:
    """Send nothing to a destination for now; its messages wait."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        by_hand.pause(workspace.store, destination, reason, person=person, now=workspace.now())
    return Output(f"Nothing is sent to {destination} until it is resumed.", {"paused": destination})


@deliver.command()
@click.argument("destination")
@said_by("ada@demo", "Who does it: an approver or an admin.")
@common
def resume(session: Session, destination: str, email: str) -> Output:
    """Send to a paused destination again."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        by_hand.resume(workspace.store, destination, person=person, now=workspace.now())
    return Output(f"Messages to {destination} leave again.", {"resumed": destination})


def _kept_back(found: Sequence[KeptBack]) -> Output:
    lines = []
    for one in found:
        waits = f" until {one.not_before:%Y-%m-%d %H:%M}" if one.state == "pending" else ""
        said = f"{one.intent_id}  {one.state:<10} {one.channel:<12} {one.user_id} {one.action_key}"
        lines.append(f"{said}{waits}: {BY_CODE[one.reason].sentence}")
    return Output(
        "\n".join(lines or ["No message has this reason."]), [one._asdict() for one in found]
    )


def _messages(count: int) -> str:
    return "1 message waits" if count == 1 else f"{count:,} messages wait"


def _standing(one: Standing) -> str:
    said = f"{one.destination}: {one.accepted_last_minute:,} taken in the last minute, "
    said += f"{one.accepted_last_hour:,} in the last hour; {one.waiting:,} waiting"
    if one.oldest_due is not None:
        said += f", {one.due:,} of them due, the oldest since {one.oldest_due:%Y-%m-%d %H:%M}"
    if one.without_room:
        reasons = ", ".join(f"{reason} {n:,}" for reason, n in sorted(one.without_room.items()))
        said += f"; {sum(one.without_room.values()):,} of them wait for room ({reasons})"
    if one.uncertain:
        said += f"; {one.uncertain:,} uncertain"
    if one.blocked_until is not None:
        said += f"; it asked to be left alone until {one.blocked_until:%H:%M:%S}"
    if one.paused is not None:
        said += f". Paused: {one.paused}"
    return said


def _told_by(one: Told) -> str:
    said = ", ".join(f"{items:,} {outcome}" for outcome, items in sorted(one.counts.items()))
    waits = f"; {one.waiting:,} of messages or people that are not known here"
    return f"Receipts of {one.destination}: {said}{waits if one.waiting else ''}"


def _asked(one: Stands) -> str:
    said = ASKED[one.state].format(one.destination)
    return f"{one.intent_id}  {said}" + (f"\n    {one.detail}" if one.detail else "")


def _held(one: by_hand.Held) -> str:
    where = one.destination or one.channel
    said = f"{one.intent_id}  {one.state:<10} {where:<12} {one.user_id} {one.action_key}"
    return f"{said}\n    {one.detail}" if one.detail else said
