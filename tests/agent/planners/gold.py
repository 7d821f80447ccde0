"""Who a prompt means, written shortly: ``n(order_placed, total > 100, days=30) >= 2``.

A line of Python's own syntax becomes a condition; ``same`` says whether two conditions
choose the same people whatever the data: other order, other way of negating, named
audiences written out.
"""

from __future__ import annotations

import ast
from datetime import datetime, timedelta

from core.conditions import (
    Absolute,
    And,
    AsOf,
    Attribute,
    Calendar,
    Condition,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    InAudience,
    Not,
    Op,
    Or,
    Related,
    Rolling,
    SinceEvent,
    SinceMoment,
    Trait,
)
from warehouse.catalog import Catalog
from warehouse.compile.names import expand

DAY = 86_400
_OPS = {
    ast.Eq: Op.EQ, ast.NotEq: Op.NE, ast.Lt: Op.LT, ast.LtE: Op.LE, ast.Gt: Op.GT, ast.GtE: Op.GE,
    ast.In: Op.IN, ast.NotIn: Op.NOT_IN,
}  # fmt: skip


def condition(text: str, catalog: Catalog) -> Condition:
    """The condition that a gold line says over a catalog."""
    return _Gold(catalog).node(ast.parse(text.strip(), mode="eval").body)


class _Gold:
    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def node(self, one: ast.expr) -> Condition:
        match one:
            case ast.BoolOp(op=ast.And(), values=values):
                return And(of=tuple(self.node(value) for value in values))
            case ast.BoolOp(op=ast.Or(), values=values):
                return Or(of=tuple(self.node(value) for value in values))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(of=self.node(operand))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._compared(left, op, right)
            case ast.Call(func=ast.Name(id="aud"), args=[ast.Name(id=key)]):
                return InAudience(key=key)
            case ast.Call(func=ast.Name(id="consent"), args=[ast.Name(id=channel)]):
                purpose = self.catalog.channels[channel].consent_purpose or "marketing"
                return ConsentIs(purpose=purpose, channel=channel)
            case ast.Call(func=ast.Name(id="seq"), args=[ast.Name(id=a), ast.Name(id=b), *rest]):
                within = int(ast.literal_eval(rest[0]) * DAY) if rest else None
                return EventSequence(first=a, then=b, within_seconds=within)
            case ast.Call(func=ast.Name(id="n" | "rows")):
                return self._counted(one, Op.GE, 1)
            case ast.Name(id="everyone"):
                return And()
        raise ValueError(ast.dump(one))

    def _compared(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Condition:
        if isinstance(op, ast.Is | ast.IsNot):
            nothing = Op.IS_NULL if isinstance(op, ast.Is) else Op.IS_NOT_NULL
            return self._value(ast.unparse(left), nothing, None)
        compared = _OPS[type(op)]
        if isinstance(left, ast.Call):
            name = left.func.id if isinstance(left.func, ast.Name) else ""
            if name == "age":
                seconds = int(ast.literal_eval(right) * DAY)
                event, which, filters = left.args[0], left.args[1], left.args[2:]
                return EventAge(
                    event=ast.unparse(event), which=ast.unparse(which), op=compared,
                    seconds=seconds, where=tuple(self._filter(one) for one in filters),
                )  # fmt: skip
            return self._counted(left, compared, ast.literal_eval(right))
        return self._value(ast.unparse(left), compared, self._literal(right))

    def _value(self, name: str, op: Op, value: object) -> Condition:
        if name in self.catalog.traits:
            return Trait(name=name, op=op, value=value)
        return Attribute(column=name, op=op, value=value)

    def _literal(self, one: ast.expr) -> object:
        if isinstance(one, ast.Call):
            offset = ast.literal_eval(one.args[0]) * DAY if one.args else 0
            return AsOf(as_of_offset_seconds=int(offset))
        return ast.literal_eval(one)

    def _counted(self, call: ast.Call, op: Op, n: int) -> Condition:
        assert isinstance(call.func, ast.Name)
        subject, *filters = call.args
        where = tuple(self._filter(one) for one in filters)
        if call.func.id == "rows":
            return Related(entity=ast.unparse(subject), where=where, op=op, n=n)
        window = _window({key.arg: key.value for key in call.keywords})
        return EventCount(event=ast.unparse(subject), where=where, window=window, op=op, n=n)

    def _filter(self, one: ast.expr) -> Filter:
        assert isinstance(one, ast.Compare)
        op, right = one.ops[0], one.comparators[0]
        if isinstance(op, ast.Is | ast.IsNot):
            nothing = Op.IS_NULL if isinstance(op, ast.Is) else Op.IS_NOT_NULL
            return Filter(column=ast.unparse(one.left), op=nothing)
        value = self._literal(right)
        return Filter(column=ast.unparse(one.left), op=_OPS[type(op)], value=value)


def _window(said: dict[str | None, ast.expr]):
    if not said:
        return None
    if "since" in said:
        name = ast.unparse(said["since"])
        if "." in name:
            return SinceMoment(column=name)
        which = "first" if "first" in said else "last"
        return SinceEvent(event=name, which=which)
    values = {key: ast.literal_eval(value) for key, value in said.items()}
    for key, seconds in (("days", DAY), ("hours", 3600)):
        if key in values:
            return Rolling(seconds=int(values[key] * seconds))
    for unit in ("day", "week", "month"):
        if unit in values:
            return Calendar(unit=unit, periods_back=values[unit])
    start, end = (datetime.fromisoformat(values[k]) if k in values else None for k in ("a", "z"))
    return Absolute(start=start, end=end)


def same(one: Condition, other: Condition, catalog: Catalog, as_of: datetime) -> bool:
    """Whether two conditions choose the same people, as far as rewriting can tell."""
    return _Plain(as_of).of(expand(one, catalog)) == _Plain(as_of).of(expand(other, catalog))


_OPPOSITE = {
    Op.EQ: Op.NE, Op.NE: Op.EQ, Op.LT: Op.GE, Op.GE: Op.LT, Op.GT: Op.LE, Op.LE: Op.GT,
    Op.IN: Op.NOT_IN, Op.NOT_IN: Op.IN, Op.IS_NULL: Op.IS_NOT_NULL, Op.IS_NOT_NULL: Op.IS_NULL,
}  # fmt: skip


class _Plain:
    """One way of writing what has several."""

    def __init__(self, as_of: datetime) -> None:
        self.as_of = as_of

    def of(self, one: Condition, negated: bool = False) -> tuple:
        if isinstance(one, Not):
            return self.of(one.of, not negated)
        if isinstance(one, And | Or):
            word = "and" if isinstance(one, And) != negated else "or"
            parts: list[tuple] = []
            for part in one.of:
                made = self.of(part, negated)
                parts.extend(made[1] if made[0] == word else (made,))
            parts = self._listed(word, parts)
            unique = tuple(sorted(set(parts), key=repr))
            return unique[0] if len(unique) == 1 else (word, unique)
        if isinstance(one, EventCount | Related):
            return self._count(one, negated)
        if isinstance(one, Attribute | Trait):
            name = one.column if isinstance(one, Attribute) else one.name
            return ("value", self._compare(name, one.op, one.value, negated))
        if isinstance(one, EventAge):
            op = _OPPOSITE[one.op] if negated else one.op
            filters = tuple(sorted(map(self._filter, one.where)))
            return ("age", one.event, one.which, str(op), one.seconds, filters)
        said = repr(one.model_copy(update={"when_unknown": None}))
        return ("not" if negated else "is", said)

    def _listed(self, word: str, parts: list[tuple]) -> list[tuple]:
        """One value or another of a column is one of a list."""
        if word != "or":
            return parts
        values: dict[str, list[str]] = {}
        rest = []
        for part in parts:
            if part[0] == "value" and part[1][1] == "=":
                values.setdefault(part[1][0], []).append(ast.literal_eval(part[1][2]))
            else:
                rest.append(part)
        for name, several in values.items():
            listed = tuple(several) if len(several) > 1 else several[0]
            op = Op.IN if len(several) > 1 else Op.EQ
            rest.append(("value", self._compare(name, op, listed, False)))
        return rest

    def _count(self, one: EventCount | Related, negated: bool) -> tuple:
        op, n = (_OPPOSITE[one.op] if negated else one.op), one.n
        if op is Op.GT:
            op, n = Op.GE, n + 1
        if op is Op.LE:
            op, n = Op.LT, n + 1
        if (op, n) == (Op.LT, 1):
            op, n = Op.EQ, 0
        if (op, n) == (Op.NE, 0):
            op, n = Op.GE, 1
        filters = tuple(sorted(map(self._filter, one.where)))
        window = self._window(one.window) if isinstance(one, EventCount) else ""
        name = one.event if isinstance(one, EventCount) else one.entity
        return ("count", name, filters, window, str(op), n)

    def _window(self, window) -> str:
        if isinstance(window, Calendar) and window.unit == "month":
            first = self.as_of.replace(day=1)
            for _ in range(window.periods_back):
                first = (first - timedelta(days=1)).replace(day=1)
            after = (first + timedelta(days=32)).replace(day=1)
            return repr(Absolute(start=first, end=after if window.periods_back else None))
        return repr(window)

    def _filter(self, one: Filter) -> str:
        return repr(self._compare(one.column, one.op, one.value, False))

    def _compare(self, name: str, op: Op, value: object, negated: bool) -> tuple:
        op = _OPPOSITE[op] if negated else op
        if isinstance(value, bool) and op is Op.NE:
            op, value = Op.EQ, not value
        if isinstance(value, tuple) and len(value) == 1:
            op, value = {Op.IN: Op.EQ, Op.NOT_IN: Op.NE}[op], value[0]
        if isinstance(value, tuple):
            value = tuple(sorted(value))
        if isinstance(value, str):
            value = value.removesuffix("T00:00:00")
        if isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        return (name, str(op), repr(value))
