"""The views of a draft: each table under a safe name, and one view of everything that happened."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from warehouse.introspect.choices import Choice
from warehouse.introspect.columns import MappedColumn, map_columns
from warehouse.introspect.facts import TableFacts
from warehouse.introspect.reading import relation
from warehouse.introspect.roles import Owned, Roles
from warehouse.introspect.words import happening, parts, safe, viewed
from warehouse.views import OWN_TABLES

EVENTS = "events"
CONSENT = "consent"
OURS = OWN_TABLES | {EVENTS, CONSENT, "dim_users", "fct_events", "fct_consent"}
"""Names that Pilothouse gives itself: a table of the team's that has one gets a prefix."""
_PAGES = frozenset({"page", "screen"})
VERSIONS = frozenset({"version", "release", "build"})
PLATFORMS = frozenset({"device", "platform", "os"})
_ARRIVALS = frozenset({"received", "ingested", "loaded", "arrived"})
MOST_PAGES = 15
MOST_PROPERTIES = 25


@dataclass(frozen=True)
class Happening:
    """One branch of the events view: a table's rows as events."""

    owned: Owned
    view: str
    name: str | None
    """The event of every row; None: a column says it."""
    phrases: tuple[str, ...] = ()
    pages: dict[str, str] = field(default_factory=dict)
    """Value of the page column → event."""
    page_column: str | None = None
    choices: tuple[Choice, ...] = ()

    @property
    def time(self) -> str:
        """The column that says when: without one a table is no branch."""
        return self.owned.time or ""

    def properties(self) -> dict[str, MappedColumn]:
        """What an event of it carries."""
        left_out = {self.owned.user_name, self.owned.time, self.owned.event_name, self.page_column}
        usable = {
            name: column
            for name, column in self.owned.columns.items()
            if name not in left_out and not column.facts.is_unique
        }
        return dict(list(usable.items())[:MOST_PROPERTIES])

    def column(self, words: frozenset[str]) -> str | None:
        """The first column whose last words say so."""
        for name, column in self.owned.columns.items():
            if set(parts(column.facts.name)) & words and name != self.owned.time:
                return name
        return None

    @property
    def version(self) -> str | None:
        """The column with the version of the app or site."""
        name = self.column(VERSIONS)
        column = self.owned.columns.get(name or "")
        return name if column is not None and column.type == "string" else None

    @property
    def platform(self) -> str | None:
        """The column with the device or platform."""
        return self.column(PLATFORMS)

    @property
    def received(self) -> str | None:
        """The column that says when a row arrived."""
        name = self.column(_ARRIVALS)
        column = self.owned.columns.get(name or "")
        return name if column is not None and column.type == "timestamp" else None


@dataclass(frozen=True)
class Mapping:
    """View of each table, and the branches of the events view."""

    names: dict[str, str]
    """Table of the source → view."""
    tables: dict[str, dict[str, MappedColumn]]
    """View → its columns."""
    sources: dict[str, TableFacts]
    """View → table."""
    happenings: tuple[Happening, ...]


def lay_out(roles: Roles, tables: dict[str, TableFacts], reserved: frozenset[str]) -> Mapping:
    """Decide on the views; without a log every table with a time is a kind of event."""
    names = _names(tables, reserved)
    columns = {names[roles.users.label]: roles.columns}
    columns |= {names[owned.table.label]: owned.columns for owned in roles.owned}
    for label in roles.others:
        table = tables[label]
        columns[names[label]] = map_columns(table, _keys(table), reserved, is_users=False)
    telling = _logs(roles.logs) or tuple((owned, ()) for owned in roles.owned if owned.is_event)
    branches = tuple(_happening(owned, names[owned.table.label], same) for owned, same in telling)
    sources = {names[label]: table for label, table in tables.items()}
    return Mapping(names, columns, sources, branches)


def _logs(logs: tuple[Owned, ...]) -> tuple[tuple[Owned, tuple[str, ...]], ...]:
    """The logs to read, each with those that hold the same events again: they would count twice."""
    chosen: list[tuple[Owned, tuple[str, ...]]] = []
    for log in sorted(logs, key=_rawness):
        same = next((place for place, (one, _) in enumerate(chosen) if _overlap(one, log)), None)
        if same is None:
            chosen.append((log, ()))
        else:
            first, others = chosen[same]
            chosen[same] = (first, (*others, log.table.label))
    return tuple(chosen)


def _rawness(log: Owned) -> tuple[bool, str]:
    return bool(set(parts(log.table.name)) & {"raw", "stg", "staging", "src"}), log.table.label


def _overlap(one: Owned, other: Owned) -> bool:
    """Whether two logs name mostly the same events; logs of very many events are taken to."""
    names, others = (set(log.columns[log.event_name or ""].facts.values) for log in (one, other))
    return not names or not others or len(names & others) > 0.2 * min(len(names), len(others))


def _keys(table: TableFacts) -> frozenset[str]:
    """Columns of a table without users that read like keys: texts, so that they join."""
    last = {name: parts(name)[-1] for name in table.columns if parts(name)}
    return frozenset(name for name, word in last.items() if word in {"id", "uuid"})


def _names(tables: dict[str, TableFacts], reserved: frozenset[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for label, table in tables.items():
        name = safe(table.name, reserved)
        if name in OURS or name in names.values():
            name = f"{'team' if table.schema == 'main' else safe(table.schema)}_{name}"
        names[label] = name
    return names


def _happening(owned: Owned, view: str, same: tuple[str, ...]) -> Happening:
    if owned.event_name is not None:
        reasons = ["a column says what happened"]
        reasons += [f"{', '.join(same)} name the same events and are left out"] if same else []
        told = Choice(
            f"{owned.table.label} events",
            owned.event_name,
            "medium" if same else "high",
            tuple(reasons),
            same,
        )
        return Happening(owned, view, None, choices=(told,))
    pages = _pages(owned)
    if pages is not None:
        column, events = pages
        told = Choice(
            f"{owned.table.label} events",
            f"one for each {column}",
            "medium",
            (f"{column} has {len(events)} values and rows are looks at pages",),
            (f"one event {happening(owned.noun)[0]} with {column} as a property",),
        )
        return Happening(owned, view, None, (), events, column, (told,))
    name, phrases, known = happening(owned.noun)
    reason = f"one row is one {owned.noun}"
    told = Choice(f"{owned.table.label} events", name, "high" if known else "low", (reason,))
    return Happening(owned, view, name, phrases, choices=(told,))


def _pages(owned: Owned) -> tuple[str, dict[str, str]] | None:
    """A column of few pages in a table of looks at pages, with the event of each page."""
    if owned.is_entity:
        return None
    for name, column in owned.columns.items():
        values = column.values
        if values and len(values) <= MOST_PAGES and set(parts(column.facts.name)) & _PAGES:
            return name, {value: viewed(safe(value))[0] for value in values}
    return None


def table_view(table: TableFacts, columns: dict[str, MappedColumn]) -> exp.Query:
    """A table under safe names: keys as texts, times in UTC."""
    values = [
        column.value.copy()
        if isinstance(column.value, exp.Column) and column.value.name == name
        else exp.alias_(column.value.copy(), name)
        for name, column in columns.items()
    ]
    return exp.select(*values).from_(relation(table))


def events_view(mapping: Mapping) -> exp.Query:
    """Everything that happened, one row an event, over the views of the tables."""
    with_version = any(one.version for one in mapping.happenings)
    with_arrival = all(one.received for one in mapping.happenings)
    branches = [_branch(one, with_version, with_arrival) for one in mapping.happenings]
    result: exp.Query = branches[0]
    for branch in branches[1:]:
        result = exp.union(result, branch, distinct=False)
    return result


def _branch(one: Happening, with_version: bool, with_arrival: bool) -> exp.Select:
    time = exp.column(one.time)
    as_time = one.owned.columns[one.time].type == "timestamp"
    columns = [
        exp.alias_(exp.column(one.owned.user_name), "user_id"),
        exp.alias_(time if as_time else exp.cast(time, "timestamp"), "event_time"),
        exp.alias_(_named(one), "event_name"),
        exp.alias_(_properties(one), "properties"),
    ]
    if with_version:
        version = exp.column(one.version) if one.version else exp.cast(exp.null(), "text")
        columns.append(exp.alias_(version, "version"))
    if with_arrival:
        columns.append(exp.alias_(exp.column(one.received or ""), "received_at"))
    dated = exp.column(one.time).is_(exp.null()).not_()
    return exp.select(*columns).from_(exp.table_(one.view)).where(dated)


def _named(one: Happening) -> exp.Expr:
    if one.name is not None:
        return exp.Literal.string(one.name)
    if one.page_column is None:
        return exp.column(one.owned.event_name or "")
    case = exp.Case(this=exp.column(one.page_column))
    for value, event in one.pages.items():
        case = case.when(exp.Literal.string(value), exp.Literal.string(event))
    return case.else_(exp.Literal.string(happening(one.owned.noun)[0]))


def _properties(one: Happening) -> exp.Expr:
    found = one.properties()
    nested = [name for name, column in found.items() if column.type == "json"]
    if one.owned.event_name is not None and len(nested) == 1:
        return exp.column(nested[0])
    pairs = [
        exp.JSONKeyValue(this=exp.Literal.string(name), expression=exp.column(name))
        for name in found
    ]
    return exp.JSONObject(expressions=pairs)
