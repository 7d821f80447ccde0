"""The emergency path: stop, pause, roll back to what was approved before. It can do nothing else.

One person is enough, no approver flow and no warehouse is needed, and another person looks at it
afterwards. Nothing that is new, edited or out of force goes live through it.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from control import audit, emergencies, journeys
from control.emergencies import Emergency
from control.hashing import content_hash
from control.kill_switches import Scope
from control.people import Person, require_now
from control.store import Store, utc
from control.tables import change_requests, reviews
from control.versions import AnyVersion
from core.data_changes import DATA_KINDS
from core.errors import Code, refuse
from core.jumps import JUMP
from core.rules import DecisionPolicy, EligibilityRule
from core.same_person import identity_of
from orchestrate.kill_switch import MAY_STOP, press
from orchestrate.rulebook.canary import refuse_failed
from orchestrate.rulebook.writing import (
    MAY_CHANGE,
    deed,
    insert_version,
    numbered,
    require_current,
    set_state,
)


def stop(
    store: Store, scope: Scope, key: str, *, person: Person, reason: str, now: datetime
) -> Emergency:
    """Stop everything, a channel, a policy or an action at once; marketers may, too."""
    _require_reason(reason)
    with store.write() as connection:
        require_now(connection, person, MAY_STOP, "stop sends")
        press(connection, scope, key, by=person.email, reason=reason, now=now)
        return _noted(connection, "stop", f"{scope} {key}", person, reason, now)


def pause(store: Store, key: str, *, person: Person, reason: str, now: datetime) -> Emergency:
    """Take a rule or a journey out of force."""
    _require_reason(reason)
    with store.write() as connection:
        require_now(connection, person, MAY_CHANGE, "pause a rule")
        before = require_current(connection, key)
        _require_sends(before)
        _require_live(before, "It is paused already, and nothing leaves of it.")
        set_state(connection, before, "paused")
        if before.kind == "journey":
            journeys.mark_paused(connection, key, utc(now))
        done = deed(now, person.email, "pause", before, before._replace(state="paused"))
        audit.append(connection, done._replace(note=reason))
        return _noted(connection, "pause", key, person, reason, now)


def roll_back(
    store: Store, key: str, number: int, *, person: Person, reason: str, now: datetime
) -> Emergency:
    """Put an older version of a live rule into force again, which people approved as it is.

    Whoever calls this makes sure that all it reads is there. Refuses with NOT_ALLOWED what was
    never approved, what is not as it was approved and what a canary took back; with
    INVALID_ARGUMENT what is no older version, and a rule that is paused: that would start it.
    """
    _require_reason(reason)
    with store.write() as connection:
        require_now(connection, person, MAY_CHANGE, "roll back a version")
        before = require_current(connection, key)
        _require_rule(before)
        _require_live(before, "A rollback would let it send again, which an emergency never does.")
        row = _older(connection, before, number)
        version = insert_version(connection, row, before, person.email, now)
        done = deed(now, person.email, "rollback", before, version)
        audit.append(connection, done._replace(note=f"to version {number}: {reason}"))
        return _noted(connection, "rollback", f"{key} to version {number}", person, reason, now)


def review(
    store: Store, emergency_id: str, *, person: Person, comment: str, now: datetime
) -> Emergency:
    """Say that somebody else has looked at an emergency, and what follows from it.

    Refuses with SELF_APPROVAL whoever did it, and with ALREADY_DECIDED a second time.
    """
    if not comment.strip():
        raise refuse(
            Code.COMMENT_REQUIRED,
            "A review of an emergency needs a comment.",
            fix="Say what you found and what follows from it.",
        )
    with store.write() as connection:
        require_now(connection, person, MAY_CHANGE, "review an emergency")
        found = emergencies.find(connection, emergency_id)
        if found.reviewed_by:
            raise refuse(
                Code.ALREADY_DECIDED, f"{found.reviewed_by} has reviewed {found.id} already."
            )
        if identity_of(found.by) == identity_of(person.email):
            raise refuse(
                Code.SELF_APPROVAL,
                f"{found.id} was done by {found.by}: somebody else has to look at it.",
                span=found.id,
                fix="Ask another approver or admin.",
            )
        return emergencies.reviewed(connection, found, by=person.email, comment=comment, now=now)


def _older(connection: sa.Connection, before: AnyVersion, number: int) -> dict[str, object]:
    """The row of an older version, if it may be in force again."""
    if number >= before.version:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"Version {number} of '{before.key}' is not older than version {before.version}, "
            "which is live.",
            span=str(number),
            fix="Choose an older version from its history.",
        )
    row = numbered(connection, before.key, number)._mapping
    approved = str(row["content_hash"])
    if approved == before.content_hash:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"Version {number} of '{before.key}' already says what version {before.version} says.",
            fix="Choose another version from its history.",
        )
    if content_hash(row["content"]) != approved or not _was_approved(connection, row):
        raise refuse(
            Code.NOT_ALLOWED,
            f"Nobody ever approved version {number} of '{before.key}' as it is stored.",
            span=before.key,
            fix="Pause the rule, or roll back to another version; 'pilothouse audit verify' says "
            "whether somebody wrote to the store.",
        )
    refuse_failed(connection, before.key, approved)
    return {**row, "change_request_id": None}


def _was_approved(connection: sa.Connection, row: sa.RowMapping) -> bool:
    """Whether an approval of just this content, under this key, is stored."""
    query = (
        sa.select(reviews.c.change_request_id)
        .join(change_requests, change_requests.c.id == reviews.c.change_request_id)
        .where(
            reviews.c.verdict == "approve",
            reviews.c.content_hash == row["content_hash"],
            change_requests.c.target_key == row["key"],
        )
    )
    return connection.execute(query.limit(1)).first() is not None


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise refuse(Code.COMMENT_REQUIRED, "An emergency needs a reason.", fix="Add --reason.")


def _require_sends(version: AnyVersion) -> None:
    if version.key in DATA_KINDS or version.kind == JUMP:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The {version.key.replace('_', ' ')} sends nothing that could be paused.",
            span=version.key,
            fix="Stop what is sent: 'pilothouse emergency stop'.",
        )


def _require_rule(version: AnyVersion) -> None:
    if not isinstance(version.artifact, EligibilityRule | DecisionPolicy):
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"'{version.key}' is no rule: in an emergency only rules are rolled back.",
            span=version.key,
            fix="Pause it or stop what it sends: 'pilothouse emergency pause', "
            "'pilothouse emergency stop'.",
        )


def _require_live(version: AnyVersion, why: str) -> None:
    if version.state != "live":
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"'{version.key}' is {version.state}. {why}",
            span=version.key,
            fix="Resume it, once that is wanted, with 'pilothouse rules resume'.",
        )


def _noted(
    connection: sa.Connection,
    what: emergencies.Deed,
    subject: str,
    person: Person,
    reason: str,
    now: datetime,
) -> Emergency:
    return emergencies.note(connection, what, subject, by=person.email, reason=reason, now=now)
