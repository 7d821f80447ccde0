"""What there is to tell, and whom: open alerts by who acts, change requests by who may decide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from control import authors, people, review_terms, sign_offs, suspensions
from control.notifications import Kept, Notice, Reader
from control.people import Person
from control.sights import colleagues
from control.tables import change_requests, reviews
from core.alerts import Alert
from core.lifecycle import Role, State
from core.masking import masked_text
from core.notifications import EMAIL, TOPIC_OF, NotificationSettings, Topic
from core.same_person import identity_of
from ui.notifying import pages
from ui.notifying.team import Team
from ui.radar import RADAR

if TYPE_CHECKING:
    from control.review_terms import ReviewTerms

REQUEST = "awaiting-decision"
"""The kind of a notice about a change request; of every other the kind is an alert's."""
NOBODY = frozenset({RADAR.email, people.BREAKER.email, people.INVESTIGATOR.email})
"""Who acts in the product without being a person."""
_ENDED = {
    "approve": "approved",
    "reject": "rejected",
    "request_changes": "sent back for changes",
}


def readers(workspace: Team) -> list[Person]:
    """Everybody who can be told anything: people with a role."""
    found = people.list_all(workspace.store)
    return [one for one in found if one.roles and one.email not in NOBODY]


def of_alerts(
    workspace: Team, alerts: Iterable[Alert], ways: Collection[str]
) -> dict[Notice, frozenset[Reader]]:
    """Open alerts with who is told of each; no personal data of users is in them."""
    asked, everybody = workspace.settings.notifications, readers(workspace)
    keep = colleagues(workspace.store)
    found = {}
    for one in alerts:
        notice = Notice(
            one.kind.value,
            one.subject,
            one.title,
            masked_text(f"{one.sentence} Begin with '{one.fix}'.", keep),
            one.who.value,
            one.urgent,
            pages.of_alert(one.kind, one.subject),
        )
        mail = [
            person.email
            for person in everybody
            if asked.wants(
                person.email, person.roles, TOPIC_OF[one.kind], one.who, urgent=one.urgent
            )
        ]
        hooks = _hooks(asked, TOPIC_OF[one.kind], one.who, urgent=one.urgent)
        found[notice] = _reached(ways, mail, hooks)
    return found


def of_requests(workspace: Team, ways: Collection[str]) -> dict[Notice, frozenset[Reader]]:
    """Change requests that wait for a verdict, with everybody who may give it and wants to know."""
    asked = workspace.settings.notifications
    found = {}
    for notice, deciding in deciders(workspace):
        mail = [one.email for one in deciding if _wants(asked, one)]
        hooks = _hooks(asked, Topic.REQUESTS, Role.APPROVER, urgent=False)
        found[notice] = _reached(ways, mail, hooks)
    return found


def deciders(workspace: Team) -> Iterator[tuple[Notice, list[Person]]]:
    """Change requests that wait for a verdict, each with everybody who may give it: never an
    author, and nobody who has agreed already."""
    everybody = readers(workspace)
    with workspace.store.read() as connection:
        rows = [row._asdict() for row in connection.execute(_waiting())]
        ids = [str(row["id"]) for row in rows]
        held = suspensions.of(connection, ids)
        terms = review_terms.read(connection, ids)
        wrote = authors.of_all(connection, rows)
        signed = sign_offs.of(connection, ids)
    keep = colleagues(workspace.store)
    for row in rows:
        key = row["id"]
        if key in held:
            continue  # nobody can approve it, and an alert tells of it
        out = {*wrote[key], *(identity_of(one.by) for one in signed.get(key, ()) if one.counts)}
        notice = _request(row, terms.get(key))
        masked = notice._replace(sentence=masked_text(notice.sentence, keep))
        yield masked, [one for one in everybody if _decides(one, terms.get(key), out)]


def ending(workspace: Team, ways: Collection[str], one: Kept) -> tuple[str, frozenset[Reader]]:
    """How something ended, and who is told besides those who were told that it began: of a
    verdict, whoever proposed the change."""
    if one.notice.kind != REQUEST:
        return "", frozenset()
    table = change_requests
    query = (
        sa.select(table.c.state, table.c.author, reviews.c.verdict, reviews.c.by)
        .join_from(table, reviews, isouter=True)
        .where(table.c.id == one.notice.subject)
    )
    with workspace.store.read() as connection:
        row = connection.execute(query).first()
    if row is None:
        return "It is gone.", frozenset()
    if row.verdict is None:
        held = row.state == State.IN_REVIEW
        said = "It is held back." if held else f"It is {row.state.replace('_', ' ')}."
        return said, frozenset()
    asked, known = workspace.settings.notifications, {p.email: p for p in readers(workspace)}
    author = known.get(row.author)
    told = author is not None and any(
        wishes.cover(Topic.REQUESTS, urgent=False)
        for _, wishes in asked.wishes_of(author.email, author.roles)
    )
    return f"It was {_ENDED[row.verdict]} by {row.by}.", _reached(
        ways, [row.author] if told else [], []
    )


def _waiting() -> sa.Select[Any]:
    names = ("id", "target_key", "kind", "name", "author", "thread_id", "created_at")
    query = sa.select(*(change_requests.c[name] for name in names))
    in_review = change_requests.c.state == State.IN_REVIEW.value
    return query.where(in_review).order_by(change_requests.c.id)


def _decides(person: Person, terms: ReviewTerms | None, out: Collection[str]) -> bool:
    return _needed(terms) <= person.roles and identity_of(person.email) not in out


def _needed(terms: ReviewTerms | None) -> frozenset[Role]:
    return frozenset({Role.APPROVER, terms.role if terms else Role.APPROVER})


def _wants(asked: NotificationSettings, person: Person) -> bool:
    """Whether somebody is told of change requests, by what they wish for as an approver."""
    (wished,) = asked.wishes_of(person.email, [Role.APPROVER])
    return wished[1].cover(Topic.REQUESTS, urgent=False)


def _request(row: Mapping[str, Any], terms: ReviewTerms | None) -> Notice:
    by = (
        f" {terms.risk.capitalize()} risk, to be decided by {_at(terms.review_by)}."
        if terms
        else ""
    )
    what = row["kind"].replace("_", " ")
    return Notice(
        REQUEST,
        row["id"],
        "A change waits for your decision",
        f"{row['name']} ({row['id']}, {what}), proposed by {row['author']}.{by}",
        Role.APPROVER.value,
        False,
        pages.of_request(row["id"]),
    )


def _at(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _hooks(asked: NotificationSettings, topic: Topic, who: Role, *, urgent: bool) -> Iterator[str]:
    return (name for name, one in asked.webhooks.items() if one.wants(topic, who, urgent=urgent))


def _reached(ways: Collection[str], mail: Iterable[str], hooks: Iterable[str]) -> frozenset[Reader]:
    letters = (Reader(EMAIL, one) for one in mail if EMAIL in ways)
    return frozenset([*letters, *(Reader(one, one) for one in hooks if one in ways)])
