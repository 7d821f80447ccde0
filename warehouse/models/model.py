"""One model: its header, its SQL as a tree, and what that reads and gives."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Literal

import sqlglot
from pydantic import BaseModel, ConfigDict
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from warehouse.models import headers
from warehouse.models.headers import Audit, at, invalid
from warehouse.sqlcheck.allowed import SQLGLOT_NODES

DIALECT = "duckdb"
AS_OF = "as_of"

# A model is a function of its tables and of as_of: nothing else may tell it the time.
_CLOCKS = frozenset(
    "CurrentDate CurrentTime CurrentTimestamp CurrentTimestampLTZ Localtimestamp Rand".split()
)
_ALLOWED = (SQLGLOT_NODES | {"Placeholder", "Parameter"}) - _CLOCKS


class Model(BaseModel):
    """A trait (one value a user) or a staging model that traits read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Literal["trait", "staging"] = "trait"
    grain: tuple[str, ...]
    """The columns of which no two rows have the same values."""
    type: Literal["string", "number", "integer", "boolean", "timestamp"] = "string"
    values: tuple[str, ...] = ()
    """The closed set of values of a state. Empty: open."""
    owner: str
    freshness: int
    """How old its newest source row may be, in seconds."""
    incremental: tuple[str, ...] = ()
    """When an event happened and when it arrived: the two columns by which counters roll on."""
    audits: tuple[Audit, ...] = ()
    meaning: str
    text: str
    """The whole file."""
    file: str

    @cached_property
    def tree(self) -> exp.Query:
        """The SQL as sqlglot reads it: one query of allowed parts, or a refusal."""
        found = _parsed(self.text, self.file)
        _check_parts(found, self.file)
        return found

    @cached_property
    def reads(self) -> frozenset[str]:
        """The tables and other models that the SQL reads."""
        own = {cte.alias for cte in self.tree.find_all(exp.CTE)}
        return frozenset(table.name for table in self.tree.find_all(exp.Table)) - own

    @property
    def columns(self) -> tuple[str, ...]:
        """What the model gives, in order."""
        return tuple(self.tree.named_selects)

    @property
    def sql(self) -> str:
        """The SQL in one spelling: without comments, layout and header."""
        return self.tree.sql(dialect=DIALECT, comments=False, normalize=True)

    def line_of(self, node: exp.Expr) -> int:
        """The line of the file on which a part of the SQL stands, as near as is known."""
        lines = [part.meta["line"] for part in node.find_all(exp.Identifier) if "line" in part.meta]
        return min(lines, default=1)


@lru_cache(maxsize=256)
def read_model(text: str, file: str) -> Model:
    """A model from the text of its file, read once; refuses with MODEL_INVALID, naming file and
    line. Nobody changes its tree: queries are made of copies."""
    model = Model.model_validate({**headers.read(text, file), "text": text, "file": file})
    if model.file != f"{model.name}.sql":
        raise invalid(
            f"{file} says its name is {model.name}.",
            at(file, 1),
            f"Name the file {model.name}.sql, or correct its header.",
        )
    _check_output(model)
    return model


def _parsed(text: str, file: str) -> exp.Query:
    try:
        statements = [one for one in sqlglot.parse(text, dialect=DIALECT) if one is not None]
    except (ParseError, TokenError) as error:
        first = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
        what = first.get("description", str(error).splitlines()[0]).rstrip(".")
        raise invalid(
            f"The SQL of {file} cannot be read: {what}.",
            at(file, first.get("line") or 1),
            "Correct the SQL near that line.",
        ) from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise invalid(
            f"{file} is not one query.", at(file, 1), "Write one SELECT; WITH before it is fine."
        )
    return statements[0]


def _check_parts(tree: exp.Query, file: str) -> None:
    for node in tree.walk():
        what = _why_not(node)
        if what:
            lines = [n.meta["line"] for n in node.find_all(exp.Identifier) if "line" in n.meta]
            raise invalid(
                f"{what} in a model.",
                at(file, min(lines, default=1)),
                "Use plain queries over the canonical tables; the moment is $as_of.",
            )


def _why_not(node: exp.Expr) -> str | None:
    if isinstance(node, exp.Table) and (node.db or not isinstance(node.this, exp.Identifier)):
        return f"{node.sql(DIALECT)} may not be read"
    if isinstance(node, exp.Placeholder) and node.name != AS_OF:
        return f"${node.name} is not given"
    if isinstance(node, exp.Star) and isinstance(node.parent, exp.Select):
        return "SELECT * may not be written"
    if type(node).__name__ not in _ALLOWED or isinstance(node, exp.Anonymous):
        return f"{node.sql(DIALECT).split('(')[0][:60]} may not be used"
    return None


def _check_output(model: Model) -> None:
    """Every column has a name of its own, the grain is among them, and a trait gives itself."""
    columns = model.columns
    unnamed = [select for select in model.tree.selects if not select.alias_or_name]
    if unnamed or len({*columns}) < len(columns):
        raise invalid(
            f"{model.name} gives a column without a name of its own.",
            at(model.file, 1),
            "Name every column with AS, each differently.",
        )
    wanted = (*model.grain, model.name) if model.kind == "trait" else model.grain
    for name in wanted:
        if name not in columns:
            raise invalid(
                f"{model.name} gives {', '.join(columns)} and not {name}.",
                at(model.file, 1),
                f"Select {name}; its header promises it.",
            )
    if model.kind == "trait" and (model.grain != ("user_id",) or len(columns) != 2):
        raise invalid(
            f"{model.name} is a trait and gives {', '.join(columns)}.",
            at(model.file, 1),
            f"Select user_id and {model.name}, one row a user.",
        )
