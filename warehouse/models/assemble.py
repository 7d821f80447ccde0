"""The statement that gives every trait of every user, from the models of a set.

Traits that look at one row of the same staging model (one whose header audits
``every_user``) become columns of one pass over it; the others are joined to it.
The values are those of joining every trait to the users, at a fraction of the cost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from sqlglot import exp

from warehouse.models.model import Model
from warehouse.models.modelset import ModelSet
from warehouse.models.sources import USER, users_query

SCHEMA = "models"
TOGETHER = "together"
_ROW_WISE = frozenset({"kind", "expressions", "from_", "joins"})


def traits_query(
    models: ModelSet, tables: Mapping[str, str], names: Iterable[str] | None = None
) -> exp.Select:
    """``user_id`` and a column a trait (all, or those named), one row a canonical user.

    ``tables`` holds where the models that are kept as tables are, by name.
    """
    wanted = {model.name for model in models.traits} if names is None else {*names}
    shown = [model for model in models.traits if model.name in wanted]
    needed = [model for model in _ancestors(models, shown) if model.name not in tables]
    spine = _spine(needed)
    together = _row_wise(needed, spine)
    query = exp.select().from_(exp.to_table(TOGETHER).as_("u"))
    for name, tree in _expressions(models, needed, spine, together):
        query = query.with_(name, as_=placed(tree, tables), copy=False)
    columns: list[exp.Expr] = [exp.column(USER, "u")]
    for model in shown:
        columns.append(exp.column(model.name, "u" if model.name in together else model.name))
        if model.name not in together:
            on = exp.column(USER, model.name).eq(exp.column(USER, "u"))
            query = query.join(model.name, on=on, join_type="left", copy=False)
    return query.select(*columns, copy=False)


def model_query(models: ModelSet, name: str, tables: Mapping[str, str]) -> exp.Select:
    """Every row of one model, from the tables and models that it reads."""
    model = models.by_name[name]
    query = exp.select(*model.columns).from_(name)
    for one in _ancestors(models, [model]):
        if one.name not in tables or one is model:
            query = query.with_(one.name, as_=placed(one.tree, tables), copy=False)
    return query


def placed(tree: exp.Query, tables: Mapping[str, str]) -> exp.Query:
    """A copy of a query in which the models that are kept as tables are read from there."""
    found = tree.copy()
    own = {cte.alias for cte in found.find_all(exp.CTE)}
    for table in [*found.find_all(exp.Table)]:
        if table.name in tables and table.name not in own and not table.db:
            table.replace(stored(tables[table.name]).as_(table.alias_or_name))
    return found


def stored(table: str) -> exp.Table:
    """A table of the models' own schema, which no reader of the catalog sees."""
    return exp.table_(table, db=SCHEMA, quoted=True)


def _ancestors(models: ModelSet, shown: Iterable[Model]) -> list[Model]:
    """These models and all that they read, parents first."""
    found = {model.name for model in shown}
    for model in reversed(models.models):
        if model.name in found:
            found.update(models.parents(model))
    return [model for model in models.models if model.name in found]


def _spine(needed: Iterable[Model]) -> str | None:
    """The staging model with a row for every user from which most models read."""
    names = [
        model.name
        for model in needed
        if model.kind == "staging" and any(one.kind == "every_user" for one in model.audits)
    ]
    readers = Counter(name for model in needed for name in model.reads if name in names)
    return readers.most_common(1)[0][0] if readers else None


def _row_wise(needed: Iterable[Model], spine: str | None) -> dict[str, Model]:
    """The traits that can be columns of one pass over the spine, parents first."""
    found: dict[str, Model] = {}
    for model in needed:
        if spine and model.kind == "trait" and _looks_at_one_row(model.tree, spine, {*found}):
            found[model.name] = model
    return found


def _looks_at_one_row(tree: exp.Query, spine: str, others: set[str]) -> bool:
    if not isinstance(tree, exp.Select) or tree.args["from_"].this.name != spine:
        return False
    if any(value for key, value in tree.args.items() if key not in _ROW_WISE):
        return False
    if tree.find(exp.AggFunc, exp.Window, exp.Subquery):
        return False
    return all(_joins_a_trait(join, others) for join in tree.args.get("joins") or ())


def _joins_a_trait(join: exp.Join, others: set[str]) -> bool:
    on = join.args.get("on")
    return (
        join.this.name in others
        and (join.side, join.kind) in {("", ""), ("", "INNER"), ("LEFT", "")}
        and isinstance(on, exp.EQ)
        and {on.left.name, on.right.name} == {USER}
    )


def _expressions(
    models: ModelSet, needed: list[Model], spine: str | None, together: Mapping[str, Model]
) -> list[tuple[str, exp.Query]]:
    """The common table expressions, each after those that it reads."""
    before = {model.name for model in _ancestors(models, [models.by_name[spine]])} if spine else ()
    found = [(model.name, model.tree) for model in needed if model.name in before]
    found.append((TOGETHER, _passes(spine, together) if spine else users_query(models.sources)))
    for model in needed:
        if model.name in together:
            found.append((model.name, exp.select(USER, model.name).from_(TOGETHER)))
        elif model.name not in before:
            found.append((model.name, model.tree))
    read = {name for model in needed if model.name not in together for name in model.reads}
    return [(name, tree) for name, tree in found if name not in together or name in read]


def _passes(spine: str, together: Mapping[str, Model]) -> exp.Select:
    """One pass for the traits that read the spine alone, one for those that read these, …"""
    query = exp.select("r.*").from_(exp.to_table(spine).as_("r"))
    left = dict(together)
    while left:
        ready = [model for model in left.values() if not (model.reads & left.keys())]
        if query.args["from_"].this.name != spine or len(query.selects) > 1:
            query = exp.select("r.*").from_(query.subquery("r"))
        for model in ready:
            value = next(one for one in model.tree.selects if one.alias_or_name == model.name)
            query = query.select(_of_row(value).as_(model.name), copy=False)
            del left[model.name]
    return query


def _of_row(select: exp.Expr) -> exp.Expr:
    """An expression whose columns are all columns of the row at hand."""
    value = select.unalias().copy()
    bare = exp.column(value.name, "r") if isinstance(value, exp.Column) else value
    for column in bare.find_all(exp.Column):
        column.set("table", exp.to_identifier("r"))
    return bare
