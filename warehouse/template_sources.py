"""What the catalog knows of the values of a template: whether they are there, and may be sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.rules import Action
from core.templates import Template, TemplateFacts, Variable, VariableType
from warehouse.catalog import Catalog, DataType

_FITS: dict[VariableType, tuple[DataType, ...]] = {
    "string": ("string", "integer", "number", "date", "timestamp"),
    "integer": ("integer",),
    "number": ("number", "integer"),
    "boolean": ("boolean",),
    "date": ("date", "timestamp"),
    "timestamp": ("timestamp",),
}
"""Type of a variable → types of the columns and traits that give it."""


def template_facts(actions: Iterable[Action], catalog: Catalog) -> dict[str, TemplateFacts]:
    """The templates that actions name, as guardrail policies look at them; by key."""
    named = {one.template_key for one in actions if one.template_key is not None}
    known = sorted(key for key in named if key in catalog.templates)
    return {key: facts_of(catalog.templates[key], catalog) for key in known}


def facts_of(template: Template, catalog: Catalog) -> TemplateFacts:
    """One template as guardrail policies look at it."""
    return TemplateFacts(
        template=template,
        unfilled=tuple(_unfilled(template, catalog)),
        undeclared=tuple(_undeclared(template, catalog)),
    )


def _unfilled(template: Template, catalog: Catalog) -> Iterator[str]:
    for name, variable in template.variables.items():
        if variable.column is None and variable.trait is None:
            continue
        found = _type(variable, catalog)
        if found is None and variable.can_be_missing:
            yield f"${name} is {variable.source}, which does not exist."
        elif found is not None and found not in _FITS[variable.type]:
            yield f"${name} is {variable.source}, of type {found} and not {variable.type}."


def _type(variable: Variable, catalog: Catalog) -> DataType | None:
    """The type of the column or trait that gives a value; None: there is none."""
    if variable.column is not None:
        column = catalog.user_columns().get(variable.column)
        return column.type if column else None
    trait = catalog.traits.get(variable.trait or "")
    return trait.type if trait else None


def _undeclared(template: Template, catalog: Catalog) -> Iterator[str]:
    for name, variable in template.variables.items():
        column = catalog.user_columns().get(variable.column or "")
        kind = column.data_class if column else "public"
        if kind in ("sensitive", "protected"):
            yield f"${name} is {variable.source}, which is {kind}."
        elif kind == "personal" and not variable.personal:
            yield f"${name} is {variable.source}, which is personal."
