"""What people ruled about identifiers: rows that resolution reads, never edits of what it wrote."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from warehouse.identity.statements import Cursor

Action = Literal["merge", "block"]


class Identifier(NamedTuple):
    """A kind (user_id, anonymous_id, email, device_id) and a value."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


class Rule(NamedTuple):
    """Two identifiers are the same person, or must not be; of two rules the later one holds."""

    rule_id: str
    action: Action
    a: Identifier
    b: Identifier
    author: str
    at: datetime
    """Naive UTC."""
    reason: str


def add(cursor: Cursor, rule: Rule) -> None:
    """Write a rule; it counts from the next update on."""
    row = [rule.rule_id, rule.action, *rule.a, *rule.b, rule.author, rule.at, rule.reason]
    cursor.execute("INSERT INTO identity_rules VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)", row)


def withdraw(cursor: Cursor, rule_id: str) -> None:
    """Take a rule away: what it changed is undone by the next update."""
    cursor.execute("DELETE FROM identity_rules WHERE rule_id = $1", [rule_id])


def rules(cursor: Cursor) -> list[Rule]:
    """Every rule, the oldest first."""
    rows = cursor.execute('SELECT * FROM identity_rules ORDER BY "at", rule_id').fetchall()
    return [
        Rule(rule_id, action, Identifier(a_kind, a), Identifier(b_kind, b), *rest)
        for rule_id, action, a_kind, a, b_kind, b, *rest in rows
    ]


def about(cursor: Cursor, a: Identifier, b: Identifier) -> list[Rule]:
    """The rules about exactly these two, the oldest first."""
    return [rule for rule in rules(cursor) if {rule.a, rule.b} == {a, b}]
