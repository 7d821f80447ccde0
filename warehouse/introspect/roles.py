"""Which table plays which part: who the users are, what they did, what belongs to them."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.errors import Code, PilothouseError, refuse
from warehouse.introspect.choices import Choice, Confidence, confidence_of
from warehouse.introspect.columns import MappedColumn, map_columns
from warehouse.introspect.facts import ColumnFacts, TableFacts
from warehouse.introspect.links import Link, key_likeness, key_of
from warehouse.introspect.words import HAPPENINGS, noun, parts, singular

_PEOPLE = frozenset(
    "user customer member person client subscriber account contact patient student player "
    "guest shopper buyer tenant learner reader".split()
)
_LOGS = frozenset("event log activity track action tracking interaction history".split())
_EVENT_NAMES = frozenset("event action activity name type kind".split())
_LOOKS = frozenset(
    "view visit hit click impression session login search pageview page_view scroll".split()
)
_BEGINS = frozenset(
    "occurred happened event timestamp ts time created date at started start opened placed made "
    "recorded logged registered signup joined".split()
)
_ENDS = frozenset(
    "updated modified deleted closed ended end solved resolved shipped delivered due expires "
    "expired valid birth birthday until canceled cancelled completed paid read clicked changed "
    "received ingested loaded imported synced refreshed".split()
)
_STATES = frozenset("status state stage phase".split())
MOST_OWNED_ROWS = 30
"""Tables with more rows a user are only what happened, not what a user has."""


@dataclass(frozen=True)
class Owned:
    """A table whose rows belong to users."""

    table: TableFacts
    user: str
    """Its own column that names the user, as the source writes it."""
    columns: dict[str, MappedColumn]
    link: Link
    time: str | None
    """The column of ``columns`` that says when a row happened."""
    event_name: str | None
    """A log's column of ``columns`` that says what happened."""
    is_event: bool
    is_entity: bool
    is_unique: bool
    """Whether a user has at most one row."""
    choices: tuple[Choice, ...] = ()

    @property
    def noun(self) -> str:
        """What one row is."""
        return noun(self.table.name)

    @property
    def user_name(self) -> str:
        """The user column as the view names it."""
        return next(n for n, c in self.columns.items() if c.facts.name == self.user)


@dataclass(frozen=True)
class Roles:
    """Who plays what, with the reasons."""

    users: TableFacts
    key: ColumnFacts
    columns: dict[str, MappedColumn]
    owned: tuple[Owned, ...]
    others: tuple[str, ...]
    """Tables that belong to nobody directly."""
    choices: tuple[Choice, ...] = field(default=())

    @property
    def key_name(self) -> str:
        """The users' key as the view names it."""
        return next(n for n, c in self.columns.items() if c.facts.name == self.key.name)

    @property
    def logs(self) -> tuple[Owned, ...]:
        """Tables that hold events of many names."""
        return tuple(owned for owned in self.owned if owned.event_name)


def assign(
    tables: dict[str, TableFacts],
    links: tuple[Link, ...],
    reserved: frozenset[str],
    *,
    users: str | None = None,
    events: str | None = None,
) -> Roles:
    """Decide on the parts; ``users`` and ``events`` are tables that a person named.

    Refuses when no table looks like users, or a named one is not there.
    """
    for named in (users, events):
        if named is not None and named not in tables:
            raise _unknown_table(named, tables)
    chosen, choice = _users(tables, links, users)
    key = key_of(chosen)
    if key is None:
        raise _no_users(tables)
    columns = map_columns(chosen, frozenset({key.name}), reserved, is_users=True)
    owned = tuple(
        _owned(tables[link.table], link, reserved, links, only_log=events)
        for link in _one_each(links, chosen.label)
    )
    told = {chosen.label, *(one.table.label for one in owned)}
    others = tuple(label for label in tables if label not in told)
    return Roles(chosen, key, columns, owned, others, (choice, _key_choice(chosen, key)))


def _users(
    tables: dict[str, TableFacts], links: tuple[Link, ...], named: str | None
) -> tuple[TableFacts, Choice]:
    if named is not None:
        return tables[named], Choice("users", named, "high", ("you named it",))
    scored = {label: _user_evidence(table, links) for label, table in tables.items()}
    usable = {label: found for label, found in scored.items() if key_of(tables[label])}
    ranked = sorted(usable, key=lambda label: (-usable[label][0], label))
    if not ranked or usable[ranked[0]][0] < 2:
        raise _no_users(tables)
    first, others = ranked[0], [label for label in ranked[1:4] if usable[label][0] >= 2]
    score, reasons = usable[first]
    behind = usable[others[0]][0] if others else 0.0
    is_named = bool(set(parts(noun(first))) & _PEOPLE)
    confidence: Confidence = confidence_of(score, behind) if is_named else "low"
    return tables[first], Choice("users", first, confidence, reasons, tuple(others))


def _user_evidence(table: TableFacts, links: tuple[Link, ...]) -> tuple[float, tuple[str, ...]]:
    score, reasons = 0.0, []
    said = set(parts(noun(table.name))) & _PEOPLE
    if said:
        score += 3 if parts(noun(table.name))[-1] in said else 1
        reasons.append(f"its name says {', '.join(sorted(said))}")
    referring = {link.table for link in links if link.to == table.label}
    if referring:
        score += min(3, len(referring))
        reasons.append(f"{', '.join(sorted(referring))} refer to it")
    if any(column.patterns.get("email", 0) > 0.5 for column in table.columns.values()):
        score += 2
        reasons.append("it holds e-mail addresses")
    if any(link.table == table.label for link in links):
        score -= 1
        reasons.append("it refers to another table itself")
    return score, tuple(reasons)


def _key_choice(users: TableFacts, key: ColumnFacts) -> Choice:
    unique = [
        column.name
        for column in users.columns.values()
        if column.is_unique and column.name != key.name and key_likeness(users, column) > 0
    ]
    told = f"unique in all {users.rows:,} rows"
    certain = key.name in users.declared_keys or parts(key.name)[-1] in {"id", "key", "uuid"}
    return Choice(
        "users.key", key.name, "high" if certain else "medium", (told,), tuple(unique[:3])
    )


def _one_each(links: tuple[Link, ...], users: str) -> list[Link]:
    """One link a table: the one whose name says so, then the first."""
    found: dict[str, Link] = {}
    for link in sorted(links, key=lambda one: not one.named):
        if link.to == users:
            found.setdefault(link.table, link)
    return [found[table] for table in sorted(found)]


def _owned(
    table: TableFacts,
    link: Link,
    reserved: frozenset[str],
    links: tuple[Link, ...],
    *,
    only_log: str | None,
) -> Owned:
    key = key_of(table)
    keys = {other.column for other in links if other.table == table.label}
    keys |= {link.column} | ({key.name} if key else set())
    columns = map_columns(table, frozenset(keys), reserved, is_users=False)
    time, time_choice = _time(table, columns)
    name = _event_name(table, columns, named=only_log == table.label) if time else None
    user = table.columns[link.column]
    per_user = table.rows / max(1, user.distinct)
    looks = bool({singular(word) for word in parts(table.name)} & _LOOKS)
    is_entity = name is None and not looks and per_user <= MOST_OWNED_ROWS
    choices = tuple(one for one in (_link_choice(link), time_choice) if one is not None)
    return Owned(
        table,
        link.column,
        columns,
        link,
        time,
        name,
        is_event=time is not None and (only_log is None or name is not None),
        is_entity=is_entity,
        is_unique=user.is_unique,
        choices=choices,
    )


def _link_choice(link: Link) -> Choice | None:
    confidence: Confidence = "high" if link.named and link.contained > 0.99 else "medium"
    return Choice(
        f"{link.table}.{link.column}", f"refers to {link.to}", confidence, (link.reason(),)
    )


def _time(table: TableFacts, columns: dict[str, MappedColumn]) -> tuple[str | None, Choice | None]:
    """When a row happened: by name, then by how many rows say it."""
    scored = {
        name: _time_score(table, column) for name, column in columns.items() if column.is_time
    }
    ranked = sorted(scored, key=lambda name: (-scored[name], list(columns).index(name)))
    if not ranked or scored[ranked[0]] < 0:
        return None, None
    first, rest = ranked[0], [name for name in ranked[1:] if scored[name] > 0]
    behind = max((scored[name] for name in rest), default=0.0)
    certain = scored[first] - behind >= 2 and columns[first].facts.missing < 0.01
    column = columns[first]
    told = [f"{100 * (1 - column.facts.missing):.0f} % of the rows have it"]
    told += [c.reasons[0] for c in column.choices if c.value in ("timestamp", "date")]
    confidence: Confidence = "high" if certain and len(told) == 1 else "medium"
    return first, Choice(f"{table.label} time", first, confidence, tuple(told), tuple(rest[:3]))


def _time_score(table: TableFacts, column: MappedColumn) -> float:
    words = set(parts(column.facts.name))
    stems = {word[:5] for word in parts(noun(table.name))}
    verbs = {word for known in (HAPPENINGS.get(parts(noun(table.name))[-1]),) if known
             for word in (known[0],)}  # fmt: skip
    score = 1.0 + 2 * bool(words & _BEGINS) + 2 * bool({word[:5] for word in words} & stems)
    score += 2 * bool(words & verbs)
    score -= 5 * bool(words & _ENDS)
    return score - 3 * column.facts.missing


def _event_name(table: TableFacts, columns: dict[str, MappedColumn], *, named: bool) -> str | None:
    """A log's column that says what happened: few short values, and a name that says so."""
    is_log = named or bool({singular(word) for word in parts(table.name)} & _LOGS)
    for name, column in columns.items():
        words = parts(column.facts.name)
        says = words[-1] in _EVENT_NAMES and (is_log or "event" in words or "action" in words)
        wordlike = column.facts.patterns.get("word", 0.0) > 0.9
        if says and column.type == "string" and wordlike and 1 < column.facts.distinct <= 300:
            return name
    return None


def _no_users(tables: dict[str, TableFacts]) -> PilothouseError:
    return refuse(
        Code.INVALID_ARGUMENT,
        f"None of the tables looks like users: {', '.join(list(tables)[:12])}.",
        span="--from-warehouse",
        fix="Name the table with --users; it needs a column whose values are all different.",
    )


def _unknown_table(named: str, tables: dict[str, TableFacts]) -> PilothouseError:
    return refuse(
        Code.UNKNOWN_TABLE,
        f"The warehouse has no table '{named}' with rows.",
        span=named,
        fix=f"It has: {', '.join(list(tables)[:12])}.",
    )
