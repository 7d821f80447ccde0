"""The catalog as the short list of names that a model is given; personal columns are not in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from agent.planners.openai.schema import names_of
from warehouse.catalog import Catalog, Column, Described
from warehouse.glossary import Term

MOST_LINES = 200
"""A larger catalog is narrowed to what retrieval found for the prompt."""


def vocabulary(catalog: Catalog, grounding: tuple[Term, ...]) -> str:
    """One line a name, by section. Sections of a large catalog hold only what was found."""
    lines = [line for section in _sections(catalog) for line in section]
    if len(lines) > MOST_LINES:
        found = {term.name.split(".")[0] for term in grounding}
        lines = [name_line for name_line in lines if _name(name_line) in {*found, "", "#"}]
    return "\n".join(lines)


def found(grounding: tuple[Term, ...]) -> str:
    """What retrieval found for the prompt, best first, one line each."""
    return "\n".join(f"- {term.kind} {term.name}" for term in grounding) or "- nothing"


def _name(line: str) -> str:
    return "#" if line.startswith("#") else line.removeprefix("- ").split(":")[0].split("(")[0]


def _sections(catalog: Catalog) -> Iterator[list[str]]:
    yield ["# events (with their properties)", *_events(catalog)]
    yield ["# traits", *_columns(catalog.traits)]
    yield ["# columns of the user", *_attributes(catalog)]
    yield ["# entities, counted with 'related'", *_entities(catalog)]
    yield ["# audiences", *_described(catalog.audiences)]
    yield ["# metrics", *_described(catalog.metrics)]
    yield ["# channels", *_described(catalog.channels)]
    yield ["# actions", *(f"- {key}: {one.name}" for key, one in catalog.actions.items())]
    yield ["# tables, for sql_question only", *_tables(catalog)]


def _events(catalog: Catalog) -> Iterator[str]:
    for name, event in catalog.events.items():
        yield f"- {name}{_parts(event.properties)}: {event.description}"


def _entities(catalog: Catalog) -> Iterator[str]:
    for name, entity in catalog.entities.items():
        if entity.cardinality == "many":
            yield f"- {name}{_parts(entity.columns)}: {entity.description}"


def _attributes(catalog: Catalog) -> Iterator[str]:
    listed = names_of(catalog)["columns"]
    users = catalog.user_columns()
    yield from _columns({name: users[name] for name in listed if name in users})
    for name, entity in catalog.entities.items():
        if entity.cardinality == "one":
            yield from _columns({f"{name}.{key}": one for key, one in entity.columns.items()})


def _columns(columns: Mapping[str, Described]) -> Iterator[str]:
    for name, column in columns.items():
        yield f"- {name}: {_type(column)}. {column.description}"


def _described(things: Mapping[str, Described]) -> Iterator[str]:
    for name, thing in things.items():
        yield f"- {name}: {thing.description}"


def _tables(catalog: Catalog) -> Iterator[str]:
    for name, table in catalog.tables.items():
        public = [key for key, one in table.columns.items() if one.data_class == "public"]
        yield f"- {name}({', '.join(public)})"


def _parts(columns: Mapping[str, Column]) -> str:
    listed: Iterable[str] = (f"{name} {_type(one)}" for name, one in columns.items())
    text = ", ".join(listed)
    return f"({text})" if text else ""


def _type(column: Described) -> str:
    values = getattr(column, "values", None)
    return "|".join(values) if values else str(getattr(column, "type", "string"))
