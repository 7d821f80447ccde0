"""Read the state of a chunk of users from the warehouse, one pass over each table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
from sqlglot import exp

from core.reasons import REASONS
from orchestrate.engine.candidates import Candidate, Rules, Tick
from orchestrate.engine.contact import expires_at
from orchestrate.engine.lots import Lot, holdout_range
from orchestrate.engine.state import NOTHING, SEVERAL, Bools, Codes, Places, State
from orchestrate.engine.zones import Zones, zones_of
from warehouse.engines.duckdb import DIALECT
from warehouse.layout import consents, zones

MANY = 500
"""Rows of our own making that one statement inserts."""
_SQL = Path(__file__).parent / "sql"


def prepare(
    cursor: duckdb.DuckDBPyConnection, tick: Tick, candidates: Sequence[Candidate]
) -> Zones:
    """Lay out what every chunk reads: names of the team's tables, and the tick's own lists."""
    cursor.execute(_sql("inputs"))
    _name_sources(cursor, tick)
    found = cursor.execute("SELECT DISTINCT COALESCE(timezone, '') FROM zones_of_users").fetchall()
    told = zones_of(tick.rules, sorted(zone for (zone,) in found))
    insert(cursor, "zone_places", [(name, place) for place, name in enumerate(told.names)])
    insert(cursor, "released", [(decision,) for decision in tick.released])
    known = {**tick.catalog.actions} | {
        one.entry.action.key: one.entry.action for one in candidates
    }
    actions = [(a.key, a.message_class, a.exclusion_group) for a in known.values()]
    insert(cursor, "action_classes", actions)
    insert(cursor, "cap_windows", _cap_rows(tick, told))
    insert(cursor, "candidates", [_candidate_row(one, tick.as_of) for one in candidates])
    ways = [
        (one.number, place, one.route.channels[max(place, 0)])
        for one in candidates
        for place in range(-1, len(one.route.channels))
    ]
    insert(cursor, "ways", ways)
    codes = [(number, reason.code, reason.outcome) for number, reason in enumerate(REASONS)]
    insert(cursor, "reasons", codes)
    insert(cursor, "pausing", [row for one in candidates for row in _pausing(one)])
    asked = {
        pair
        for one in candidates
        for pair in zip(one.route.purposes, one.route.channels, strict=True)
        if pair[0] is not None
    }
    insert(cursor, "consents_asked", [(place, *pair) for place, pair in enumerate(sorted(asked))])
    terms = sorted({o.terms for one in candidates if (o := one.entry.action.offer)})
    insert(cursor, "offers_asked", [(place, one) for place, one in enumerate(terms)])
    return told


def offer_numbers(candidates: Sequence[Candidate]) -> dict[str, int]:
    """The number of every offer that a tick could make."""
    terms = {o.terms for one in candidates if (o := one.entry.action.offer)}
    return {one: place for place, one in enumerate(sorted(terms))}


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
        self._rules = tick.rules
        self._counted = _counted_from(self._rules, zones)
        self._remembered = _remembered_from(self._rules, candidates, self._counted)
        self._moment = {"as_of": tick.as_of}

    def read(
        self,
        users: npt.NDArray[Any],
        true: dict[str, npt.NDArray[np.uint8]],
        unknown: dict[str, npt.NDArray[np.uint8]],
    ) -> State:
        """The state of these users, whose flags are told already."""
        chunk = {"place": np.arange(len(users), dtype=np.int32), "user_id": users}
        self._cursor.register("chunk_arrays", chunk)
        self._cursor.execute(_sql("chunk"))
        self._cursor.unregister("chunk_arrays")
        size = len(users)
        until = datetime.max if self._tick.counts_later else self._tick.as_of
        own = {"cycle_id": self._tick.cycle_id, "since": self._remembered, "until": until}
        self._cursor.execute(_sql("past"), own)
        self._cursor.execute(_sql("ledger"), {"since": self._counted, "until": until})
        counts, shadow = self._counts(size)
        near, near_shadow = self._near(size)
        return State(
            users=users,
            true=true,
            unknown=unknown,
            scores=self._scores(size),
            consent=self._consent(size),
            address=self._address(size),
            held_out=self._held_out(size),
            zone=self._zone(size),
            counts=counts,
            shadow=shadow,
            near=near,
            near_shadow=near_shadow,
            standing=self._standing(size),
            resting=self._resting(),
            valid=self._valid(),
            paused=self._paused(),
        )

    def lots(self, users: Places, lots: npt.NDArray[np.int32], drawn: Sequence[Lot]) -> Bools:
        """For each row whether its user's bucket lies in a range of its lot."""
        found = np.zeros(users.size, np.bool_)
        if not users.size:
            return found
        row = np.arange(users.size, dtype=np.int32)
        self._cursor.register("draws", {"row": row, "place": users, "lot": lots})
        ranges = [
            (lot, one.salt, low, high) for lot, one in enumerate(drawn) for low, high in one.ranges
        ]
        self._cursor.execute("DELETE FROM lots")
        insert(self._cursor, "lots", ranges)
        told = self._cursor.execute(_sql("lots")).fetchnumpy()["row"]
        self._cursor.unregister("draws")
        found[told] = True
        return found

    def _columns(self, name: str, **more: Any) -> tuple[npt.NDArray[Any], ...]:
        asked = {**self._moment, **more}
        query = _sql(name)
        used = {key: value for key, value in asked.items() if f"${key}" in query}
        return tuple(self._cursor.execute(query, used).fetchnumpy().values())

    def _counts(self, size: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        counts, shadow = (np.zeros((len(self._rules.caps), size), np.int32) for _ in range(2))
        if self._rules.caps:
            place, cap, real, ghosts = self._columns("counts")
            counts[cap, place], shadow[cap, place] = real, ghosts
        return counts, shadow

    def _near(self, size: int) -> tuple[Bools, Bools]:
        near, near_shadow = (np.zeros(size, np.bool_) for _ in range(2))
        gap = self._rules.contact.min_gap_seconds
        if gap:
            place, ghost = self._columns("near", gap=gap)
            near[place[~ghost]] = True
            near_shadow[place[ghost]] = True
        return near, near_shadow

    def _consent(self, size: int) -> dict[tuple[str, str], Codes]:
        asked = self._cursor.execute("FROM consents_asked ORDER BY place").fetchall()
        codes = np.zeros((len(asked), size), np.uint8)
        if asked:
            place, pair, code = self._columns("consent")
            codes[pair, place] = code
        return {(purpose, channel): codes[number] for number, purpose, channel in asked}

    def _address(self, size: int) -> dict[str, Bools]:
        channels = {name for one in self._candidates for name in one.route.channels}
        columns = {
            name: column
            for name in sorted(channels)
            if (column := self._tick.catalog.channels[name].address) is not None
        }
        if not columns:
            return {}
        users = self._tick.catalog.layout.users
        query = exp.select("place").from_("chunk_users")
        query = query.join(
            exp.to_table(users.table).as_("known"),
            on=exp.column(users.key, "known").eq(exp.column("user_id", "chunk_users")),
        )
        for name, column in columns.items():
            has_one = exp.column(column, "known").is_(exp.null()).not_()
            query = query.select(exp.alias_(has_one, name, quoted=True))
        read = self._cursor.execute(query.sql(DIALECT)).fetchnumpy()
        found = {name: np.zeros(size, np.bool_) for name in columns}
        for name in columns:
            found[name][read["place"]] = read[name]
        return found

    def _scores(self, size: int) -> dict[str, npt.NDArray[np.float64]]:
        traits = sorted({one.entry.score for one in self._candidates if one.entry.score})
        if not traits:
            return {}
        layout = self._tick.catalog.layout.traits
        query = exp.select("place").from_("chunk_users")
        query = query.join(
            exp.to_table(layout.table).as_("scored"),
            on=exp.column(layout.user, "scored").eq(exp.column("user_id", "chunk_users")),
        )
        for name in traits:
            value = exp.cast(exp.column(name, "scored"), "double")
            query = query.select(exp.alias_(value, name, quoted=True))
        read = self._cursor.execute(query.sql(DIALECT)).fetchnumpy()
        found = {name: np.full(size, np.nan) for name in traits}
        for name in traits:
            values = np.ma.filled(read[name], np.nan)
            # What is no finite number cannot be compared: it counts as missing.
            found[name][read["place"]] = np.where(np.isfinite(values), values, np.nan)
        return found

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
        rows = self._cursor.execute(_sql("resting"), self._moment).fetchall()
        return {policy: np.array(places, np.int32) for policy, places in rows}

    def _valid(self) -> dict[int, Places]:
        rows = self._cursor.execute(_sql("valid"), self._moment).fetchall()
        return {number: np.array(places, np.int32) for number, places in rows}

    def _paused(self) -> dict[int, tuple[Places, npt.NDArray[np.int16]]]:
        if not any(one.entry.outcomes for one in self._candidates):
            return {}
        self._cursor.execute(_sql("outcomes"), self._moment)
        rows = self._cursor.execute(_sql("paused"), self._moment).fetchall()
        found: dict[int, tuple[Places, npt.NDArray[np.int16]]] = {}
        for number, places, channels in rows:
            route = self._candidates[number].route.channels
            where = [_place_in(route, name) for name in channels]
            found[number] = (np.array(places, np.int32), np.array(where, np.int16))
        return found


def _counted_from(rules: Rules, zones: Zones) -> datetime:
    """Messages before this moment count for nothing."""
    begins = [begin for spans in zones.begins for begin in spans]
    gap = rules.as_of - timedelta(seconds=rules.contact.min_gap_seconds)
    return min([gap, *begins])


def _remembered_from(rules: Rules, candidates: Sequence[Candidate], counted: datetime) -> datetime:
    """Decisions before this moment change nothing: they are no longer valid, rest or counted."""
    if any(one.policy.never_again or one.entry.action.offer for one in candidates):
        return datetime.min
    seconds = [one.policy.cooldown_seconds for one in candidates]
    seconds += [one.entry.action.expires_after_seconds for one in candidates]
    # A message counts from when it goes out, which is at most a few days after its decision.
    waits = timedelta(seconds=max(seconds, default=0))
    return min(rules.as_of, counted) - waits - timedelta(seconds=1)


def _place_in(route: tuple[str, ...], channel: str | None) -> int:
    """The place of a channel that is paused; -1: any; one past the end: a channel of others."""
    if channel is None:
        return NOTHING
    return route.index(channel) if channel in route else len(route)


def _name_sources(cursor: duckdb.DuckDBPyConnection, tick: Tick) -> None:
    """The team's own tables under the names that the stages read."""
    layout = tick.catalog.layout
    for name, rows in (("zones_of_users", zones(layout)), ("consents_of_users", consents(layout))):
        view = exp.Create(this=exp.table_(name), kind="VIEW", expression=rows, replace=True)
        view.set("properties", exp.Properties(expressions=[exp.TemporaryProperty()]))
        cursor.execute(view.sql(DIALECT))


def _cap_rows(tick: Tick, told: Zones) -> list[tuple[Any, ...]]:
    return [
        (number, zone, told.begins[number][zone], told.ends[number][zone],
         cap.message_class, cap.channel, cap.group)
        for number, (cap, _) in enumerate(tick.rules.caps)
        for zone in range(len(told.names))
    ]  # fmt: skip


def _candidate_row(one: Candidate, as_of: datetime) -> tuple[Any, ...]:
    action, offer = one.entry.action, one.entry.action.offer
    cooldown = None if one.policy.never_again else one.policy.cooldown_seconds
    return (
        one.number, one.policy.key, one.policy.version, action.key, one.entry.tier,
        action.message_class, action.exclusion_group, action.expires_after_seconds, cooldown,
        one.policy.repeats, expires_at(one, as_of),
        *((offer.terms, offer.valid_from, offer.valid_until) if offer else (None, None, None)),
    )  # fmt: skip


def _pausing(one: Candidate) -> list[tuple[Any, ...]]:
    return [
        (one.number, place, s.scope, o.outcome, o.n, o.window_seconds, o.pause_seconds)
        for place, (s, o) in enumerate(one.entry.outcomes)
    ]


def insert(cursor: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows of our own making."""
    for start in range(0, len(rows), MANY):
        part = rows[start : start + MANY]
        marks = exp.Tuple(expressions=[exp.Placeholder() for _ in part[0]])
        values = ", ".join([marks.sql(DIALECT)] * len(part))
        cursor.execute(
            f"INSERT INTO {exp.to_identifier(table).sql(DIALECT)} VALUES {values}",  # noqa: S608
            [value for row in part for value in row],
        )


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
