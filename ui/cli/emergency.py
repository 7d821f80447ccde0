"""``emergency``: what one person may do alone, whatever else is down: stop, pause, roll back.

Stopping and pausing need the control store and nothing else: no server that answers, no warehouse,
no approver. Rolling back needs the catalog to know that the older version can be decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

import click

from control import emergencies, people, versions
from control.emergencies import Emergency
from control.people import Person
from control.sights import colleagues
from control.store import Store, open_store
from control.tokens import person_of
from core.errors import Code, refuse
from core.settings import Settings
from orchestrate.rulebook import emergency as path
from ui import stopping
from ui.anchoring import Anchors
from ui.cli.kill import Switch, named, switched
from ui.cli.session import TOKEN, Listing, Output, Session, common, said_by
from ui.clock import read as demo_time
from ui.putting_back import require_decidable
from ui.workspace_clock import wall_time
from warehouse.catalog import load_catalog

REASON = click.option("--reason", required=True, help="Why, for the audit log and the reviewer.")


class Room(NamedTuple):
    """The control store alone, and what time it is in its workspace."""

    settings: Settings
    store: Store
    now: datetime
    token: str

    def person(self, email: str) -> Person:
        """Who gives the command: only the demo takes anybody's word for it, elsewhere a token."""
        if self.settings.identity == "demo":
            return people.get(self.store, email)
        found = person_of(self.store, self.token, now=self.now) if self.token else None
        if found is None:
            raise refuse(
                Code.NOT_ALLOWED,
                "Outside of the demo a token says who you are, and there is none that works.",
                span=TOKEN,
                fix=f"Set {TOKEN} to one that 'pilothouse tokens create' made.",
            )
        return found


@click.group(cls=Listing)
def emergency() -> None:
    """Stop, pause or roll back alone, whatever else is down; somebody else reviews it after."""


@emergency.command("stop")
@switched
@REASON
@said_by("ada@demo", "Who stops it: a marketer, an approver or an admin.")
@common
def stop_command(session: Session, switch: Switch | None, reason: str, email: str) -> Output:
    """Put a kill switch on, past a server that does not answer."""
    chosen = named(switch)
    with _room(session) as room:
        person = room.person(email)
        stopping.check_exists(room.store, load_catalog(room.settings.catalog), *chosen)
        done = path.stop(room.store, *chosen, person=person, reason=reason, now=room.now)
    return _said(done, f"Stopped: {chosen}.")


@emergency.command("pause")
@click.argument("key")
@REASON
@said_by("ada@demo", "Who pauses it: an approver or an admin.")
@common
def pause_command(session: Session, key: str, reason: str, email: str) -> Output:
    """Take a rule or a journey out of force, past a server that does not answer."""
    with _room(session) as room:
        person = room.person(email)
        done = path.pause(room.store, key, person=person, reason=reason, now=room.now)
    return _said(done, f"{key} is paused.")


@emergency.command("rollback")
@click.argument("key")
@click.argument("number", type=click.IntRange(1))
@REASON
@said_by("ada@demo", "Who rolls back: an approver or an admin.")
@common
def rollback_command(session: Session, key: str, number: int, reason: str, email: str) -> Output:
    """Put version NUMBER of a live rule into force again, which people approved before."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        require_decidable(workspace, versions.version(workspace.store, key, number))
        done = path.roll_back(
            workspace.store, key, number, person=person, reason=reason, now=workspace.now()
        )
    return _said(done, f"{key} is live with the content of v{number}.")


@emergency.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only those that wait for a review.")
@common
def list_command(session: Session, only_open: bool) -> Output:
    """List emergencies, the newest first."""
    with _room(session) as room:
        read = emergencies.unreviewed if only_open else emergencies.everything
        found = read(room.store)
    lines = [_line(one) for one in found]
    return Output("\n".join(lines) or "No emergencies.", [one._asdict() for one in found])


@emergency.command("review")
@click.argument("emergency_id")
@click.option("--comment", required=True, help="What you found, and what follows from it.")
@said_by("pavel@demo", "Who looked at it: another approver or admin.")
@common
def review_command(session: Session, emergency_id: str, comment: str, email: str) -> Output:
    """Say that somebody else has looked at an emergency; it undoes nothing."""
    with _room(session) as room:
        person = room.person(email)
        found = path.review(room.store, emergency_id, person=person, comment=comment, now=room.now)
    return Output(f"{found.id} is reviewed by {found.reviewed_by}.", found._asdict())


@contextmanager
def _room(session: Session) -> Iterator[Room]:
    settings = session.settings()
    store = open_store(settings.control_url)
    heads = Anchors(settings.workspace)
    heads.watch(store)
    wall = wall_time()
    ticking = demo_time(settings.workspace, wall=wall) if settings.identity == "demo" else None
    try:
        session.colleagues = colleagues(store)
        yield Room(settings, store, ticking or wall, session.token or "")
    finally:
        heads.close()
        store.close()


def _said(done: Emergency, what: str) -> Output:
    text = f"{what} {done.id} waits for somebody else's review: 'pilothouse emergency review'."
    return Output(text, done._asdict())


def _line(one: Emergency) -> str:
    stands = f"reviewed by {one.reviewed_by}" if one.reviewed_by else "not reviewed"
    done = f"{one.id:<6} {one.at:%Y-%m-%d %H:%M}  {one.deed} {one.subject}"
    return f"{done}, {one.by}: {one.reason} ({stands})"
