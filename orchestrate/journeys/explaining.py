"""One user's runs of journeys, told: where each is, what it sent, dropped or waits for, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlglot import exp

from control import journeys, versions
from control.store import Store
from control.tables import outbox
from control.versions import JourneyVersion
from core.conditions import Condition
from core.journey_steps import Trigger
from core.journeys import AudienceEntry
from core.reasons import BY_CODE
from orchestrate.engine.candidates import Tick
from orchestrate.evidence import Deciding, deciding, observe
from orchestrate.faults import NO_LEAF, at_fault, conditions_of, leaf_document
from orchestrate.journeys.happened import occurrences
from orchestrate.journeys.offers import planned_version
from orchestrate.journeys.outlook import Standing, outlook
from orchestrate.journeys.statements import DIALECT, run
from orchestrate.stages import create_tables
from warehouse.catalog import Catalog
from warehouse.clocks.past import as_known
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.layout import zones

MOST_RUNS = 20
"""Runs of one journey that are told, the newest first."""
Line = dict[str, Any]


class Teller:
    """Tells one user's journeys up to a moment; runs are told as they stand now."""

    def __init__(
        self, store: Store, warehouse: DuckDBWarehouse, catalog: Catalog, tick: Tick, user_id: str
    ) -> None:
        self._store, self._warehouse, self._catalog = store, warehouse, catalog
        self._tick, self._user_id = tick, user_id

    def tell(self, only: str | None = None) -> list[Line]:
        """Every published journey, or one: a line a run, or one that says why there is none."""
        told: list[Line] = []
        for newest in versions.journeys(self._store):
            if only is None or only.partition("@")[0] == newest.key:
                told += [*self._runs(newest.key)] or [self._not_entered(newest)]
        return told

    def _runs(self, key: str) -> Iterator[Line]:
        found: list[Line] = [
            {**one}
            for one in journeys.listed(self._store, key, user=self._user_id, limit=MOST_RUNS)
        ]
        found = [one for one in found if one["entered_at"] <= self._tick.as_of]
        if not found:
            return
        history = {one.version: one for one in versions.journey_history(self._store, key)}
        messages = self._messages([one["run_id"] for one in found])
        intents = self._intents([one["intent_id"] for one in messages if one["intent_id"]])
        zone = self._zone()
        for one in found:
            version = history[one["version"]]
            standing = Standing(version.artifact, one, zone, intents.get(one["intent_id"]))
            mine = [m for m in messages if m["run_id"] == one["run_id"]]
            yield self._run(version, standing, [self._message(version, m, intents) for m in mine])

    def _run(self, version: JourneyVersion, standing: Standing, sent: list[Line]) -> Line:
        one, told = standing.run, outlook(standing)
        return {
            "journey": version.key,
            "version": version.version,
            "run_id": one["run_id"],
            "entry_key": one["entry_key"] or None,
            "entered_at": _iso(one["entered_at"]),
            "step": one["step"],
            "since": _iso(one["step_at"]),
            "state": told.state,
            "exit_reason": one["exit_reason"],
            "exited_at": _iso(one["exited_at"]),
            "sentence": told.sentence,
            **self._decided(version, one, sent),
            "next": {"at": _iso(told.at), "what": told.what},
            "messages": sent,
        }

    def _decided(self, version: JourneyVersion, one: Line, sent: list[Line]) -> Line:
        """The leaf that stopped a run, or that holds back the message it stands at."""
        if one["exit_reason"] == "STOPPED":
            return self._stop(version, one)
        held = [m for m in sent if m["step"] == one["step"] and one["phase"] != "sending"]
        return {name: held[-1][name] for name in NO_LEAF} if held else NO_LEAF

    def _stop(self, version: JourneyVersion, one: Line) -> Line:
        for stop in version.artifact.stops:
            if stop.event and self._happened(stop.event, one["entered_at"], one["exited_at"]):
                did = stop.event.event.replace("_", " ")
                return {"failed_leaf": did, "value_read": "it happened", "expected": f"not: {did}"}
            if stop.when and (found := self._fault(stop.when, one["exited_at"], wanted=False)):
                return leaf_document(found, self._catalog)
        return NO_LEAF

    def _message(self, version: JourneyVersion, row: Line, intents: dict[str | None, Line]) -> Line:
        code, intent = row["reason_code"], intents.get(row["intent_id"])
        dropped = BY_CODE.get(intent["reason"] or "") if intent else None
        return {
            "step": row["step"],
            "action": row["action_key"],
            "channel": row["channel"],
            "decided_at": _iso(row["decided_at"]),
            "decisions": row["decisions"],
            "reason_code": code,
            "sentence": BY_CODE[code].sentence,
            **self._held_by(version, row),
            "state": intent["state"] if intent else None,
            "dropped": dropped.code if dropped else None,
            "not_before": _iso(intent["not_before"]) if intent else None,
            "sent_at": _iso(row["sent_at"]),
            "opened_at": _iso(row["opened_at"]),
            "failed_reason": row["failed_reason"],
        }

    def _held_by(self, version: JourneyVersion, row: Line) -> Line:
        if row["reason_code"] == "SELECTED":
            return NO_LEAF
        policy = planned_version(version)
        entry = next(one for one in policy.entries if one.action.key == row["action_key"])
        asked = conditions_of(policy._replace(entries=(entry,)), self._catalog)
        ours = {name: one for name, one in asked.items() if name.startswith(("stopped", "consent"))}
        if not ours:
            return NO_LEAF
        with as_known(self._warehouse, self._catalog, row["decided_at"]) as engine:
            tick = self._tick._replace(as_of=row["decided_at"])
            seen = observe(ours, tick, engine, self._user_id)
        return leaf_document(at_fault(seen, row["reason_code"], entry), self._catalog)

    def _not_entered(self, version: JourneyVersion) -> Line:
        sentence, fault = self._why_not(version)
        none = ("run_id", "entry_key", "entered_at", "step", "since", "exit_reason", "exited_at")
        return {
            "journey": version.key,
            "version": version.version,
            **dict.fromkeys(none),
            "state": "not entered",
            "sentence": sentence,
            **leaf_document(fault, self._catalog),
            "next": {"at": None, "what": None},
            "messages": [],
        }

    def _why_not(self, version: JourneyVersion) -> tuple[str, Deciding | None]:
        if version.state != "live":
            return "The journey is paused: nobody enters.", None
        journey, moment = version.artifact, self._tick.as_of
        if fault := self._fault(journey.population, moment, wanted=True):
            return "The user is not among those whom the journey is for.", fault
        if fault := self._fault(journey.entry.condition, moment, wanted=True):
            return "The condition of entry does not hold for the user.", fault
        if isinstance(journey.entry, AudienceEntry):
            return "The user enters at the next look.", None
        did = journey.entry.trigger.event.replace("_", " ")
        since = f"{version.published_at:%Y-%m-%d %H:%M}"
        if self._happened(journey.entry.trigger, version.published_at, moment):
            return f"{did.capitalize()} was too long ago, or comes up at the next look.", None
        return f"The user has not done this since {since}: {did}.", None

    def _fault(self, condition: Condition, at: datetime, *, wanted: bool) -> Deciding | None:
        with as_known(self._warehouse, self._catalog, at) as engine:
            seen = observe({"it": condition}, self._tick._replace(as_of=at), engine, self._user_id)
        return deciding(seen["it"], wanted=wanted)

    def _happened(self, trigger: Trigger, after: datetime, until: datetime) -> bool:
        done = occurrences(trigger, self._catalog, until).subquery("done")
        query = (
            exp.select("1").from_(done).where("user_id = $user AND ts > $after AND ts <= $until")
        )
        given = {"user": self._user_id, "after": after, "until": until}
        return bool(self._warehouse.fetch(query.limit(1).sql(DIALECT), given).rows)

    def _messages(self, runs: list[str]) -> list[Line]:
        with self._warehouse.cursor() as cursor:
            create_tables(cursor)
            run(cursor, "told", runs=runs, moment=self._tick.as_of)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _intents(self, ids: list[str]) -> dict[str | None, Line]:
        names = ("intent_id", "state", "reason", "not_before", "decided_at")
        query = sa.select(*(outbox.c[name] for name in names)).where(outbox.c.intent_id.in_(ids))
        with self._store.read() as connection:
            return {row.intent_id: {**row._mapping} for row in connection.execute(query)}

    def _zone(self) -> str | None:
        here = zones(self._catalog.layout).subquery("everybody")
        query = exp.select("timezone").from_(here).where("user_id = $user")
        rows = self._warehouse.fetch(query.sql(DIALECT), {"user": self._user_id}).rows
        return rows[0][0] if rows else None


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
