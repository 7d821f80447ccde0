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
from orchestrate.engine.candidates import Candidate, Tick
from orchestrate.engine.lots import holdout_range
from orchestrate.engine.state import UNKNOWN
from orchestrate.live.person import Message, Past, Person
from orchestrate.stages import DIALECT
from warehouse.layout import consents, zones
from warehouse.state_reader import StateReader

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
        words = exp.maybe_parse(_sql("consents"), dialect=DIALECT, into=exp.Select)
        said = words.with_("consents_of_users", as_=consents(tick.catalog.layout))
        self._consents = said.sql(DIALECT)
        self._merged = self._merged_query()
        holdout = tick.rules.contact.global_holdout
        self._holdout = None if holdout is None else holdout_range(holdout)

    def read(
        self, cursor: duckdb.DuckDBPyConnection, users: Sequence[str], as_of: datetime
    ) -> dict[str, Person]:
        """User id → what is known as of a moment, of those who are users of their own.

        On a cursor inside a transaction, so that everything is of one state of the warehouse.
        """
        now = micros(as_of)
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
        self._read_consent(cursor, made, as_of)
        given = {"users": [*made]}
        for (user,) in cursor.execute(self._merged, given).fetchall() if self._merged else ():
            made[user].is_merged = True
        for user, *message in cursor.execute(_sql("messages"), given).fetchall():
            made[user].messages.append(Message(*message))
        for user, *past in cursor.execute(_sql("past"), given).fetchall():
            made[user].past.append(Past(*past))
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

    def _merged_query(self) -> str | None:
        """Who of these users has others merged into them."""
        if "merged_into" not in self._tick.catalog.user_columns():
            return None
        into = exp.column("merged_into")
        query = exp.select(into).distinct().from_(self._tick.catalog.layout.users.table)
        return query.where(_asked_for(into.copy())).sql(DIALECT)

    def _scores_query(self) -> str:
        layout = self._tick.catalog.layout.traits
        values = [exp.cast(exp.column(name), "double") for name in self._scores]
        query = exp.select(exp.column(layout.user), *values).from_(layout.table)
        return query.where(_asked_for(exp.column(layout.user))).sql(DIALECT)

    def _read_own(self, cursor: duckdb.DuckDBPyConnection, made: dict[str, Person]) -> None:
        for user, zone, *has in cursor.execute(self._own, {"users": [*made]}).fetchall():
            made[user].zone = zone
            made[user].address = dict(zip(self._addresses, has, strict=True))

    def _read_scores(self, cursor: duckdb.DuckDBPyConnection, made: dict[str, Person]) -> None:
        if not self._scores:
            return
        for person in made.values():
            person.scores = dict.fromkeys(self._scores, math.nan)
        for user, *values in cursor.execute(self._own_scores, {"users": [*made]}).fetchall():
            # What is no finite number cannot be compared: it counts as missing.
            finite = (one if one is not None and math.isfinite(one) else math.nan for one in values)
            made[user].scores = dict(zip(self._scores, finite, strict=True))

    def _read_consent(
        self, cursor: duckdb.DuckDBPyConnection, made: dict[str, Person], as_of: datetime
    ) -> None:
        given = {"users": [*made], "as_of": as_of}
        rows = cursor.execute(self._consents, given).fetchall()
        for user, purpose, channel, code, following in rows:
            if (purpose, channel) not in self._asked:
                continue
            person = made[user]
            if code not in (None, UNKNOWN):
                person.consent[purpose, channel] = code
            if following is not None:
                person.last = min(person.last, following - 1)


_FOREVER = 1 << 62


def _asked_for(user: exp.Expr) -> exp.In:
    return exp.In(this=user, query=exp.select("UNNEST($users)").subquery())


@cache
def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
