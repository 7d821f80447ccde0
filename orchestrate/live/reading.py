"""Reads what is known of some users, all of them in one pass over each table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

import duckdb
from sqlglot import exp

from core.assignment import bucket, in_range
from core.evaluate import Evaluator
from core.moments import micros
from core.readings import TraitValue
from orchestrate.engine.candidates import Candidate, Tick
from orchestrate.engine.lots import holdout_range
from orchestrate.engine.state import DENIED, GRANTED
from orchestrate.live.person import Message, Past, Person
from orchestrate.stages import DIALECT
from warehouse.fresh_traits import FreshTraits
from warehouse.layout import zones
from warehouse.people import every_consent, keeps_consent, merges
from warehouse.state_reader import StateReader
from warehouse.statements import run_text

_SQL = Path(__file__).parent / "sql"


class PersonReader:
    """Reads users for one tick's rules; its queries are written once."""

    def __init__(self, tick: Tick, candidates: Sequence[Candidate], asking: Evaluator) -> None:
        self._tick = tick
        self._states = StateReader(asking, tick.catalog)
        channels = sorted({name for one in candidates for name in one.route.channels})
        self._addresses = {
            name: column
            for name in channels
            if (column := tick.catalog.channels[name].address) is not None
        }
        self._scores = sorted({one.entry.score for one in candidates if one.entry.score})
        self._asked = {
            pair
            for one in candidates
            for pair in zip(one.route.purposes, one.route.channels, strict=True)
            if pair[0] is not None
        }
        self._own, self._own_scores = self._own_query(), self._scores_query()
        self._consents = {here: self._consent_query(here) for here in (False, True)}
        """Whether consent that ended is kept here → the query."""
        self._former = self._former_query()
        holdout = tick.rules.contact.global_holdout
        self._holdout = None if holdout is None else holdout_range(holdout)
        reads_traits = self._scores or any(isinstance(one, TraitValue) for _, one in asking.stored)
        self._fresh = FreshTraits(tick.catalog) if reads_traits else None

    def read(
        self, cursor: duckdb.DuckDBPyConnection, users: Sequence[str], as_of: datetime
    ) -> dict[str, Person]:
        """User id → what is known as of a moment, of those who are users of their own.

        On a cursor inside a transaction, so that everything is of one state of the warehouse.
        """
        now = micros(as_of)
        if self._fresh is not None:
            self._fresh.see(cursor, users, as_of)
        states = self._states.read(cursor, users, as_of)
        made = {user: Person(user, state, now) for user, state in states.items()}
        if not made:
            return {}
        lasts = self._states.lasts(cursor, [*made], as_of)
        for user, person in made.items():
            person.last = lasts.get(user, _FOREVER)
            if self._holdout is not None:
                salt, end = self._holdout
                person.held_out = in_range(bucket(salt, user), "00000000", end)
        self._read_own(cursor, made)
        self._read_scores(cursor, made)
        people = self._people(cursor, made)
        self._read_consent(cursor, people, as_of)
        given = {"users": [*people]}
        for user, *message in run_text(cursor, _sql("messages"), given).fetchall():
            people[user].messages.append(Message(*message))
        for past in run_text(cursor, _sql("past"), given).fetchall():
            people[past[0]].past.append(Past(*past))
        return made

    def _own_query(self) -> str:
        layout = self._tick.catalog.layout.users
        zone = exp.column("timezone", "zoned")
        query = exp.select(exp.column(layout.key, "known"), exp.func("COALESCE", zone, "''"))
        for column in self._addresses.values():
            query = query.select(exp.column(column, "known").is_(exp.null()).not_())
        key = exp.column(layout.key, "known")
        query = query.from_(exp.to_table(layout.table).as_("known"))
        zoned = zones(self._tick.catalog.layout).subquery("zoned")
        query = query.join(zoned, on=exp.column("user_id", "zoned").eq(key), join_type="left")
        return query.where(_asked_for(key.copy())).sql(DIALECT)

    def _people(
        self, cursor: duckdb.DuckDBPyConnection, made: dict[str, Person]
    ) -> dict[str, Person]:
        """Id → person, of those who were read and of whoever was merged into them."""
        people = dict(made)
        if self._former is not None:
            for user, person in run_text(cursor, self._former, {"users": [*made]}).fetchall():
                people[user] = made[person]
                made[person].former.append(user)
        return people

    def _former_query(self) -> str | None:
        if "merged_into" not in self._tick.catalog.user_columns():
            return None
        known = merges(self._tick.catalog)

        def place(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Table) and node.name == "merges_of_users":
                return known.subquery(node.alias or "merges")
            return node

        query: exp.Expr = exp.maybe_parse(_sql("former"), dialect=DIALECT)
        placed: str = query.transform(place).sql(DIALECT)
        return placed

    def _consent_query(self, kept_here: bool) -> str:
        words = exp.maybe_parse(_sql("consents"), dialect=DIALECT, into=exp.Select)
        known = every_consent(self._tick.catalog.layout, kept_here=kept_here)
        return words.with_("consents_of_users", as_=known).sql(DIALECT)

    def _scores_query(self) -> str:
        layout = self._tick.catalog.layout.traits
        values = [exp.cast(exp.column(name), "double") for name in self._scores]
        query = exp.select(exp.column(layout.user), *values).from_(layout.table)
        return query.where(_asked_for(exp.column(layout.user))).sql(DIALECT)

    def _read_own(self, cursor: duckdb.DuckDBPyConnection, made: dict[str, Person]) -> None:
        for user, zone, *has in run_text(cursor, self._own, {"users": [*made]}).fetchall():
            made[user].zone = zone
            made[user].address = dict(zip(self._addresses, has, strict=True))

    def _read_scores(self, cursor: duckdb.DuckDBPyConnection, made: dict[str, Person]) -> None:
        if not self._scores:
            return
        for person in made.values():
            person.scores = dict.fromkeys(self._scores, math.nan)
        for user, *values in run_text(cursor, self._own_scores, {"users": [*made]}).fetchall():
            # What is no finite number cannot be compared: it counts as missing.
            finite = (one if one is not None and math.isfinite(one) else math.nan for one in values)
            made[user].scores = dict(zip(self._scores, finite, strict=True))

    def _read_consent(
        self, cursor: duckdb.DuckDBPyConnection, people: dict[str, Person], as_of: datetime
    ) -> None:
        given = {"users": [*people], "as_of": as_of}
        latest: dict[tuple[str, str, str], int] = {}
        own: dict[tuple[str, str, str], int] = {}
        for user, purpose, channel, word, following in run_text(
            cursor, self._consents[keeps_consent(cursor)], given
        ).fetchall():
            if (purpose, channel) not in self._asked:
                continue
            person = people[user]
            if following is not None:
                person.last = min(person.last, following - 1)
            if word is not None:
                said = (person.user, purpose, channel)
                latest[said] = max(word, latest.get(said, word))
                if user == person.user:
                    own[said] = word
        for said, word in latest.items():
            # What was said under an id that was merged since takes consent away, but gives none.
            told = word & 3 or own.get(said, 3) & 3
            if told != 3:
                user, *pair = said
                people[user].consent[pair[0], pair[1]] = GRANTED if told == 0 else DENIED


_FOREVER = 1 << 62


def _asked_for(user: exp.Expr) -> exp.In:
    return exp.In(this=user, query=exp.select("UNNEST($users)").subquery())


@cache
def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
