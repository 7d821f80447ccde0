"""Forgetting somebody in a workspace: every place, in an order that a crash cannot spoil.

Tombstones come first, so nothing comes back meanwhile; identifiers stand in the
control store until everything is removed, so that a crash is made good; the files
are then written anew, because what is deleted in a database is still in its file.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from collect.forgetting import blank
from control import forgetting, people, redaction
from control.forgetting import Forgetting
from core.errors import Code, refuse
from core.identifiers import Traces
from deliver.telling import TELLING
from ui import forgetting_files as files
from ui.forgetting_files import Scan
from ui.ids import new_id
from ui.receiving import APPLYING
from ui.routing import MOVING
from ui.workspace import Workspace
from warehouse.forget import removal
from warehouse.forget.person import Person, person_behind
from warehouse.forget.removal import Shared
from warehouse.identity.settings import IdentitySettings

log = structlog.get_logger(__name__)

SPOOL = files.SPOOL
ROUNDS = 3
"""What was on its way while somebody was removed is removed in the next round."""


class Receipt(NamedTuple):
    """What was removed where, in numbers, and what a scan of every file found afterwards."""

    id: str
    subject: str
    """The salted hash of the identifier that was named."""
    identifiers: int
    shared_devices: int
    removed: dict[str, dict[str, int]]
    """Place → table or folder → rows, lines, texts or files."""
    scanned_files: int
    scanned_bytes: int
    found: tuple[str, ...]
    """Places in which something is left: empty when the person is forgotten."""


def forget(workspace: Workspace, identifier: str, *, reason: str, who: str) -> Receipt:
    """Remove whoever is behind an identifier; refuses members, the unknown and the ambiguous."""
    resume(workspace)
    with MOVING, APPLYING, TELLING, workspace.intake.still():
        workspace.intake.load_now()
        workspace.intake.consolidate_now()
        person = _person(workspace, identifier)
        traces = Traces(person.identifiers)
        task = {
            "identifiers": [*person.identifiers],
            "shared": [[one.anonymous_id, _iso(one.start), _iso(one.end)] for one in person.shared],
        }
        forget_id = new_id()
        forgetting.begin(
            workspace.store,
            Forgetting(
                id=forget_id,
                subject=identifier,
                reason=traces.removed_from(reason),
                requested_by=who,
                requested_at=workspace.now(),
                state="removing",
                task=task,
                receipt=None,
                finished_at=None,
            ),
            person.identifiers,
            new_salt=secrets.token_hex(16),
        )
        workspace.intake.refresh()
        return _complete(workspace, _begun(workspace, forget_id))


def resume(workspace: Workspace) -> list[Receipt]:
    """Complete what a crash cut off."""
    with MOVING, APPLYING, TELLING, workspace.intake.still():
        return [_complete(workspace, one) for one in forgetting.unfinished(workspace.store)]


def _person(workspace: Workspace, identifier: str) -> Person:
    settings = IdentitySettings(junk_ids=workspace.intake.plan.junk_ids)
    person = person_behind(workspace.warehouse, workspace.catalog, identifier, settings)
    members = {one.email for one in people.list_all(workspace.store)}
    if named := members & {*person.identifiers, identifier}:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{min(named)} works in this workspace; members are not forgotten this way.",
            span=identifier,
            fix="Remove them from the workspace first.",
        )
    if not (person.known or _is_anywhere(workspace, identifier)):
        raise refuse(
            Code.UNKNOWN_USER,
            "Nothing here is known by this identifier; nothing was removed.",
            span=identifier,
            fix="Check its spelling; an identifier is a user id, device id, e-mail address or "
            "anonymous id.",
        )
    return person


def _is_anywhere(workspace: Workspace, identifier: str) -> bool:
    traces = Traces([identifier])
    if forgetting.tombstones_of(workspace.store).holds([identifier]):
        return True
    if removal.mentions(workspace.warehouse, workspace.catalog, traces):
        return True
    return bool(files.scan(_everything(workspace), traces).found)


def _begun(workspace: Workspace, forget_id: str) -> Forgetting:
    return next(one for one in forgetting.unfinished(workspace.store) if one.id == forget_id)


def _complete(workspace: Workspace, begun: Forgetting) -> Receipt:
    """Everything that is left to do, from wherever a crash left it."""
    store = workspace.store
    if begun.task is None:
        _compact_control(workspace)
        forgetting.finish(store, begun.id, begun.receipt or {}, now=workspace.now())
        return Receipt(**(begun.receipt or {}))
    traces = Traces(begun.task["identifiers"])
    shared = [
        Shared(name, _moment(start), _moment(end)) for name, start, end in begun.task["shared"]
    ]
    removed: dict[str, dict[str, int]] = {}
    for _ in range(ROUNDS):
        _add(removed, _remove(workspace, traces, shared, begun.requested_by))
        found = _left(workspace, traces)
        if not found.found:
            break
    receipt = Receipt(
        begun.id, begun.subject, len(traces.identifiers), len(shared), removed, *found
    )
    forgetting.advance(store, begun.id, receipt._asdict())
    _compact_control(workspace)
    left = files.scan(_control_files(workspace), traces)
    receipt = receipt._replace(found=(*receipt.found, *left.found))
    forgetting.finish(store, begun.id, receipt._asdict(), now=workspace.now())
    log.info("forgotten", forget_id=begun.id, left=len(receipt.found))
    return receipt


def _remove(
    workspace: Workspace, traces: Traces, shared: list[Shared], who: str
) -> dict[str, dict[str, int]]:
    """One pass over every place; doing it again finds nothing more to do."""
    warehouse, catalog, root = workspace.warehouse, workspace.catalog, workspace.settings.workspace
    # What was decided and not written yet is removed where everything else is.
    workspace.desk.forget(traces.identifiers)
    # The log first: which of its lines were the person's is known from the warehouse.
    numbers = removal.lines_of(warehouse, catalog, traces, shared)
    blanked = blank(workspace.intake.log.folder, traces, numbers)
    waiting = blank(root / SPOOL, traces, frozenset())
    gone = removal.remove(warehouse, catalog, traces, shared)
    checkpoints = root / "checkpoints.db"
    runs = redaction.named_runs(workspace.store, traces)
    threads = files.forget_threads(checkpoints, traces, runs)
    control = redaction.remove(workspace.store, traces, who=who, now=workspace.now())
    cleaned = files.clean(root, traces)
    # What is left is consolidated anew: a device may be one person's alone from here on.
    workspace.intake.consolidate_now()
    warehouse.rewrite()
    _publish_only_the_latest(workspace)
    files.compact(checkpoints)
    return {
        "raw_log": {"lines": blanked.stubs, "mentions": blanked.redacted},
        "spool": {"lines": waiting.stubs, "mentions": waiting.redacted},
        "warehouse": gone.rows,
        "warehouse_mentions": gone.texts,
        "control": control,
        "checkpoints": {"rows": threads},
        "files": cleaned,
    }


def _publish_only_the_latest(workspace: Workspace) -> None:
    """A fresh copy for readers, and none from before."""
    latest = workspace.publish_copy().path
    for file in workspace.published_folder.glob("*.duckdb*"):
        if file != latest:
            file.unlink(missing_ok=True)


def _left(workspace: Workspace, traces: Traces) -> Scan:
    """Where something is left; the control store still holds the task itself."""
    tables = removal.mentions(workspace.warehouse, workspace.catalog, traces)
    found = files.scan(_everything(workspace), traces)
    control = {str(path) for path in _control_files(workspace)}
    left = [path for path in found.found if path not in control]
    return found._replace(found=(*tables, *left))


def _everything(workspace: Workspace) -> list[Path]:
    root = workspace.settings.workspace
    outside = [
        path
        for path in (workspace.warehouse.path, *_control_files(workspace))
        if not path.is_relative_to(root) and path.exists()
    ]
    return [root, *outside]


def _control_files(workspace: Workspace) -> list[Path]:
    """The files of the control store; none when it is a server's."""
    url = workspace.store.engine.url
    if url.get_backend_name() != "sqlite" or not url.database:
        return []
    names = (url.database, f"{url.database}-wal", f"{url.database}-shm")
    return [path for name in names if (path := Path(name).resolve()).exists()]


def _compact_control(workspace: Workspace) -> None:
    for file in _control_files(workspace)[:1]:
        files.compact(file)


def _add(total: dict[str, dict[str, int]], more: dict[str, dict[str, int]]) -> None:
    for place, counts in more.items():
        ours = total.setdefault(place, {})
        for name, count in counts.items():
            if count:
                ours[name] = ours.get(name, 0) + count


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
