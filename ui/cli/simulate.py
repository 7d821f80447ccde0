"""``simulate``: what the rules would do for everybody, before anybody is sent anything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import click

from orchestrate.rehearsal.outcome import Rehearsal, RehearsedAction
from ui import simulating
from ui.cli.session import MOMENT, Output, Session, common
from ui.cli.target import target_of


@click.command()
@click.argument("target", required=False)
@click.option("--as-of", type=MOMENT, help="The moment it is about (UTC).")
@click.option(
    "--week/--no-week", default=True, help="Look at the days to come too: it takes longer."
)
@common
def simulate(session: Session, target: str | None, as_of: datetime | None, week: bool) -> Output:
    """Rehearse a cycle for everybody and keep nothing.

    TARGET is a rule key, a change request id or a file of a rule, as YAML or JSON: it is rehearsed
    among the rules in force, in the place of the one with its key. Without it, the rules in force
    are.
    """
    with session.workspace() as workspace:
        artifact, version = target_of(workspace, target, session.folder) if target else (None, None)
        # What is live in this version already takes nobody's place.
        proposed = artifact if version is None else None
        found = simulating.dry_run(workspace, proposed, as_of=as_of, week=week)
    key = artifact.key if artifact else None
    return Output("\n".join(_text(found, key)), found)


def _text(found: Rehearsal, key: str | None) -> Iterator[str]:
    yield (
        f"{found.users:,} users as of {found.as_of}: {found.selected:,} messages, "
        f"{found.held_out:,} held out, {found.deferred:,} wait for the end of quiet hours."
    )
    if not found.actions:
        yield "No rule in force sends anything."
    shown = [one for one in found.actions if key in (None, one.policy)]
    for action in shown:
        yield ""
        yield from _waterfall(action)
    yield from _overlap(found, {f"{one.policy}/{one.action}" for one in shown})
    yield from _caps(found)
    yield from _calendar(found)


def _waterfall(one: RehearsedAction) -> Iterator[str]:
    version = "proposed" if one.version is None else f"v{one.version}"
    yield f"{one.policy} {version}, tier {one.tier}: {one.name}"
    for step in one.waterfall:
        code = f" ({step.reason_code})" if step.reason_code else ""
        yield f"  {step.remaining:>12,}  -{step.removed:<12,} {step.label}{code}"
    yield f"  {one.selected:>12,}  get it"


def _overlap(found: Rehearsal, shown: set[str]) -> Iterator[str]:
    matrix = found.overlap
    pairs = [
        (users, one, other)
        for row, one in enumerate(matrix.actions)
        for other, users in zip(matrix.actions[:row], matrix.users[row], strict=False)
        if users and (one in shown or other in shown)
    ]
    if not pairs:
        return
    yield ""
    yield "Eligible for two:"
    for users, one, other in sorted(pairs, reverse=True)[:10]:
        yield f"  {users:>12,}  {other} and {one}"


def _caps(found: Rehearsal) -> Iterator[str]:
    pressed = [cap for cap in found.caps if cap.stopped]
    if not pressed:
        return
    yield ""
    yield "Stopped by caps:"
    for cap in pressed:
        yield (
            f"  {cap.stopped:>12,}  {cap.cap.replace('_', ' ')}: {cap.by_earlier:,} had no room "
            f"before, {cap.by_priority:,} lost it to a message of higher priority."
        )


def _calendar(found: Rehearsal) -> Iterator[str]:
    if not found.calendar:
        return
    yield ""
    yield "The days to come:"
    for day in found.calendar:
        channels = ", ".join(f"{name} {many:,}" for name, many in day.by_channel.items())
        about = "about " if day.estimated else ""
        yield f"  {day.day}  {about}{day.messages:,}" + (f"  ({channels})" if channels else "")
    yield from (f"  {sentence}" for sentence in found.assumptions)
