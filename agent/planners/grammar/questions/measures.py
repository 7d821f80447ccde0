"""What is counted or measured, of everything that was named."""

from __future__ import annotations

from dataclasses import dataclass, replace

from agent.planners.grammar.meaning import Unclear, all_of, refused
from agent.planners.grammar.questions.columns import Columns
from agent.planners.grammar.questions.resolving import Frame, frame_of
from agent.planners.grammar.questions.slots import Asked, Named
from agent.planners.grammar.questions.things import Thing
from agent.planners.grammar.questions.unknown import NothingNamed
from core.conditions import EVERYONE, And, Condition, EventCount, Filter, Op
from core.errors import Code
from core.questions import Aggregate, Count, Function, Measure, MetricRate, Ratio, Rows

OVER_ALL_TIME = "is counted over all time"


@dataclass(slots=True)
class Measured:
    """A measure with the groups and users that fit it."""

    measure: Measure
    frame: Frame
    timed: bool = True
    """Whether its rows happen at moments, so that a period means something."""


class Measures:
    """Decides what a question measures."""

    def __init__(self, asked: Asked, columns: Columns) -> None:
        self.asked = asked
        self.columns = columns
        self.world = columns.world
        self.catalog = columns.catalog

    def measured(self) -> Measured:
        """The measure; raises Unclear where none or several were named."""
        asked = self.asked
        self._one_at_most()
        if asked.rates:
            return self._rate()
        if asked.metrics:
            return self._metric()
        if asked.share:
            return self._share()
        if asked.revenue:
            return self._revenue()
        if asked.numbers:
            return self._number(asked.numbers[0])
        if asked.things:
            return self._rows()
        if asked.users:
            return self._users()
        return self._of_group()

    def _one_at_most(self) -> None:
        asked = self.asked
        self._rows_of_rate()
        named = [bool(asked.rates), bool(asked.metrics), asked.revenue]
        if sum(named) > 1 or len(asked.metrics) > 1 or len(asked.numbers) > 1:
            raise Unclear(question="Which number do you mean? Ask for one at a time.")
        lone = any(named) and (asked.things or asked.numbers or asked.share)
        if lone or len(asked.things) > 1:
            words = [thing.words for thing in asked.things]
            words += [asked.metric_words] if asked.metrics else []
            raise Unclear(
                question=f"What is to be counted: {', '.join(words)}? Ask for one at a time."
            )

    def _rows_of_rate(self) -> None:
        """'click rate of push messages': the rows that the rate is a share of, named as well."""
        asked = self.asked
        if not asked.rates or len(asked.things) != 1:
            return
        thing = asked.things[0]
        same = [
            (replace(one, after=thing.after), column, named)
            for of, column, named in asked.rates
            for one in (thing, *thing.also)
            if one.rows == of.rows
        ]
        if same:
            asked.rates, asked.things = same, []

    # metrics, rates, shares

    def _metric(self) -> Measured:
        name = self.asked.metrics[0]
        if self.asked.counting or self.asked.function == "sum":
            raise Unclear(
                question=f"'{self.asked.metric_words}' is a rate: it cannot be counted. Ask for "
                f"the {name.replace('_', ' ')} itself, or for what users did."
            )
        self._no_rows_needed()
        frame = frame_of(self.asked, "metric", None, self.columns)
        metric = self.catalog.metrics[name]
        frame.notes.append(f"'{name}' is the catalog's metric: {metric.description}")
        self._also_users(frame)
        return Measured(MetricRate(metric=name), frame)

    def _no_rows_needed(self) -> None:
        if self.asked.per_user or self.asked.per_thing:
            raise Unclear(question="A rate is not divided once more: leave out 'per user'.")

    def _also_users(self, frame: Frame) -> None:
        frame.who.extend(self.asked.predicates)

    def _rate(self) -> Measured:
        found = []
        for thing, column, named in self.asked.rates:
            try:
                frame = frame_of(self.asked, thing.owner, thing, self.columns)
            except Unclear:
                continue
            found.append((thing, column, named, frame))
        if len(found) != 1:
            words = self.asked.rates[0][2].words
            names = [f"{thing.rows.name} {column}" for thing, column, _, _ in found]
            raise Unclear(
                question=f"What is the '{words}' a share of? "
                + (f"It could be of: {', '.join(names)}." if names else "Say it as 'share of …'.")
            )
        thing, column, named, frame = found[0]
        name, _, value = column.partition(":")
        part = Filter(column=name, op=Op.IS_NOT_NULL)
        if value:
            part = Filter(column=name, value=True if value == "true" else value)
        self._also_users(frame)
        of_all = (*frame.where, *thing.after)
        whole = thing.rows.model_copy(update={"where": of_all})
        rows = whole.model_copy(update={"where": (*of_all, part)})
        frame.notes.append(
            f"'{named.words}' is the share of {thing.rows.name} rows with {name}"
            + (f" {value}." if value else ".")
        )
        return Measured(Ratio(part=Count(rows=rows), whole=Count(rows=whole)), frame)

    def _share(self) -> Measured:
        if self.asked.things:
            return self._share_of_rows(self.asked.things[0])
        if not self.asked.users or not self.asked.predicates:
            raise Unclear(question="A share of whom, and who of them? Say 'share of … who …'.")
        frame = frame_of(self.asked, "users", None, self.columns)
        *whole, part = self.asked.predicates
        of_all = all_of(whole) if whole else EVERYONE
        measure = Ratio(
            part=Count(rows=Rows(of="users", who=all_of([*whole, part]))),
            whole=Count(rows=Rows(of="users", who=of_all)),
        )
        return Measured(measure, frame, timed=False)

    def _share_of_rows(self, thing: Thing) -> Measured:
        thing, frame = self._fitting(thing)
        after = [*thing.after]
        if thing.moment:
            after.append(Filter(column=thing.moment, op=Op.IS_NOT_NULL))
        if not after and len(frame.where) == 1 and self.asked.values:
            after, frame.where = frame.where, []
        if len(after) != 1:
            raise Unclear(
                question=f"Which share of '{thing.words}'? Say one thing of them, as 'share of … "
                "that …'."
            )
        self._also_users(frame)
        whole = thing.rows.model_copy(update={"where": tuple(frame.where)})
        rows = whole.model_copy(update={"where": (*frame.where, *after)})
        return Measured(Ratio(part=Count(rows=rows), whole=Count(rows=whole)), frame)

    # numbers of rows

    def _revenue(self) -> Measured:
        sales = self.catalog.layout.sales
        if sales is None or sales.price is None:
            raise Unclear(question="Which number is revenue? Name a column of the catalog.")
        name = next((k for k, e in self.catalog.entities.items() if e.table == sales.table), None)
        rows = Rows(of="table", name=sales.table) if name is None else self.world.rows(name)
        thing = Thing(0, 0, rows.model_copy(update={"time": sales.time}))
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

    # counts

    def _rows(self) -> Measured:
        thing, frame = self._fitting(self.asked.things[0])
        rows = self._counted(thing, frame)
        asked = self.asked
        if asked.function in ("median", "max", "min"):
            raise Unclear(question=f"The {asked.function_words} of which number? Name a column.")
        if asked.per_user:
            frame.notes.append("For each user who has at least one.")
            whole = Count(rows=rows, users=True)
            return Measured(Ratio(part=Count(rows=rows), whole=whole, share=False), frame)
        if asked.function == "avg":
            raise Unclear(
                question=f"The average of which number? For '{thing.words}', say 'per user', or "
                "name a column."
            )
        if asked.per_thing is not None:
            other = Count(rows=asked.per_thing.rows)
            return Measured(Ratio(part=Count(rows=rows), whole=other, share=False), frame)
        return Measured(Count(rows=rows, users=asked.users_first), frame)

    def _counted(self, thing: Thing, frame: Frame) -> Rows:
        self._also_users(frame)
        frame.notes.append(self._said(thing))
        update: dict[str, object] = {"where": (*frame.where, *thing.after)}
        if thing.moment:
            update["time"] = thing.moment
        return thing.rows.model_copy(update=update)

    def _said(self, thing: Thing) -> str:
        match thing.rows.of:
            case "users":
                return f"'{thing.words}' are users, by {thing.rows.time}."
            case "event":
                return f"'{thing.words}' are events '{thing.rows.name}'."
            case _:
                when = f", by {thing.moment}" if thing.moment else ""
                return f"'{thing.words}' are rows of '{thing.rows.name}'{when}."

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

    def _users(self) -> Measured:
        """Users: those who did one thing, where time is asked for; else those who are so."""
        frame = frame_of(self.asked, "users", None, self.columns)
        event, rest = _one_event(self.asked.predicates)
        if event is not None and self._wants_time():
            frame.who.extend(rest)
            # Over all time it would be without the period that the question names for itself.
            self.asked.notes = [one for one in self.asked.notes if OVER_ALL_TIME not in one]
            rows = Rows(of="event", name=event.event, where=event.where)
            return Measured(Count(rows=rows, users=True), frame)
        frame.who.extend(self.asked.predicates)
        return Measured(Count(rows=Rows(of="users")), frame, timed=False)

    def _wants_time(self) -> bool:
        return bool(self.asked.grain or self.asked.periods or self.asked.trend)

    def _of_group(self) -> Measured:
        """'the most common ticket reason': the rows that have the column are counted."""
        owners = {owner for named in self.asked.by for owner, _ in named.senses}
        owners -= {"", "trait"}
        owners = {one for one in owners if not self.world.to_one(one)}
        entities = [one for one in owners if one.startswith("entity:")]
        if len(entities) == 1 or len(owners) == 1:
            owner = entities[0] if entities else owners.pop()
            thing = replace(self._thing_of(owner, None, ""), words=owner.partition(":")[2])
            self.asked.things.append(thing)
            return self._rows()
        unnamed = Unclear if self.asked.by else NothingNamed
        raise unnamed(
            question="What is to be counted or measured? Name an event, rows, a number or a "
            f"metric ({', '.join(sorted(self.catalog.metrics)) or 'none yet'})."
        )


def _one_event(predicates: list[Condition]) -> tuple[EventCount | None, list[Condition]]:
    """The only event of all that is said of users, when it is said to have happened; the rest."""
    parts = [part for one in predicates for part in (one.of if isinstance(one, And) else (one,))]
    events = [
        one
        for one in parts
        if isinstance(one, EventCount) and one.op is Op.GE and one.n == 1 and one.window is None
    ]
    if len(events) != 1:
        return None, [*predicates]
    return events[0], [one for one in parts if one is not events[0]]
