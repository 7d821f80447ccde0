"""Read the state of a chunk of users from the warehouse, one pass over each table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
from sqlglot import exp, parse_one

from core.moments import EPOCH
from core.rules import FrequencyCap
from orchestrate.engine.candidates import Candidate, Rules, Tick
from orchestrate.engine.consent import last_words
from orchestrate.engine.inputs import insert, sql
from orchestrate.engine.ledger import counted
from orchestrate.engine.lots import Lot, holdout_range
from orchestrate.engine.state import (
    NOTHING,
    SEVERAL,
    Bools,
    Buckets,
    Codes,
    Floats,
    Places,
    Slots,
    State,
)
from orchestrate.engine.zones import Zones
from warehouse.engines.duckdb import DIALECT
from warehouse.handed import handed


class Reader:
    """Reads chunks of users on one cursor that was prepared."""

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        tick: Tick,
        candidates: Sequence[Candidate],
        zones: Zones,
    ) -> None:
        self._cursor, self._tick, self._candidates = cursor, tick, candidates
        self._rules, self._zones = tick.rules, zones
        self._counted = _counted_from(self._rules, zones)
        self._remembered = self._remembered_from()
        self._moment = {"as_of": tick.as_of}
        query = cursor.execute("SELECT 1 FROM stand_ins LIMIT 1")
        self._has_stand_ins = query.fetchone() is not None
        self._slots_query = _slots_query([cap for cap, _ in self._rules.caps])
        self._between: dict[str, Any] = {}

    def read(
        self,
        users: npt.NDArray[Any],
        true: dict[str, npt.NDArray[np.uint8]],
        unknown: dict[str, npt.NDArray[np.uint8]],
    ) -> State:
        """The state of these users, whose flags are told already."""
        chunk = {"place": np.arange(len(users), dtype=np.int32), "user_id": users}
        with handed(self._cursor, "chunk_arrays", chunk):
            self._between = self._ends()
            self._cursor.execute(sql("chunk"), self._between)
        size = len(users)
        own = {"cycle_id": self._tick.cycle_id, "since": self._remembered, **self._between}
        self._cursor.execute(sql("past"), own | {"until": self._tick.until})
        slots, zone = self._slots(), self._zone(size)
        counts = counted(slots, zone, self._zones, self._rules.contact.min_gap_seconds)
        held_by, tried_by = self._assigned()
        puts_off = any(cap.on_exceed == "defer" for cap, _ in self._rules.caps)
        return State(
            users=users,
            true=true,
            unknown=unknown,
            scores=self._scores(size),
            consent=self._consent(size),
            address=self._address(size),
            held_out=self._held_out(size),
            zone=zone,
            counts=counts.counts,
            shadow=counts.shadow,
            near=counts.near,
            near_shadow=counts.near_shadow,
            standing=self._standing(size),
            resting=self._resting(),
            valid=self._valid(),
            paused=self._paused(),
            slots=slots if puts_off else None,
            held_by=held_by,
            tried_by=tried_by,
        )

    def lots(self, users: Places, lots: npt.NDArray[np.int32], drawn: Sequence[Lot]) -> Bools:
        """For each row whether its user's bucket lies in a range of its lot."""
        found = np.zeros(users.size, np.bool_)
        if not users.size:
            return found
        row = np.arange(users.size, dtype=np.int32)
        ranges = [
            (lot, one.salt, low, high) for lot, one in enumerate(drawn) for low, high in one.ranges
        ]
        self._cursor.execute("DELETE FROM lots")
        insert(self._cursor, "lots", ranges)
        with handed(self._cursor, "draws", {"row": row, "place": users, "lot": lots}):
            told = self._cursor.execute(sql("lots")).fetchnumpy()["row"]
        found[told] = True
        return found

    def _remembered_from(self) -> datetime:
        """Decisions before this moment change nothing: no longer valid, at rest or counted."""
        candidates = self._candidates
        if any(one.policy.never_again or one.entry.action.offer for one in candidates):
            return datetime.min
        seconds = [one.policy.cooldown_seconds for one in candidates]
        seconds += [one.entry.action.expires_after_seconds for one in candidates]
        waits = timedelta(seconds=max(seconds, default=0))
        earliest = min(self._tick.as_of, self._counted) - waits
        query = self._cursor.execute(sql("put_off"), {"counted": self._counted})
        ((decided,),) = query.fetchall()
        return min(earliest, decided or earliest) - timedelta(seconds=1)

    def _ends(self) -> dict[str, Any]:
        """The first and the last id of the chunk, as words."""
        word = exp.cast(exp.column("user_id"), "text")
        query = exp.select(exp.Min(this=word), exp.Max(this=word.copy())).from_("chunk_arrays")
        ((first, last),) = self._cursor.execute(query.sql(DIALECT)).fetchall()
        return {"first": first, "last": last}

    def _columns(self, name: str, **more: Any) -> tuple[npt.NDArray[Any], ...]:
        asked = {**self._moment, **self._between, **more}
        query = sql(name)
        used = {key: value for key, value in asked.items() if f"${key}" in query}
        return tuple(self._cursor.execute(query, used).fetchnumpy().values())

    def _slots(self) -> Slots:
        when = {"since": self._counted, "until": self._tick.until}
        read = self._cursor.execute(self._slots_query, when | self._between).fetchnumpy()
        users, at, ghosts, *caps = read.values()
        counts = np.array(caps, np.bool_).reshape(len(caps), users.size)
        return Slots(users, at, ghosts, counts)

    def _consent(self, size: int) -> dict[tuple[str, str], Codes]:
        asked = self._cursor.execute("FROM consents_asked ORDER BY place").fetchall()
        if not asked:
            return {}
        place, pair, own, said = self._columns("consent")
        words = last_words(pair.astype(np.int64) * size + place, own, said, len(asked) * size)
        codes = words.reshape(len(asked), size)
        return {(purpose, channel): codes[number] for number, purpose, channel in asked}

    def _address(self, size: int) -> dict[str, Bools]:
        channels = sorted({name for one in self._candidates for name in one.route.channels})
        known = self._tick.catalog.channels
        columns = {
            name: column
            for name in channels
            if name in known and (column := known[name].address) is not None
        }
        users = self._tick.catalog.layout.users
        asked = {
            name: exp.column(column, "theirs").is_(exp.null()).not_()
            for name, column in columns.items()
        }
        read = self._theirs(users.table, users.key, asked)
        # A channel that the catalog no longer has reaches nobody.
        gone = [name for name in channels if name not in known]
        found = {name: np.zeros(size, np.bool_) for name in (*columns, *gone)}
        for name in columns:
            found[name][read["place"]] = read[name]
        return found

    def _scores(self, size: int) -> dict[str, Floats]:
        traits = sorted({one.entry.score for one in self._candidates if one.entry.score})
        layout = self._tick.catalog.layout.traits
        asked = {name: exp.cast(exp.column(name, "theirs"), "double") for name in traits}
        read = self._theirs(layout.table, layout.user, asked)
        found = {name: np.full(size, np.nan) for name in traits}
        for name in traits:
            values = np.ma.filled(read[name], np.nan)
            # What is no finite number cannot be compared: it counts as missing.
            found[name][read["place"]] = np.where(np.isfinite(values), values, np.nan)
        return found

    def _theirs(
        self, table: str, key: str, asked: Mapping[str, exp.Expr]
    ) -> dict[str, npt.NDArray[Any]]:
        """Columns of a table of users, and the users' places."""
        if not asked:
            return {}
        same = exp.column(key, "theirs").eq(exp.column("user_id", "chunk_users"))
        word = exp.cast(exp.column(key, "theirs"), "text")
        ends = exp.Placeholder(this="first"), exp.Placeholder(this="last")
        query = exp.select("place").from_("chunk_users").where("own", word.between(*ends))
        query = query.join(exp.to_table(table).as_("theirs"), on=same)
        named = [exp.alias_(value, name, quoted=True) for name, value in asked.items()]
        asking = query.select(*named).sql(DIALECT)
        return self._cursor.execute(asking, self._between).fetchnumpy()

    def _held_out(self, size: int) -> Bools:
        found = np.zeros(size, np.bool_)
        holdout = self._rules.contact.global_holdout
        if holdout is not None:
            salt, end = holdout_range(holdout)
            (place,) = self._columns("held_out", salt=salt, end=end)
            found[place] = True
        return found

    def _zone(self, size: int) -> npt.NDArray[np.int16]:
        found = np.zeros(size, np.int16)
        place, zone = self._columns("zone")
        found[place] = zone
        return found

    def _standing(self, size: int) -> npt.NDArray[np.int32]:
        found = np.full(size, NOTHING, np.int32)
        if any(one.entry.action.offer for one in self._candidates):
            place, offer, several = self._columns("standing")
            found[place] = np.where(several, SEVERAL, offer)
        return found

    def _resting(self) -> dict[str, Places]:
        rows = self._cursor.execute(sql("resting"), self._moment).fetchall()
        return {policy: np.array(places, np.int32) for policy, places in rows}

    def _valid(self) -> dict[int, Places]:
        rows = self._cursor.execute(sql("valid"), self._moment).fetchall()
        return {number: np.array(places, np.int32) for number, places in rows}

    def _paused(self) -> dict[int, tuple[Places, npt.NDArray[np.int16]]]:
        if not any(one.entry.outcomes for one in self._candidates):
            return {}
        self._cursor.execute(sql("outcomes"), self._moment | self._between)
        rows = self._cursor.execute(sql("paused"), self._moment).fetchall()
        found: dict[int, tuple[Places, npt.NDArray[np.int16]]] = {}
        for number, places, channels in rows:
            route = self._candidates[number].route.channels
            where = [_place_in(route, name) for name in channels]
            found[number] = (np.array(places, np.int32), np.array(where, np.int16))
        return found

    def _assigned(self) -> tuple[dict[int, tuple[Places, Buckets]], ...]:
        """By candidate, for its holdout and its experiment: who has another identity's bucket."""
        held_by: dict[int, tuple[Places, Buckets]] = {}
        tried_by: dict[int, tuple[Places, Buckets]] = {}
        if not self._has_stand_ins:
            return held_by, tried_by
        for number, is_holdout, places, buckets in self._cursor.execute(sql("assigned")).fetchall():
            kept = np.array(places, np.int32), np.array(buckets, np.uint32)
            (held_by if is_holdout else tried_by)[number] = kept
        return held_by, tried_by


def _slots_query(caps: Sequence[FrequencyCap]) -> str:
    """What takes a place under the caps, and for each cap whether it counts."""
    taken = parse_one(sql("slots"), into=exp.Select, dialect=DIALECT)
    at = exp.alias_(exp.func("epoch_us", exp.column("at"), dialect=DIALECT), "at")
    counts = [exp.alias_(_counts(cap), f"cap_{place}") for place, cap in enumerate(caps)]
    query = exp.select("place", at, "ghost", *counts).from_(taken.subquery("taken"))
    return query.sql(DIALECT)


def _counts(cap: FrequencyCap) -> exp.Expr:
    asked = {
        "message_class": cap.message_class,
        "channel": cap.channel,
        "exclusion_group": cap.group,
    }
    same = [exp.column(name).eq(value) for name, value in asked.items() if value is not None]
    return exp.func("COALESCE", exp.and_(*same), exp.false()) if same else exp.true()


def _counted_from(rules: Rules, zones: Zones) -> datetime:
    """Messages before this moment count for nothing."""
    gap = rules.as_of - timedelta(seconds=rules.contact.min_gap_seconds)
    begins = [EPOCH + timedelta(microseconds=int(begin)) for begin in zones.begins.ravel()]
    return min([gap, *begins])


def _place_in(route: tuple[str, ...], channel: str | None) -> int:
    """The place of a channel that is paused; -1: any; one past the end: a channel of others."""
    if channel is None:
        return NOTHING
    return route.index(channel) if channel in route else len(route)
