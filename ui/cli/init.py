"""``init``: make a workspace, empty or over the tables that a team has already."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from control.store import open_store
from core.errors import Code, refuse
from core.settings import Settings
from ui import own_warehouse
from ui.cli.data import make_folder
from ui.cli.session import Output, Session, common
from ui.environment import FILE
from warehouse.catalog import load_catalog
from warehouse.introspect import Choice, Draft, draft_catalog, write_draft
from warehouse.views import FOLDER

SETTINGS_TEMPLATE = """\
# Everything here has a default; see README.md. Flags and environment variables win over it.
# planner = "auto"          # auto | grammar | openai | hybrid
# port = 8501
# [pipeline]
# every_minutes = 60       # decide and send by schedule; without it only when told to
"""
CATALOG = "catalog"
MOST_SHOWN = 12


@click.command()
@click.option(
    "--from-warehouse", "url", metavar="URL", help="Draft a catalog from a team's own tables."
)
@click.option("--users", metavar="TABLE", help="With --from-warehouse: the table of users.")
@click.option("--events", metavar="TABLE", help="With --from-warehouse: the one log of events.")
@common
def init(session: Session, url: str | None, users: str | None, events: str | None) -> Output:
    """Make a workspace: folder, settings file and control store.

    With --from-warehouse duckdb:///FILE it reads the tables of that file, which it never writes,
    and drafts a catalog with its reasons; what it is not sure of is listed for you to confirm.
    """
    settings = session.settings()
    if url is not None:
        return _from_warehouse(session, settings, url, users, events)
    if users or events:
        raise click.UsageError("--users and --events belong to --from-warehouse.")
    file = _make_workspace(settings, SETTINGS_TEMPLATE)
    text = f"Workspace {settings.workspace}. Next: 'pilothouse demo-data', then 'pilothouse up'."
    return Output(text, {"workspace": str(settings.workspace), "settings": str(file)})


def _make_workspace(settings: Settings, template: str) -> Path:
    make_folder(settings.workspace)
    file = settings.workspace / FILE
    if not file.exists():
        file.write_text(template, encoding="utf-8")
    open_store(settings.control_url).close()
    return file


def _from_warehouse(
    session: Session, settings: Settings, url: str, users: str | None, events: str | None
) -> Output:
    _require_free(settings)
    draft = draft_catalog(url, session.folder, users=users, events=events)
    folder = settings.workspace / CATALOG
    make_folder(settings.workspace)
    write_draft(draft, folder)
    lines = [f"{key} = {json.dumps(value)}" for key, value in _settings_of(draft, folder).items()]
    file = _make_workspace(settings, "\n".join([*lines, SETTINGS_TEMPLATE]))
    written = session.settings()
    # What was drafted is read back at once: a draft that does not load is no draft.
    load_catalog(written.catalog)
    own_warehouse.open_mapped(written).close()
    document = _document(draft, settings, folder)
    return Output(_told(draft, settings, folder, file), document)


def _require_free(settings: Settings) -> None:
    """A workspace has one warehouse: a draft goes into a new one."""
    file = settings.workspace / FILE
    if file.exists():
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"There is a workspace at {settings.workspace} already.",
            span=str(file),
            fix="Choose a new folder with --workspace.",
        )


def _settings_of(draft: Draft, folder: Path) -> dict[str, str]:
    return {"source": f"{own_warehouse.URL}{draft.source}", "catalog": str(folder.resolve())}


def _document(draft: Draft, settings: Settings, folder: Path) -> dict[str, Any]:
    def told(choice: Choice) -> dict[str, Any]:
        named = {"about": choice.about, "value": choice.value, "confidence": choice.confidence}
        return named | {"reasons": choice.reasons, "alternatives": choice.alternatives}

    return {
        "workspace": str(settings.workspace),
        "source": str(draft.source),
        "catalog": str(folder),
        "choices": [told(choice) for choice in draft.choices],
        "to_confirm": [told(choice) for choice in draft.to_confirm],
        "views": sorted(draft.views),
    }


def _counted(count: int, what: str) -> str:
    singular = {"entities": "entity"}.get(what, what.removesuffix("s"))
    return f"{count} {singular if count == 1 else what}"


def _missing(draft: Draft) -> list[str]:
    """What the draft could not find, and what that means for prompts."""
    found = []
    if not draft.sections["metrics"]:
        found.append(
            "a funnel: no steps lead to something like an order. 'Why did … drop' needs one: write "
            "funnels.yaml and metrics.yaml, with events that views/events.sql tells apart."
        )
    if "releases" not in draft.sections["layout"]:
        found.append("a table of releases: a diagnosis cannot say when a version came out.")
    return found


def _question(draft: Draft) -> str:
    """Something that the draft can answer."""
    if draft.sections["metrics"]:
        return "Why did conversion change in the last 7 days?"
    event = next(iter(draft.sections["events"].values()))
    return f"How many users {event.body['phrases'][0]} in the last 30 days?"


def _told(draft: Draft, settings: Settings, folder: Path, file: Path) -> str:
    unsure = draft.to_confirm
    sure = len(draft.choices) - len(unsure)
    counted = {name: len(entries) for name, entries in draft.sections.items()}
    lines = [
        f"{draft.source.name} was read and not changed. Drafted in {folder}: "
        + ", ".join(_counted(counted[name], name) for name in ("events", "entities", "actions"))
        + f" and {_counted(len(draft.views), 'views')}.",
        f"Sure of {sure} choices; {len(unsure)} are yours to confirm:",
        *(f"  {choice.about}: {choice.sentence()}" for choice in unsure[:MOST_SHOWN]),
    ]
    if len(unsure) > MOST_SHOWN:
        lines.append(f"  … and {len(unsure) - MOST_SHOWN} more, marked '# confirm:' in the files.")
    lines += [
        *(f"Missing: {one}" for one in _missing(draft)),
        "Next:",
        f"  1. Read {folder}: each '# confirm:' is a question. Events are defined in "
        f"{FOLDER}/events.sql, consent in {FOLDER}/consent.sql.",
        f"  2. pilothouse doctor --workspace {settings.workspace}",
        f'  3. pilothouse ask "{_question(draft)}" --workspace {settings.workspace}',
        f"Settings are in {file}.",
    ]
    return "\n".join(lines)
