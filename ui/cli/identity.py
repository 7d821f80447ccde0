"""``identity``: who is one person, why, and what people ruled about it."""

from __future__ import annotations

from datetime import datetime

import click

from ui import identity_desk as desk
from ui import modelling
from ui.cli.session import Listing, Output, Session, common, plain, said_by
from ui.identity_desk import Ruling, Verdict
from ui.row_limits import require_unlimited, require_within
from warehouse.identity import conflicts as queue
from warehouse.identity import people, rules, why

AS = said_by("ana@demo", "Who asks.")
REASON = click.option("--reason", required=True, help="Why; kept with the rule and in the audit.")


@click.group(cls=Listing)
def identity() -> None:
    """Who is one person: identifiers, evidence, merges that can be undone."""


@identity.command()
@click.argument("identifier")
@AS
@common
def show(session: Session, identifier: str, email: str) -> Output:
    """Show whoever is behind an identifier, with everything that is theirs and why.

    IDENTIFIER is a user id, an anonymous id, an e-mail address or a device id; say kind:value
    where a value is more than one of them.
    """
    with session.workspace() as workspace:
        sight = session.sight(workspace, email)
        with desk.looking(workspace) as cursor:
            person = people.person_of(cursor, identifier)
        require_within(workspace, sight, person.user_id)
    head = person.user_id or "nobody yet"
    lines = [_line(known) for known in person.identifiers]
    document = {
        "user_id": person.user_id,
        "identifiers": [
            {"kind": known.identifier.kind, "value": known.identifier.value}
            | {name: plain(getattr(known, name)) for name in known._fields[1:]}
            for known in person.identifiers
        ],
    }
    return Output("\n".join([head, *lines]), document)


def _line(known: people.Known) -> str:
    until = f" until {_day(known.valid_to)}" if known.valid_to else ""
    shared = ", shared" if known.shared else ""
    return f"  {known.identifier}  {known.reason} since {_day(known.valid_from)}{until}{shared}"


@identity.command("why")
@click.argument("one")
@click.argument("other")
@AS
@common
def why_same(session: Session, one: str, other: str, email: str) -> Output:
    """Say why two identifiers are the same person, in at most five links, or why they are not."""
    with session.workspace() as workspace:
        sight = session.sight(workspace, email)
        with desk.looking(workspace) as cursor:
            answer = why.why(cursor, one, other)
        for user in answer.user_ids or (None,):
            require_within(workspace, sight, user)
    head = (
        f"{one} and {other} are one person, {answer.user_ids[0]}:"
        if answer.same
        else f"{one} and {other} are not one person:"
    )
    document = {
        "same": answer.same,
        "user_ids": list(answer.user_ids),
        "chain": [plain(link._asdict()) | {"sentence": link.sentence} for link in answer.chain],
        "reasons": answer.reasons,
    }
    return Output("\n".join([head, *(f"  {each}" for each in answer.reasons)]), document)


def _ruling_command(name: str, verdict: Verdict, about: str) -> None:
    @identity.command(name, help=about)
    @click.argument("one")
    @click.argument("other")
    @REASON
    @AS
    @common
    def command(session: Session, one: str, other: str, reason: str, email: str) -> Output:
        with session.workspace() as workspace:
            person = session.person(workspace, email)
            ruling = desk.rule(workspace, one, other, verdict, person=person, reason=reason)
            modelling.follow(workspace)
        return _told(ruling)


_ruling_command("merge", "same", "Rule that two identifiers are one person.")
_ruling_command(
    "unmerge", "apart", "Rule that two identifiers are two people, whatever links them."
)


def _told(ruling: Ruling) -> Output:
    outcome = (
        f"one person, {ruling.user_ids[0]}"
        if ruling.same
        else f"not one person: {', '.join(ruling.user_ids) or 'nobody yet'}"
    )
    text = f"{ruling.a} and {ruling.b} are {outcome}."
    if ruling.same != (ruling.verdict == "same"):
        text += " Another rule or a limit holds against it: see 'pilothouse identity rules'."
    if ruling.added:
        text += f" Undo with 'pilothouse identity withdraw {ruling.added} --reason …'."
    return Output(text, ruling._asdict())


@identity.command()
@click.option("--all", "every", is_flag=True, help="Settled ones too.")
@AS
@common
def conflicts(session: Session, every: bool, email: str) -> Output:
    """List what waits for a person: shared addresses, people that grew too large."""
    with session.workspace() as workspace:
        require_unlimited(session.sight(workspace, email), "read what is about everybody")
        with desk.looking(workspace) as cursor:
            found = queue.conflicts(cursor, every=every)
    lines = [
        f"{one.conflict_id}  {one.kind}  {one.a} and {one.b}  {one.state}  {one.evidence}"
        for one in found
    ]
    document = [plain(one._asdict()) | {"a": str(one.a), "b": str(one.b)} for one in found]
    return Output("\n".join(lines) or "No conflicts.", document)


@identity.command()
@click.argument("conflict_id")
@click.option("--same", "verdict", flag_value="same", help="They are one person.")
@click.option("--apart", "verdict", flag_value="apart", help="They are two people.")
@REASON
@AS
@common
def resolve(
    session: Session, conflict_id: str, verdict: Verdict | None, reason: str, email: str
) -> Output:
    """Settle a conflict: its two are one person, or are not."""
    if verdict is None:
        raise click.UsageError("Say --same or --apart.")
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        ruling = desk.resolve(workspace, conflict_id, verdict, person=person, reason=reason)
        modelling.follow(workspace)
    return _told(ruling)


@identity.command("rules")
@AS
@common
def list_rules(session: Session, email: str) -> Output:
    """List what people ruled: who, when and why."""
    with session.workspace() as workspace:
        require_unlimited(session.sight(workspace, email), "read what is about everybody")
        with desk.looking(workspace) as cursor:
            found = rules.rules(cursor)
    lines = [
        f"{each.rule_id}  {each.action} {each.a} and {each.b}  {each.author} {_day(each.at)}: "
        f"{each.reason}"
        for each in found
    ]
    document = [plain(each._asdict()) | {"a": str(each.a), "b": str(each.b)} for each in found]
    return Output("\n".join(lines) or "Nobody ruled anything.", document)


@identity.command()
@click.argument("rule_id")
@REASON
@AS
@common
def withdraw(session: Session, rule_id: str, reason: str, email: str) -> Output:
    """Take a rule back: everything is again as it would be without it."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        rule = desk.take_back(workspace, rule_id, person=person, reason=reason)
        modelling.follow(workspace)
    document = {"rule_id": rule_id, "action": rule.action, "a": str(rule.a), "b": str(rule.b)}
    return Output(f"The {rule.action} of {rule.a} and {rule.b} is gone.", document)


@identity.command()
@common
def ignored(session: Session) -> Output:
    """List identifiers that stand for nobody, with how many events carry them."""
    query = "SELECT kind, value, events FROM identity_ignored ORDER BY events DESC, kind, value"
    with session.workspace() as workspace, desk.looking(workspace) as cursor:
        found = cursor.execute(query).fetchall()
    document = [{"kind": kind, "value": value, "events": events} for kind, value, events in found]
    lines = [f"{events:>9,}  {kind}:{value}" for kind, value, events in found]
    return Output("\n".join(lines) or "Nothing was ignored.", document)


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
