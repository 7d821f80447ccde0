"""``digest``: the letter of the week, shown or sent."""

from __future__ import annotations

import click

from ui.cli.files import writing
from ui.cli.session import Output, Session, common, said_by
from ui.digest import mailing
from ui.digest.letter import page_of
from ui.digest.reading import Weekly
from ui.digest.weeks import last_week, this_week
from ui.letter_page import as_html, as_text
from ui.notifying.wording import signed


@click.command()
@click.option("--send", is_flag=True, help="Send it to yourself by e-mail as well.")
@click.option("--so-far", is_flag=True, help="This week up to now, not the last whole one.")
@click.option("--html", "file", type=click.Path(), help="Write the letter as HTML into a file.")
@said_by("ada@demo", "Whose week it is.")
@common
def digest(session: Session, send: bool, so_far: bool, file: str | None, email: str) -> Output:
    """Show your week: what waits for you, what changed, what messages did, how the data is."""
    with session.workspace() as workspace:
        person, now = session.person(workspace, email), workspace.now()
        settings = workspace.settings
        zone = settings.notifications.zone
        span = this_week(now, zone) if so_far else last_week(now, zone)
        weekly = Weekly(workspace, span)
        found = weekly.of(person)
        sent = mailing.send(workspace, person, weekly) if send else None
    page = signed(settings, page_of(found))
    text = as_text(page)
    if file is not None:
        path = session.folder / file
        with writing(path, fix="Choose another file with --html."):
            path.write_text(as_html(page))
    if sent is None:
        return Output(text, found)
    taken = sent.state == "sent"
    said = f"Sent to {email}." if taken else f"Not sent: {sent.why}"
    document = found.model_dump(mode="json") | {"sent": sent.state, "why": sent.why}
    return Output(f"{text}\n{said}", document, 0 if taken else 1)
