"""Random queries in which few names mean many things: columns, aliases, tables, outer queries.

Most names exist where they stand, so that many queries are allowed; some mean a
hidden column, another table's, or nothing.
"""

from __future__ import annotations

from random import Random

_TABLES = {
    "dim_users": ("user_id", "country", "device_os"),
    "main.dim_users": ("user_id", "country", "utm_source"),
    "fct_events": ("user_id", "event_name", "event_time"),
    "fct_support": ("user_id", "status", "csat_score"),
    "fct_subscriptions": ("user_id", "status", "trial_start"),
}
_ALIASES = ("u", "e", "t", "dim_users", "email", "x")
_NAMES = (
    "user_id", "country", "status", "event_name", "email", "email", "phone", "gender", "x", "y",
    "e", "u", "t", "properties", "dim_users", "device_os",
)  # fmt: skip
_FUNCTIONS = (
    "lower({}::VARCHAR)", "max({})", "count({})", "length({}::VARCHAR)", "coalesce({}, NULL)",
    "({})", "({}, 1)", "[{}]", "{} IS NULL", "min({}) OVER ()",
)  # fmt: skip
_JOINS = ("JOIN", "LEFT JOIN", "SEMI JOIN", "ANTI JOIN", "FULL JOIN", "RIGHT JOIN")
_SETS = ("UNION ALL", "UNION", "EXCEPT", "INTERSECT", "UNION BY NAME")

Columns = tuple[str, ...]


class Writer:
    """Writes one random query after the other."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.ctes: dict[str, Columns] = {}
        self.scopes: list[dict[str, Columns]] = []

    def statement(self) -> str:
        """One whole statement."""
        self.ctes, self.scopes = {}, []
        return self._query(0)[0]

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _query(self, depth: int, width: int = 0) -> tuple[str, Columns]:
        """A query and the names of its outputs."""
        head = self._with(depth) if depth < 2 and self._chance(0.25) else ""
        body, outputs, scope = self._select(depth, width)
        if self._chance(0.1):
            other, _, _ = self._select(depth, len(outputs))
            body = f"{body} {self.random.choice(_SETS)} {other}"
        if self._chance(0.35):
            self.scopes.append(scope)
            name = self.random.choice(outputs) if self._chance(0.6) else self._value(depth)
            function = self.random.choice(_FUNCTIONS) if self._chance(0.3) else "{}"
            body += f" ORDER BY {function.format(name)}"
            self.scopes.pop()
        return head + body, outputs

    def _with(self, depth: int) -> str:
        parts = []
        for _ in range(self.random.randint(1, 2)):
            name = self.random.choice((*_ALIASES, "fct_events", "secrets_t"))
            query, outputs = self._query(depth + 1)
            if self._chance(0.2):
                outputs = tuple(self.random.choice(_NAMES) for _ in outputs)
                parts.append(f"{name}({', '.join(outputs)}) AS ({query})")
            else:
                parts.append(f"{name} AS ({query})")
            self.ctes[name] = outputs
        return f"WITH {', '.join(parts)} "

    def _select(self, depth: int, width: int) -> tuple[str, Columns, dict[str, Columns]]:
        scope: dict[str, Columns] = {}
        source = self._from(depth, scope)
        self.scopes.append(scope)
        grouped = self.random.choice(("", self._column())) if self._chance(0.4) else ""
        pairs = [self._output(depth, grouped) for _ in range(width or self.random.randint(1, 3))]
        distinct = "DISTINCT " if self._chance(0.1) else ""
        text = f"SELECT {distinct}{', '.join(text for text, _ in pairs)} FROM {source}"
        if self._chance(0.4):
            text += f" WHERE {self._condition(depth)}"
        if grouped:
            text += f" GROUP BY {grouped}"
            text += f" HAVING max({self._column()}) > 'a'" if self._chance(0.2) else ""
        elif self._chance(0.1):
            text += f" QUALIFY row_number() OVER (ORDER BY {self._value(depth)}) = 1"
        self.scopes.pop()
        return text, tuple(name for _, name in pairs), scope

    def _from(self, depth: int, scope: dict[str, Columns]) -> str:
        first = self._source(depth, scope)
        if self._chance(0.65):
            return first
        if self._chance(0.2):
            self.scopes.append(dict(scope))
            value, name, alias = self._value(depth), self._name(), self._alias()
            self.scopes.pop()
            scope[alias] = (name,)
            return f"{first}, LATERAL (SELECT {value} AS {name}) {alias}"
        kind = self.random.choice(_JOINS)
        second = self._source(depth, scope)
        if self._chance(0.5):
            shared = self._name() if self._chance(0.2) else "user_id"
            return f"{first} {kind} {second} USING ({shared})"
        left, *_, right = (*scope, *scope)
        return f"{first} {kind} {second} ON {left}.user_id = {right}.user_id"

    def _source(self, depth: int, scope: dict[str, Columns]) -> str:
        alias = self._alias()
        if depth < 3 and self._chance(0.35):
            query, outputs = self._query(depth + 1)
            if self._chance(0.2):
                outputs = tuple(self.random.choice(_NAMES) for _ in outputs)
                scope[alias] = outputs
                return f"({query}) {alias}({', '.join(outputs)})"
            scope[alias] = outputs
            return f"({query}) {alias}"
        known = _TABLES | self.ctes if self._chance(0.7) else self.ctes or _TABLES
        table = self.random.choice(list(known))
        if self._chance(0.7):
            scope[alias] = known[table]
            return f"{table} {alias}"
        scope[table.removeprefix("main.")] = known[table]
        return table

    def _output(self, depth: int, grouped: str) -> tuple[str, str]:
        if self._chance(0.05):
            return self.random.choice(("*", f"{self._alias()}.*", "count(*)")), "x"
        value = self._value(depth)
        if grouped:
            value = grouped if self._chance(0.4) else f"max({value})"
        if self._chance(0.6):
            name = self._name()
            return f"{value} AS {name}", name
        return value, value.rpartition(".")[2]

    def _value(self, depth: int) -> str:
        if depth < 3 and self._chance(0.06):
            return f"({self._query(depth + 1, 1)[0]} LIMIT 1)"
        if self._chance(0.15):
            return self.random.choice(_FUNCTIONS).format(self._column())
        if self._chance(0.05):
            return f"sum(1) OVER (PARTITION BY {self._column()} ORDER BY {self._column()})"
        return self._column()

    def _condition(self, depth: int) -> str:
        if depth < 3 and self._chance(0.3):
            kind = self.random.choice(
                ("EXISTS", f"{self._column()} IN", f"{self._column()} NOT IN")
            )
            return f"{kind} ({self._query(depth + 1, 1)[0]})"
        operator = self.random.choice(("=", ">", "IS DISTINCT FROM", "<="))
        return f"{self._value(depth)}::VARCHAR {operator} {self._value(depth)}::VARCHAR"

    def _column(self) -> str:
        """Mostly a column of this query or of one around it, with its table or without."""
        if not self.scopes or self._chance(0.06):
            return f"{self._alias()}.{self._name()}" if self._chance(0.4) else self._name()
        scope = self.scopes[-1] if self._chance(0.8) else self.random.choice(self.scopes)
        table = self.random.choice(list(scope))
        name = self._name() if self._chance(0.05) else self.random.choice(scope[table])
        return f"{table}.{name}" if self._chance(0.6) else name

    def _name(self) -> str:
        return self.random.choice(_NAMES)

    def _alias(self) -> str:
        return self.random.choice(_ALIASES)
