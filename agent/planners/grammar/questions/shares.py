"""Shares: rates of rows, and 'share of … that …' of rows and of users."""

from __future__ import annotations

from dataclasses import replace

from agent.planners.grammar.meaning import Unclear, all_of
from agent.planners.grammar.questions.numbers import Measured, Numbers
from agent.planners.grammar.questions.resolving import frame_of
from agent.planners.grammar.questions.things import Thing
from core.conditions import EVERYONE, Filter, Op
from core.questions import Count, Ratio, Rows


class Shares(Numbers):
    """Measures that are a part of a whole."""

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

    def _rate(self) -> Measured:
        found = []
        for thing, column, named in self.asked.rates:
            try:
                frame = frame_of(self.asked, thing.owner, thing, self.columns)
            except Unclear:
                continue
            found.append((thing, column, named, frame))
        told = [one for one in found if ":" not in one[1]]
        # What happened to the rows is a rate before any of their states is.
        found = told if len(told) == 1 else found
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
