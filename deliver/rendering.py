"""What the messages of templates say: the values of everybody in hand in one query, then the words.

A value that is missing stops its own message and no other. So does a template that is gone or
says something else than what was approved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlglot import exp

from control.hashing import content_hash
from core.filling import Missing, Rendered, fill
from core.rules import Action
from core.templates import Template
from deliver.approved import named_template
from deliver.outbox import Intent
from deliver.recheck import Rulebook
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DIALECT, DuckDBWarehouse

_COLUMNS = (
    exp.select("table_name", "column_name")
    .from_("information_schema.columns")
    .where("table_schema = 'main' AND table_catalog = CURRENT_DATABASE()")
    .where("table_name IN ($users, $traits)")
)


class Unsaid(NamedTuple):
    """Why a message of a template says nothing."""

    reason: str
    """A reason code."""
    why: str


def render(
    intents: Sequence[Intent], rulebook: Rulebook, warehouse: DuckDBWarehouse, catalog: Catalog
) -> dict[str, Rendered | Unsaid]:
    """Intent id → what it says, for every intent whose action names a template."""
    said: dict[str, Rendered | Unsaid] = {}
    hashes: dict[str, str] = {}
    worded: list[tuple[Intent, Action, Template]] = []
    for intent, action, key in _named(intents, rulebook):
        template = catalog.templates.get(key)
        if template is not None and key not in hashes:
            hashes[key] = content_hash(template)
        decided_by = intent.policy_key, intent.policy_version
        approved = rulebook.approved.get(decided_by, {}).get(named_template(key))
        if unsaid := _revoked(key, approved, hashes.get(key)):
            said[intent.intent_id] = unsaid
        elif template is not None:
            worded.append((intent, action, template))
    templates = {id(template): template for _, _, template in worded}
    users = sorted({intent.user_id for intent, _, _ in worded})
    values = values_of(users, list(templates.values()), warehouse, catalog)
    for intent, action, template in worded:
        row = values.get(intent.user_id, {})
        said[intent.intent_id] = _said(template, action, row)
    return said


Raw = Mapping[str, object]
"""``column NAME`` or ``trait NAME`` → what the warehouse has of one user."""


def values_of(
    users: Sequence[str],
    templates: Sequence[Template],
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
) -> dict[str, Raw]:
    """User → what the templates need of them, by one query; a column that is gone has no values."""
    asked = _asked(templates, warehouse, catalog)
    if not users or not asked:
        return {}
    people, traits = catalog.layout.users, catalog.layout.traits
    query = (
        exp.select(exp.column(people.key, "u"), *asked.values())
        .from_(exp.to_table(people.table).as_("u"))
        .join(
            exp.to_table(traits.table).as_("t"),
            on=exp.column(traits.user, "t").eq(exp.column(people.key, "u")),
            join_type="LEFT",
        )
        .where(
            exp.In(
                this=exp.column(people.key, "u"),
                query=exp.select(exp.func("unnest", exp.Placeholder(this="users"))).subquery(),
            )
        )
    )
    rows = warehouse.fetch(query.sql(DIALECT, identify=True), {"users": list(users)}).rows
    return {str(row[0]): dict(zip(asked, row[1:], strict=True)) for row in rows}


def fill_for(template: Template, action: Action, raw: Raw) -> Rendered | Missing:
    """A template with what the warehouse has of one user."""
    row = {name: raw.get(place) for name, place in _places(template)}
    return fill(template, action, row)


def _said(template: Template, action: Action, raw: Raw) -> Rendered | Unsaid:
    found = fill_for(template, action, raw)
    if isinstance(found, Missing):
        return Unsaid("INPUT_UNKNOWN", f"No value for {', '.join(f'${n}' for n in found.names)}.")
    return found


def _named(intents: Sequence[Intent], rulebook: Rulebook) -> Iterator[tuple[Intent, Action, str]]:
    for intent in intents:
        action = rulebook.action(intent)
        if action is not None and action.template_key is not None:
            yield intent, action, action.template_key


def _revoked(key: str, approved: str | None, now: str | None) -> Unsaid | None:
    """``approved`` and ``now``: the hashes of what the template said, and says."""
    if now is None:
        return Unsaid("APPROVAL_REVOKED", f"The template '{key}' is not in the catalog any more.")
    if approved != now:
        return Unsaid("APPROVAL_REVOKED", f"The template '{key}' changed after the approval.")
    return None


def _places(template: Template) -> Iterator[tuple[str, str]]:
    """Each variable that the warehouse fills, and which column or trait that is."""
    for name, variable in template.variables.items():
        if variable.column is not None:
            yield name, f"column {variable.column}"
        elif variable.trait is not None:
            yield name, f"trait {variable.trait}"


def _asked(
    templates: Sequence[Template], warehouse: DuckDBWarehouse, catalog: Catalog
) -> dict[str, exp.Expr]:
    """What is read of each user; columns that the tables do not have are left out."""
    places = sorted({place for template in templates for _, place in _places(template)})
    if not places:
        return {}
    tables = {"users": catalog.layout.users.table, "traits": catalog.layout.traits.table}
    there = set(warehouse.fetch(_COLUMNS.sql(DIALECT), tables).rows)
    found: dict[str, exp.Expr] = {}
    for place in places:
        kind, _, name = place.partition(" ")
        table = tables["users" if kind == "column" else "traits"]
        if (table, name) in there:
            found[place] = exp.alias_(exp.column(name, kind[0].replace("c", "u")), place)
    return found
