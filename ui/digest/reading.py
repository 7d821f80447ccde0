"""A digest, read off what the pages read: the audit log, canaries, read-outs, health, outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from control import audit, canaries
from control.audit import AuditEntry
from control.people import Person
from control.sights import colleagues
from core.alerts import Alert
from core.masking import masked
from measure.outcomes.sent import sent
from ui import drifting
from ui.alerts import open_alerts
from ui.canaries import in_words, standing
from ui.digest.numbers import lift_items, outcome_items
from ui.digest.shapes import Digest, Item, Section, SectionKey, Span
from ui.health import Health, health
from ui.notifying import news, pages
from ui.outcomes import asked

if TYPE_CHECKING:
    from ui.workspace import Workspace

MOST = 10
"""Things of a section that are told in full; of more it says how many."""
DEEDS = {
    "publish": "Went live",
    "rollback": "Went back",
    "pause": "Paused",
    "resume": "Resumed",
    "kill": "Stopped",
    "unkill": "Let go again",
    "promote": "Promoted from staging",
    "emergency": "Emergency",
}
"""What the audit log calls it, and what people do."""
PAGES: dict[SectionKey, str] = {
    "waits": "/approvals",
    "alerts": "/data_health",
    "changes": "/rules",
    "canaries": "/rules",
    "messages": "/decisions",
    "lift": "/experiments",
    "data": "/data_health",
    "outcomes": "/outcomes",
}


class Weekly:
    """What is the same for everybody, read once; ``of`` adds what waits for one person."""

    def __init__(self, workspace: Workspace, span: Span) -> None:
        self._workspace, self.span = workspace, span
        self._alerts = open_alerts(workspace)
        self._waiting = list(news.deciders(workspace))
        self._shared = (
            _section(workspace, "changes", "What changed", _changes(workspace, span),
                     "Nothing went live, was paused or went back."),
            _section(workspace, "canaries", "Canaries", _canaries(workspace, span),
                     "No canary ran."),
            _section(workspace, "messages", "What was sent", message_items(workspace, span),
                     "No message was sent."),
            _section(workspace, "lift", "What messages changed", lift_items(workspace, span),
                     "Of no policy it is settled what its messages changed. That takes people who "
                     "were held out, and time."),
            _section(workspace, "data", "The data", _data(workspace),
                     "Nothing: data is fresh, as usual, and no event was left out."),
            _section(workspace, "outcomes", "Outcomes", outcome_items(workspace, span),
                     "No figure has a number."),
        )  # fmt: skip

    def of(self, person: Person) -> Digest:
        """The digest of one person."""
        mine = [one for one in self._alerts if one.who in person.roles]
        waits = [
            Item(
                title=notice.sentence,
                url=pages.address(self._workspace.settings, notice.page),
                tone="today",
            )
            for notice, deciding in self._waiting
            if any(one.email == person.email for one in deciding)
        ]
        own = (
            _section(self._workspace, "waits", "Waits for your decision", waits,
                     "Nothing waits for you."),
            _section(self._workspace, "alerts", "Needs you", _needs(self._workspace, mine),
                     "Nothing needs you."),
        )  # fmt: skip
        found = Digest(
            person=person.email,
            span=self.span,
            data_until=self._workspace.as_of(),
            sections=(*own, *self._shared),
        )
        keep = colleagues(self._workspace.store)
        return Digest.model_validate(masked(found.model_dump(), keep))


def _section(
    workspace: Workspace, key: SectionKey, title: str, found: Iterable[Item], none: str
) -> Section:
    items = tuple(found)
    more = f"And {len(items) - MOST:,} more." if len(items) > MOST else ""
    return Section(
        key=key,
        title=title,
        items=items[:MOST],
        note=more if items else none,
        url=pages.address(workspace.settings, PAGES[key]),
    )


def _needs(workspace: Workspace, alerts: Iterable[Alert]) -> Iterator[Item]:
    for one in alerts:
        yield Item(
            title=one.title,
            text=one.sentence,
            tone="now" if one.urgent else "today",
            url=pages.address(workspace.settings, pages.of_alert(one.kind, one.subject)),
        )


def _changes(workspace: Workspace, span: Span) -> Iterator[Item]:
    found = audit.entries(workspace.store, audit.Asked(since=span.since, until=span.until))
    for one in found:
        if one.what in DEEDS:
            yield _change(workspace, one)


def _change(workspace: Workspace, one: AuditEntry) -> Item:
    key = one.subject.partition(" version ")[0]
    about_rule = " version " in one.subject
    page = pages.of_rule(key) if about_rule else f"/audit_log?entry={one.seq}"
    return Item(
        title=one.subject,
        figure=DEEDS[one.what],
        text=f"By {one.who}, {one.at:%a %d %b %H:%M} UTC. {one.note}".strip(),
        url=pages.address(workspace.settings, page),
    )


def _canaries(workspace: Workspace, span: Span) -> Iterator[Item]:
    for one in canaries.everything(workspace.store):
        over = one.ended_at is not None and one.ended_at < span.since
        if one.started_at >= span.until or over:
            continue
        last = canaries.last_readout(workspace.store, one.id)
        read = last.document["verdict"]["why"] if last else "Not read out yet."
        yield Item(
            title=in_words(one),
            figure=standing(one),
            text=one.why or read,
            tone="today" if one.state == "rolled_back" else "plain",
            url=pages.address(workspace.settings, pages.of_rule(one.key)),
        )


def message_items(workspace: Workspace, span: Span) -> Iterator[Item]:
    """How many messages each rule sent in a span."""
    for one in sent(asked(workspace, workspace.as_of()), span.since, span.until):
        failed = f", {one.failed:,} not taken by a provider" if one.failed else ""
        page = pages.of_rule(one.policy) if one.policy else "/decisions"
        yield Item(
            title=one.policy or "Messages that no rule decided",
            figure=f"{one.messages:,} messages",
            value=one.messages,
            text=f"{one.opened:,} opened{failed}",
            url=pages.address(workspace.settings, page),
        )


def _data(workspace: Workspace) -> Iterator[Item]:
    found = health(workspace)
    url = pages.address(workspace.settings, "/data_health")
    yield from (one.model_copy(update={"url": url}) for one in _ill(found))
    report = drifting.latest(workspace)
    for each in report.drifting if report else ():
        yield Item(title=f"{each.subject} is not as usual", text=each.sentence, url=url)


def _ill(found: Health) -> Iterator[Item]:
    if found.held:
        yield Item(title="Nothing is sent", text=found.held, tone="now")
    if found.late:
        yield Item(
            title="Older than promised",
            figure=f"{len(found.late):,}",
            value=len(found.late),
            text=", ".join(found.late),
            tone="today",
        )
    dead = sum(one.events for one in found.dead)
    if dead:
        first = found.dead[0]
        yield Item(
            title="Events that were not accepted",
            figure=f"{dead:,}",
            value=dead,
            text=f"Most often {first.code} {first.path}: {first.events:,}".strip(),
        )
    lost = sum(abs(one.unaccounted) for one in found.sources)
    if lost:
        yield Item(title="Events unaccounted for", figure=f"{lost:,}", value=lost, tone="now")


def digest_of(workspace: Workspace, person: Person, span: Span) -> Digest:
    """The digest of one person over a span"""
    return Weekly(workspace, span).of(person)
