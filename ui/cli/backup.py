"""``backup`` and ``restore``: the control store in a file, and back from one."""

from __future__ import annotations

from pathlib import Path

import click

from control import backup as kept
from control.backup import Saved
from control.store import open_store
from core.errors import Code, refuse
from core.settings import Settings
from ui.cli.files import writing
from ui.cli.remote import is_running
from ui.cli.session import Output, Session, common, said_by
from ui.workspace_clock import wall_time


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@said_by("ada@demo", "Who makes it.")
@common
def backup(session: Session, path: Path, email: str) -> Output:
    """Write the control store to PATH, a new file or a folder, while everything goes on.

    It holds approvals, versions, the audit log, the outbox, tokens as hashes and personal data:
    keep it where only admins come.
    """
    with session.workspace() as workspace:
        person = session.admin(workspace, email, "back up the control store")
        target = _file(session.folder / path)
        _require_outside(target, workspace.settings)
        with writing(target, fix="Choose another folder."):
            saved = kept.save(workspace.store, target, who=person.email, now=workspace.now())
    return Output(_said(saved, "Saved"), _document(saved), int(bool(saved.breaks)))


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--keep", type=click.Path(path_type=Path), help="First save what is there now here.")
@click.option("--accept", is_flag=True, help="Let a store that was restored count from here on.")
@click.option("--reason", help="Why it may count; needed with --accept.")
@said_by("ada@demo", "Who accepts it.")
@common
def restore(
    session: Session,
    file: Path | None,
    keep: Path | None,
    accept: bool,
    reason: str | None,
    email: str,
) -> Output:
    """Put the backup FILE in the place of the control store, while no server runs.

    Nothing goes live and nothing is sent afterwards until an admin says --accept: that revokes
    every token, puts kill switches back, and lets no message leave that may have left before.
    """
    if accept:
        if file is not None or not (reason and reason.strip()):
            raise click.UsageError("Say why with --reason, and name no file with --accept.")
        return _accept(session, email, reason.strip())
    if file is None:
        raise click.UsageError("Name the backup, or --accept what was restored.")
    settings = session.settings()
    if session.served is not None or is_running(settings.workspace):
        raise refuse(
            Code.INVALID_ARGUMENT,
            "A server uses this control store: it must not change under it.",
            fix="Stop the server, then restore.",
        )
    return _restore(session, settings, session.folder / file, keep)


def _accept(session: Session, email: str, reason: str) -> Output:
    from ui import restoring

    with session.workspace() as workspace:
        person = session.admin(workspace, email, "accept a restored control store")
        document = restoring.accept(workspace, person, reason)
    return Output("\n".join(restoring.lines(document)), document)


def _restore(session: Session, settings: Settings, file: Path, keep: Path | None) -> Output:
    store = open_store(settings.control_url)
    try:
        if keep is not None:
            target = _file(session.folder / keep)
            _require_outside(target, settings)
            kept.save(store, target, who="pilothouse", now=wall_time())
        elif not kept.is_empty(store):
            raise refuse(
                Code.INVALID_ARGUMENT,
                "There is a control store already, and what is in it would be lost.",
                span=str(file),
                fix="Say where it is saved first: --keep FILE.",
            )
        saved = kept.restore(store, file, now=wall_time())
    finally:
        store.close()
    text = _said(saved, "Restored")
    text += "\nNothing goes live or is sent until: pilothouse restore --accept --reason TEXT"
    return Output(text, _document(saved), int(bool(saved.breaks)))


def _file(path: Path) -> Path:
    """A folder gets a file named after the moment."""
    if not path.is_dir():
        return path
    return path / f"control-{wall_time():%Y%m%dT%H%M%S}.backup"


def _require_outside(file: Path, settings: Settings) -> None:
    if file.resolve().is_relative_to(settings.workspace.resolve()):
        raise refuse(
            Code.INVALID_ARGUMENT,
            "A backup does not belong into the workspace: it would be lost with it, and who is "
            "forgotten would stay in it.",
            span=str(file),
            fix="Choose a folder outside of it.",
        )


def _said(saved: Saved, what: str) -> str:
    seq, digest = saved.head
    text = (
        f"{what}: {saved.file}, {saved.rows:,} rows of {saved.tables} tables; "
        f"the audit log ends at entry {seq:,}, {digest[:16]}."
    )
    if saved.breaks:
        text += f" The log does not hold: {saved.breaks[0].why}"
    return text


def _document(saved: Saved) -> dict[str, object]:
    seq, digest = saved.head
    return saved._asdict() | {
        "head": {"seq": seq, "hash": digest},
        "breaks": [one._asdict() | {"why": one.why} for one in saved.breaks],
    }
