"""Rules that nobody certified in time are paused; an approver who certifies one resumes it.

Nothing changes by it but whether a version decides: its content stays what was approved.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from control import audit, authors, certifications, journeys
from control.certification_tables import certifications as certified_rows
from control.certification_tables import lapses
from control.certifications import ITSELF
from control.people import Person, require_now
from control.store import Store, utc
from control.tables import versions
from control.versions import AnyVersion
from core.data_changes import DATA_KINDS
from core.errors import Code, refuse
from core.jumps import JUMP
from core.lifecycle import Role
from core.same_person import identity_of
from orchestrate.rulebook.canary import refuse_failed
from orchestrate.rulebook.writing import deed, require_current, set_state

MAY_CERTIFY = frozenset({Role.APPROVER})


def pause_uncertified(store: Store, *, days: int | None, now: datetime) -> list[str]:
    """Pause what is live and due, each in a transaction of its own; gives the keys."""
    paused = []
    for found in certifications.everything(store, days=days, warn_days=0, now=now):
        if found.state != "live" or found.standing != "due":
            continue
        with store.write() as connection:
            if _is_due(connection, found.key, days, now):
                _lapse(connection, require_current(connection, found.key), days, now)
                paused.append(found.key)
    return paused


def certify(store: Store, key: str, *, person: Person, now: datetime) -> AnyVersion:
    """Say that what is in force of a key still holds; what was paused for want of it resumes.

    Of a journey, those who would have entered meanwhile are left out. Refuses with NOT_ALLOWED
    without the role, with SELF_APPROVAL whoever proposed it, with UNKNOWN_KEY, and with
    INVALID_ARGUMENT what need not be certified.
    """
    with store.write() as connection:
        require_now(connection, person, MAY_CERTIFY, "certify a rule")
        found = require_current(connection, key)
        _can_be_certified(connection, found, person)
        _write(connection, found, person, now)
        if not certifications.is_lapsed(connection, key, found.version):
            return found
        refuse_failed(connection, key, found.content_hash)
        end_lapse(connection, found, by=person.email, now=now)
        set_state(connection, found, "live")
        live = found._replace(state="live")
        audit.append(connection, deed(now, person.email, "resume", found, live))
        return live


def refuse_lapsed(connection: sa.Connection, version: AnyVersion) -> None:
    """Refuses to resume what is paused because nobody certified it."""
    if certifications.is_lapsed(connection, version.key, version.version):
        raise refuse(
            Code.NOT_ALLOWED,
            f"'{version.key}' is paused because nobody certified it in time.",
            span=version.key,
            fix=f"Certify it, which resumes it: 'pilothouse rules certify {version.key}'.",
        )


def end_lapse(connection: sa.Connection, version: AnyVersion, *, by: str, now: datetime) -> None:
    """From here on it is not for want of a certificate that a version is paused."""
    this = sa.and_(
        lapses.c.key == version.key,
        lapses.c.version == version.version,
        lapses.c.ended_at.is_(None),
    )
    connection.execute(lapses.update().where(this).values(ended_at=utc(now), ended_by=by))


def _is_due(connection: sa.Connection, key: str, days: int | None, now: datetime) -> bool:
    """Asked again where nobody else writes: somebody may just have certified it."""
    found = certifications.select(connection, days=days, warn_days=0, now=now)
    return any(one.key == key and one.standing == "due" and one.state == "live" for one in found)


def _lapse(connection: sa.Connection, version: AnyVersion, days: int | None, now: datetime) -> None:
    set_state(connection, version, "paused")
    if version.kind == "journey":
        journeys.mark_paused(connection, version.key, utc(now))
    row = {"key": version.key, "version": version.version, "at": utc(now)}
    connection.execute(lapses.insert().values(row))
    told = deed(now, ITSELF, "pause", version, version._replace(state="paused"))
    note = f"nobody certified it for {days} days"
    audit.append(connection, told._replace(note=note))


def _can_be_certified(connection: sa.Connection, version: AnyVersion, person: Person) -> None:
    if version.kind in DATA_KINDS | {JUMP}:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The {version.key.replace('_', ' ')} need not be certified.",
            span=version.key,
            fix="Certify a rule, a policy or a journey.",
        )
    same = versions.c.key == version.key, versions.c.content_hash == version.content_hash
    asked = sa.select(versions.c.change_request_id).where(*same)
    for request_id in connection.execute(asked).scalars():
        if request_id and identity_of(person.email) in authors.of(connection, request_id):
            raise refuse(
                Code.SELF_APPROVAL,
                f"{person.email} proposed this and so may not certify it.",
                span=version.key,
                fix="Ask another approver.",
            )


def _write(connection: sa.Connection, version: AnyVersion, person: Person, now: datetime) -> None:
    this = certified_rows.c.key == version.key
    count = sa.select(sa.func.count()).select_from(certified_rows).where(this)
    row = {
        "key": version.key,
        "seq": connection.execute(count).scalar_one() + 1,
        "content_hash": version.content_hash,
        "by": person.email,
        "at": utc(now),
    }
    connection.execute(certified_rows.insert().values(row))
    audit.append(connection, deed(now, person.email, "certify", version, version))
