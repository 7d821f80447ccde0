"""What is counted or measured, of everything that was named."""

from __future__ import annotations

from dataclasses import replace

from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.questions.numbers import Measured
from agent.planners.grammar.questions.resolving import Frame, frame_of
from agent.planners.grammar.questions.shares import Shares
from agent.planners.grammar.questions.things import Thing
from agent.planners.grammar.questions.unknown import NothingNamed
from core.conditions import And, Condition, EventCount, Op
from core.questions import Count, MetricRate, Ratio, Rows

OVER_ALL_TIME = "is counted over all time"


class Measures(Shares):
    """Decides what a question measures."""

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
        self._sold()
        lone = any(named) and (asked.things or asked.numbers or asked.share)
        if lone or len(asked.things) > 1:
            words = [*dict.fromkeys(thing.words for thing in asked.things)][:3]
            words += [asked.metric_words] if asked.metrics else []
            raise Unclear(
                question=f"What is to be counted: {', '.join(words)}? Ask for one at a time."
            )

    def _sold(self) -> None:
        """'revenue of annual plans': the rows that are sold, named as well, limit the revenue."""
        asked, sales = self.asked, self.catalog.layout.sales
        if not asked.revenue or sales is None or len(asked.things) != 1:
            return
        sold = [k for k, e in self.catalog.entities.items() if e.table == sales.table]
        for thing in (asked.things[0], *asked.things[0].also):
            if thing.rows.of == "entity" and thing.rows.name in sold:
                asked.sold, asked.things = replace(thing, after=asked.things[0].after), []
                return

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
