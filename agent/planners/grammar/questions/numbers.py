"""Numbers of rows: totals, averages, medians of a column; revenue; for each user."""

from __future__ import annotations

from dataclasses import dataclass, replace

from agent.planners.grammar.meaning import Unclear, refused
from agent.planners.grammar.questions.columns import Columns
from agent.planners.grammar.questions.resolving import Frame, frame_of
from agent.planners.grammar.questions.slots import Asked, Named
from agent.planners.grammar.questions.things import Thing
from core.errors import Code
from core.questions import Aggregate, Count, Function, Measure, Ratio, Rows


@dataclass(slots=True)
class Measured:
    """A measure with the groups and users that fit it."""

    measure: Measure
    frame: Frame
    timed: bool = True
    """Whether its rows happen at moments, so that a period means something."""


class Numbers:
    """Measures that read a number of the rows."""

    def __init__(self, asked: Asked, columns: Columns) -> None:
        self.asked = asked
        self.columns = columns
        self.world = columns.world
        self.catalog = columns.catalog

    def _revenue(self) -> Measured:
        sales = self.catalog.layout.sales
        if sales is None or sales.price is None:
            raise Unclear(question="Which number is revenue? Name a column of the catalog.")
        name = next((k for k, e in self.catalog.entities.items() if e.table == sales.table), None)
        rows = Rows(of="table", name=sales.table) if name is None else self.world.rows(name)
        said = self.asked.sold or Thing(0, 0, rows)
        thing = replace(said, rows=rows.model_copy(update={"time": sales.time}))
        frame = frame_of(self.asked, thing.owner, thing, self.columns)
        frame.notes.append(
            f"Revenue is the total {sales.price} of {rows.name} rows, by {sales.time}."
        )
        return self._aggregated(self.asked.function or "sum", sales.price, thing, frame)

    def _number(self, named: Named) -> Measured:
        things = self.asked.things
        thing = things[0] if things else None
        options = [
            (owner, name)
            for owner, name in named.senses
            if (thing is None or owner in [one.owner for one in (thing, *thing.also)])
            and not self.world.to_one(owner)
        ]
        if not options and thing is not None:
            raise refused(
                Code.UNKNOWN_COLUMN,
                f"'{thing.words}' has no '{named.words}'.",
                span=named.words,
                fix="Name a number of these rows.",
            )
        options.sort(key=lambda one: not one[0].startswith("entity"))
        for owner, name in options:
            of = self._thing_of(owner, thing, name)
            try:
                frame = frame_of(self.asked, of.owner, of, self.columns)
            except Unclear:
                if (owner, name) == options[-1]:
                    raise
                continue
            return self._aggregated(self._function(named, of), name, of, frame)
        raise Unclear(question=f"Which '{named.words}' do you mean?")

    def _thing_of(self, owner: str, thing: Thing | None, column: str) -> Thing:
        kind, _, name = owner.partition(":")
        if thing is not None:
            return next(one for one in (thing, *thing.also) if one.owner == owner)
        if kind in ("", "trait"):
            return Thing(0, 0, Rows(of="users"))
        rows = Rows(of="event", name=name) if kind == "event" else self.world.rows(name)
        return Thing(0, 0, rows)

    def _function(self, named: Named, thing: Thing) -> Function:
        if self.asked.function is not None:
            return self.asked.function
        if named.words.lower() in (thing.rows.name, *self._nouns(thing)):
            return "sum"
        raise Unclear(
            question=f"Which '{named.words}': the average, the median or the total? Say one."
        )

    def _nouns(self, thing: Thing) -> tuple[str, ...]:
        entity = self.catalog.entities.get(thing.rows.name)
        return entity.phrases if entity is not None else ()

    def _aggregated(self, function: Function, column: str, thing: Thing, frame: Frame) -> Measured:
        self._also_users(frame)
        where = (*frame.where, *thing.after)
        rows = thing.rows.model_copy(update={"where": where})
        number = Aggregate(function=function, column=column, rows=rows)
        if column.endswith("_seconds"):
            frame.notes.append(f"{column} is in seconds.")
        if not self.asked.per_user:
            return Measured(number, frame, timed=rows.of != "users")
        total = number.model_copy(update={"function": "sum"})
        frame.notes.append("For each user who has at least one such row.")
        whole = Count(rows=rows, users=True)
        return Measured(Ratio(part=total, whole=whole, share=False), frame)

    def _also_users(self, frame: Frame) -> None:
        frame.who.extend(self.asked.predicates)

    def _fitting(self, thing: Thing) -> tuple[Thing, Frame]:
        """Of the things that the same words may mean, the first that has all that is asked."""
        first: Unclear | None = None
        for one in (thing, *thing.also):
            one = replace(one, words=thing.words, after=thing.after)
            try:
                return one, frame_of(self.asked, one.owner, one, self.columns)
            except Unclear as unclear:
                first = first or unclear
        raise first or Unclear(question="What is to be counted?")
