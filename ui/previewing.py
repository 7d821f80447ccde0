"""Templates of a workspace: which there are, if they can be filled, and what they would say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from control import versions
from control.hashing import content_hash
from core.errors import Code, PilothouseError, refuse
from core.filling import Missing, Rendered
from core.proposal import actions_of
from core.rules import Action
from core.templates import Template, TemplateFacts
from deliver.approved import approved_templates, named_template
from deliver.rendering import Raw, fill_for, values_of
from warehouse.catalog import unknown_name
from warehouse.engines.duckdb import DIALECT
from warehouse.template_sources import facts_of
from warehouse.visible import Limits, visible_users

if TYPE_CHECKING:
    from ui.workspace import Workspace

SHOWN_AS = "[{}]"
"""What stands where personal data would stand."""


def listed(workspace: Workspace) -> list[dict[str, Any]]:
    """Every template of the catalog, and the live rules that use it."""
    return [described(workspace, key) for key in sorted(workspace.catalog.templates)]


def described(workspace: Workspace, key: str) -> dict[str, Any]:
    """One template; refuses with UNKNOWN_KEY."""
    template = _template(workspace, key)
    facts = facts_of(template, workspace.catalog)
    return {
        "key": key,
        "hash": content_hash(template),
        **template.model_dump(mode="json", exclude_defaults=True),
        "used_by": list(_used_by(workspace, key, template)),
        "problems": [*facts.unfilled, *facts.undeclared],
    }


def preview(
    workspace: Workspace, key: str, user: str | None, *, limits: Limits | None = None
) -> dict[str, Any]:
    """What a template would say to a user (None: the first one within the limits), with personal
    data withheld.

    Refuses with UNKNOWN_KEY and UNKNOWN_USER.
    """
    template = _template(workspace, key)
    who = _user(workspace, user, limits or {})
    action = _action(workspace, key, template)
    facts = facts_of(template, workspace.catalog)
    return {"template": key, "user_id": who} | _told(workspace, facts, action, who)


def somebody_reads(workspace: Workspace, key: str, template: Template) -> dict[str, Any]:
    """What a template that need not be in force would say to the first user, personal data
    withheld; ``subject`` and ``body`` are None where nothing would be sent."""
    who, action = _user(workspace, None, {}), _action(workspace, key, template)
    return _told(workspace, facts_of(template, workspace.catalog), action, who)


def _told(workspace: Workspace, facts: TemplateFacts, action: Action, user: str) -> dict[str, Any]:
    template = facts.template
    raw = values_of([user], [template], workspace.warehouse, workspace.catalog).get(user, {})
    said = fill_for(_withheld(template, raw, workspace), action, raw)
    if isinstance(said, Missing):
        return {"leaves": False, "missing": list(said.names), "subject": None, "body": None}
    return {"leaves": True, "missing": [], **_words(said)}


def _words(said: Rendered) -> dict[str, Any]:
    return said._asdict() | {"variables": dict(said.variables)}


def _withheld(template: Template, raw: Raw, workspace: Workspace) -> Template:
    """The template with a mark in place of each personal value that there is."""
    columns = workspace.catalog.user_columns()
    marked = {}
    for name, variable in template.variables.items():
        column = columns.get(variable.column or "")
        is_public = column is None or column.data_class == "public"
        if (variable.personal or not is_public) and raw.get(
            f"column {variable.column}"
        ) is not None:
            constant = {"column": None, "type": "string", "constant": SHOWN_AS.format(name)}
            marked[name] = variable.model_copy(update=constant)
    return template.model_copy(update={"variables": {**template.variables, **marked}})


def _template(workspace: Workspace, key: str) -> Template:
    known = workspace.catalog.templates
    if key not in known:
        raise PilothouseError(unknown_name(Code.UNKNOWN_KEY, "template", key, list(known)))
    return known[key]


def _action(workspace: Workspace, key: str, template: Template) -> Action:
    """An action that names the template: of a live rule, of the catalog, or one of no rule."""
    live = (one for rule in versions.live(workspace.store) for one in actions_of(rule.artifact))
    for action in (*live, *workspace.catalog.actions.values()):
        if action.template_key == key:
            return action
    return Action(key="preview", name=template.name, channels=template.channels, template_key=key)


def _used_by(workspace: Workspace, key: str, template: Template) -> Iterator[dict[str, Any]]:
    rules, running = versions.live(workspace.store), versions.running_journeys(workspace.store)
    name, now = named_template(key), content_hash(template)
    for (rule, _), hashes in approved_templates(workspace.store, rules, running).items():
        if name in hashes:
            yield {"rule": rule, "approved": hashes[name] == now}


def _user(workspace: Workspace, user: str | None, limits: Limits) -> str:
    users = workspace.catalog.layout.users
    query = exp.select(users.key).from_(users.table).where(users.canonical, dialect=DIALECT)
    query = query.order_by(users.key).limit(1)
    if user is not None:
        query = query.where(exp.column(users.key).eq(exp.Placeholder(this="user")))
    if limits:
        seen = visible_users(workspace.catalog, limits).subquery("seen")
        query = query.where(exp.column(users.key).isin(exp.select("user_id").from_(seen)))
    given = {} if user is None else {"user": user}
    rows = workspace.warehouse.fetch(query.sql(DIALECT), given).rows
    if rows:
        return str(rows[0][0])
    raise refuse(
        Code.UNKNOWN_USER,
        f"There is no user '{user}'." if user else "There is no user to show it to.",
        span=user,
        fix="Name somebody who is in the table of users and was not merged.",
    )
