"""The scores that can be trained: what each predicts, from what, and how far ahead."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import sqlglot
from pydantic import BaseModel, ConfigDict
from sqlglot import exp

from core.errors import Code, refuse

DIALECT = "duckdb"
_SQL = Path(__file__).parent / "sql"


class Term(NamedTuple):
    """One input of a score and the SQL that gives it."""

    name: str
    sql: str


class Score(BaseModel):
    """A probability per user, learnt from what became of users at past moments."""

    model_config = ConfigDict(frozen=True)

    name: str
    owner: str
    meaning: str
    horizon: timedelta
    """How far ahead the label looks."""
    step: timedelta = timedelta(days=7)
    """How far apart the moments are that it learns from."""
    history: timedelta = timedelta(days=30)
    """How far back the inputs look: the first moment has that much data before it."""

    @cached_property
    def labels(self) -> str:
        """The query of the users for whom it came true within the horizon after ``$at``."""
        return self._read("labels")

    @cached_property
    def inputs(self) -> exp.Select:
        """The query of the inputs as of ``$as_of``: ``user_id`` and a column a term."""
        tree = sqlglot.parse_one(self._read("inputs"), dialect=DIALECT)
        assert isinstance(tree, exp.Select)
        return tree

    @property
    def terms(self) -> tuple[Term, ...]:
        """The inputs in order."""
        return tuple(
            Term(one.alias_or_name, one.unalias().sql(DIALECT)) for one in self.inputs.selects[1:]
        )

    @property
    def population(self) -> str:
        """Whom it is about, as SQL over a row of the inputs' model."""
        where: exp.Where = self.inputs.args["where"]
        return where.this.sql(DIALECT)

    @property
    def model(self) -> str:
        """The staging model that the inputs read."""
        source: exp.From = self.inputs.args["from_"]
        return source.this.name

    def _read(self, name: str) -> str:
        return (_SQL / self.name / f"{name}.sql").read_text(encoding="utf-8")


SCORES = {
    score.name: score
    for score in (
        Score(
            name="upgrade_propensity",
            owner="data",
            meaning=(
                "How likely a user who pays for nothing is to start a paid subscription within "
                "14 days, 0 to 1; 0 for those who pay."
            ),
            horizon=timedelta(days=14),
        ),
    )
}


def score_named(name: str) -> Score:
    """A score by its name; refuses with UNKNOWN_KEY."""
    if name not in SCORES:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no score '{name}' to train.",
            span=name,
            fix=f"Scores: {', '.join(SCORES)}.",
        )
    return SCORES[name]
