"""What staging of a workspace came to: what it decided last, against live, and its letters."""

from __future__ import annotations

from datetime import datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from control import staging
from control.people import Person
from core.errors import PilothouseError, Refusal
from core.masking import masked_text
from deliver.staged import MARK
from orchestrate import cycle
from orchestrate.staged import comparing, placing, runs
from orchestrate.staged.comparing import Difference, LastCycle, Letter, Letters
from orchestrate.staged.side import StagingSide
from orchestrate.staged.world import world_of
from ui import staging as desk

if TYPE_CHECKING:
    from ui.workspace import Workspace

SAMPLE = 3


class Said(NamedTuple):
    """A letter with its words."""

    letter: Letter
    subject: str
    body: str


class Results(NamedTuple):
    """What staging came to."""

    last: LastCycle | None
    """None: it has not decided on rules yet."""
    is_current: bool
    """Whether nothing changed since, in staging or among the live rules."""
    differences: tuple[Difference, ...] | None
    """None: live rules were not decided on at that moment."""
    letters: dict[str, Letters]
    sample: tuple[Said, ...]
    under_way: dict[str, int]
    """Journey → runs under way."""
    ended: dict[str, dict[str, int]]
    """Journey → why runs ended → how many."""


def results(workspace: Workspace) -> Results:
    """Everything that staging of a workspace came to."""
    side, there = StagingSide(workspace.warehouse), staging.tried(workspace.store)
    last = comparing.last_cycle(side)
    tried = {key: one.since for one in there for key in names_of(one)}
    found = comparing.latest_letters(side, tried, most=SAMPLE)
    under_way: dict[str, int] = {}
    ended: dict[str, dict[str, int]] = {}
    for key, _, reason, count in runs.standing(side):
        if reason is None:
            under_way[key] = under_way.get(key, 0) + count
        else:
            of_key = ended.setdefault(key, {})
            of_key[reason] = of_key.get(reason, 0) + count
    return Results(
        last=last,
        is_current=_is_current(workspace, last),
        differences=comparing.differences(side, last) if last else None,
        letters=comparing.letters(side, tried),
        sample=tuple(_said(workspace.mailbox_folder / "staging", one) for one in found),
        under_way=under_way,
        ended=ended,
    )


def names_of(one: staging.Staged) -> tuple[str, ...]:
    """How decisions name what is staged."""
    return (*staging.rules_of([one]), *staging.journeys_of([one]))


def decide(workspace: Workspace, person: Person) -> Refusal | None:
    """Have staging decide for the moment of the last live cycle, so that the two can be compared,
    and write the letters that are due; gives why it could not.

    Refuses with NOT_ALLOWED without the role.
    """
    with workspace.store.read() as connection:
        placing.may_stage(connection, person, "have staging decide")
    try:
        if desk.run(workspace, _moment(workspace)) is None:
            return placing.nothing_there().refusal
        desk.write_letters(workspace)
    except PilothouseError as error:
        return error.refusal
    return None


def _is_current(workspace: Workspace, last: LastCycle | None) -> bool:
    """A cycle is named by what it decides with: the same rules and staging would be that cycle."""
    if last is None:
        return False
    world = world_of(workspace.store, workspace.catalog, as_of=last.report.decided_at)
    return world is not None and world.tick.cycle_id == last.report.cycle_id


def _moment(workspace: Workspace) -> datetime:
    last = cycle.last_cycle(workspace.warehouse)
    query = "SELECT decided_at FROM cycles WHERE cycle_id = $id"
    found = workspace.warehouse.fetch(query, {"id": last}).rows
    return found[0][0] if found else workspace.as_of()


def _said(folder: Path, letter: Letter) -> Said:
    """The words of a letter; without them when its file is gone."""
    file = next(folder.glob(f"*/{letter.message_id}.eml"), None)
    if file is None:
        return Said(letter, "", "")
    mail = message_from_bytes(file.read_bytes(), policy=default)
    body = mail.get_body(("plain",))
    text = str(body.get_content()).strip() if body else ""
    subject = str(mail["Subject"]).removeprefix(MARK)
    return Said(letter, masked_text(subject), masked_text(text))
