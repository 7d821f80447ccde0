"""``report``: one rule or one decision, from its data to what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from ui.cli.files import writing
from ui.cli.session import Listing, Output, Session, common
from ui.reports.decision import decision_report
from ui.reports.page import as_html, as_text
from ui.reports.rule import rule_report
from ui.reports.sections import Section, decision_sections, rule_sections

_HTML = click.option(
    "--html", "page", type=click.Path(path_type=Path), help="Write it as a page to this file."
)


@click.group(cls=Listing)
def report() -> None:
    """From source columns over traits, rule, approval, decision and message to the outcome."""


@report.command("rule")
@click.argument("key")
@click.option("--version", type=click.IntRange(1), help="An older version.")
@_HTML
@common
def rule_command(session: Session, key: str, version: int | None, page: Path | None) -> Output:
    """Report on one rule: what it reads and says, who approved it, what it decided and changed."""
    with session.workspace() as workspace:
        found = rule_report(workspace, key, version)
    title = f"{found.name} ({found.key}), version {found.version}"
    about = f"{found.state.capitalize()}, as of {found.as_of:%Y-%m-%d %H:%M} UTC."
    return _given(session, page, found, title, about, lambda: rule_sections(found))


@report.command("decision")
@click.argument("decision_id")
@_HTML
@common
def decision_command(session: Session, decision_id: str, page: Path | None) -> Output:
    """Report on one decision: on what and why it was made, by which rule, what came of it."""
    with session.workspace() as workspace:
        found = decision_report(workspace, decision_id)
    about = f"As known at {found.as_of:%Y-%m-%d %H:%M} UTC."
    title = f"Decision {decision_id}"
    return _given(session, page, found, title, about, lambda: decision_sections(found))


def _given(
    session: Session,
    page: Path | None,
    document: Any,
    title: str,
    about: str,
    sections: Callable[[], Iterable[Section]],
) -> Output:
    if page is None:
        return Output(as_text(title, about, sections()), document)
    file = session.folder / page
    with writing(file, fix="Name a file in a folder that is there and may be written to."):
        file.write_text(as_html(title, about, sections()), encoding="utf-8")
    return Output(f"Written to {page}.", document)
