"""Forgetting in the control store: gone everywhere, and every guard and hash in its place."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from control import forgetting, redaction
from control.audit import Act, append, entries, verify
from control.forgetting import Forgetting
from control.hashing import content_hash
from control.review_terms_tables import review_terms
from control.store import Store
from control.tables import (
    audit,
    change_requests,
    mailbox,
    metadata,
    outbox,
    reviews,
    run_steps,
    runs,
    threads,
    versions,
)
from core.identifiers import Traces
from tests.control_stores import without_guards

NOW = datetime(2026, 6, 29, 12, 0)
ZOE = ("u-4711", "zoe@example.com")
TRACES = Traces(ZOE)


def started(**changes: Any) -> Forgetting:
    usual: dict[str, Any] = {
        "id": "f1", "subject": "u-4711", "reason": "asked", "requested_by": "ada@demo",
        "requested_at": NOW, "state": "removing", "task": {"identifiers": [*ZOE]},
        "receipt": None, "finished_at": None,
    }  # fmt: skip
    return Forgetting(**usual | changes)


def planted(store: Store) -> None:
    """Zoe in every place where a store may name her, beside somebody else."""
    intent = {
        "decision_id": "d", "cycle_id": "c", "trace_id": "t", "policy_key": "p",
        "policy_version": 1, "action_key": "a", "channel": "email", "decided_at": NOW,
        "not_before": NOW, "expires_at": NOW, "state": "pending", "attempts": 0,
        "updated_at": NOW,
    }  # fmt: skip
    mail = {"channel": "email", "subject": "Hi", "body": "x", "file": "f", "sent_at": NOW}
    content = {"condition": {"column": "user_id", "value": "u-4711"}}
    request = {
        "id": "cr1", "target_key": "k", "kind": "eligibility_rule", "name": "For Zoe@example.com",
        "content": content, "content_hash": content_hash(content), "rule_diff": [],
        "effect": {"people": ["u-4711", "u2"]},
        "effect_hash": content_hash({"people": ["u-4711", "u2"]}), "dependencies": {},
        "dependency_hash": content_hash({}), "findings": [], "prompt": "explain u-4711",
        "assumptions": [], "author": "mara@demo", "state": "live", "created_at": NOW,
        "updated_at": NOW,
    }  # fmt: skip
    said = {name: request[name] for name in ("content_hash", "effect_hash", "dependency_hash")}
    with store.write() as connection:
        for user in ("u-4711", "u2"):
            key = {"intent_id": f"i-{user[-1]}", "user_id": user}
            connection.execute(outbox.insert().values(intent | key))
            connection.execute(mailbox.insert().values(mail | key | {"address": f"{user}@push.x"}))
        thread = {"id": "t1", "owner": "mara@demo", "graph_version": "1", "created_at": NOW}
        connection.execute(threads.insert().values(thread | {"title": "About zoe@example.com"}))
        for run_id, prompt in (("r1", "Why did u-4711 get this?"), ("r2", "How many users?")):
            run = {"id": run_id, "thread_id": "t1", "person": "mara@demo", "state": "finished"}
            values = run | {"prompt": prompt, "created_at": NOW}
            connection.execute(runs.insert().values(values))
            step = {"run_id": run_id, "seq": 1, "node": "n", "attempt": 1, "ms": 1, "at": NOW}
            connection.execute(run_steps.insert().values(step | {"detail": {"title": prompt}}))
        connection.execute(change_requests.insert().values(request))
        terms = {"risk": "low", "policy": "low risk", "approvers": 1, "role": "approver"}
        terms |= {"why": "Low risk.", "review_by": NOW, "escalate_to": "admin"}
        terms |= {name: request[name] for name in ("content_hash", "effect_hash")}
        connection.execute(review_terms.insert().values(change_request_id="cr1", **terms))
        review = {"change_request_id": "cr1", "verdict": "approve", "by": "pavel@demo", "at": NOW}
        connection.execute(reviews.insert().values(review | said | {"comment": "ok for u-4711"}))
        version = {"key": "k", "version": 1, "kind": "eligibility_rule", "content": content}
        published = {"state": "live", "published_at": NOW, "published_by": "pavel@demo"}
        hashes = {"content_hash": request["content_hash"], "change_request_id": "cr1"}
        connection.execute(versions.insert().values(version | published | hashes))
        append(connection, Act(NOW, "ada@demo", "x", "first"))
        append(connection, Act(NOW, "ada@demo", "merged", "u-4711", note="zoe@example.com asked"))
        append(connection, Act(NOW, "ada@demo", "y", "last"))


def everything(store: Store) -> str:
    with store.read() as connection:
        rows = [
            [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            for table in metadata.sorted_tables
        ]
    return json.dumps(rows, default=str)


def test_nothing_of_a_person_is_left_and_others_stay(store: Store) -> None:
    planted(store)

    counts = redaction.remove(store, TRACES, who="ada@demo", now=NOW)

    left = everything(store)
    assert not TRACES.are_in(left)
    assert {"outbox", "mailbox", "runs", "run_steps", "versions", "audit"} <= set(counts)
    with store.read() as connection:
        assert connection.execute(sa.select(outbox.c.user_id)).scalars().all() == ["u2"]
        assert connection.execute(sa.select(runs.c.id)).scalars().all() == ["r2"]
    assert redaction.remove(store, TRACES, who="ada@demo", now=NOW) == {}


def test_hashes_still_mean_the_content_and_the_audit_log_holds(store: Store) -> None:
    planted(store)
    redaction.remove(store, TRACES, who="ada@demo", now=NOW)

    with store.read() as connection:
        request = connection.execute(sa.select(change_requests)).mappings().one()
        review = connection.execute(sa.select(reviews)).mappings().one()
        version = connection.execute(sa.select(versions)).mappings().one()
    for row in (request, review, version):
        assert row["content_hash"] == content_hash(version["content"])
    assert request["effect_hash"] == review["effect_hash"] == content_hash(request["effect"])
    assert verify(store) is None
    last = entries(store)[-1]
    assert (last.what, last.note[:9]) == ("audit_redacted", "Entries 2")


def test_hashes_of_the_log_stay_as_they_were_and_an_entry_vouches_for_what_went(
    store: Store,
) -> None:
    planted(store)
    with store.write() as connection:
        append(connection, Act(NOW, "ada@demo", "view", "u-4711", note="and u2", personal=True))
    before = [one.hash for one in entries(store)]
    redaction.remove(store, TRACES, who="ada@demo", now=NOW)
    redaction.remove(store, Traces(["u2"]), who="ada@demo", now=NOW)

    found = entries(store)
    assert [one.hash for one in found][:4] == before
    assert (found[1].subject, found[1].note) == ("forgotten", "forgotten asked")
    assert (found[3].subject, found[3].note) == ("forgotten", "and forgotten")
    assert verify(store) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET note = 'nothing' WHERE seq = 2",
        "UPDATE audit SET who = 'eve@demo' WHERE seq = 2",
        "DELETE FROM audit_redactions",
        "UPDATE audit_redactions SET digest = 'x'",
    ],
)
def test_what_an_entry_vouches_for_is_that_alone(store: Store, statement: str) -> None:
    planted(store)
    redaction.remove(store, TRACES, who="ada@demo", now=NOW)

    without_guards(store, statement)

    broken = verify(store)
    assert broken is not None
    assert broken.seq == 2


def test_the_guards_stand_again_afterwards(store: Store) -> None:
    planted(store)
    redaction.remove(store, TRACES, who="ada@demo", now=NOW)

    for table in (audit, reviews, versions):
        with pytest.raises(IntegrityError), store.write() as connection:
            connection.execute(table.delete())


def test_a_tombstone_is_a_hash_that_only_the_same_identifier_has(store: Store) -> None:
    assert not forgetting.tombstones_of(store).holds(ZOE)

    forgetting.begin(store, started(), ZOE, new_salt="s1")
    forgetting.begin(store, started(id="f2", subject="u9"), ["u9", "u-4711"], new_salt="other")

    stones = forgetting.tombstones_of(store)
    assert stones.salt == "s1"
    assert stones.holds(["Zoe@Example.com"])
    assert stones.holds(["u9"])
    assert not stones.holds(["u-47", "U-4711"])
    with store.read() as connection:
        kept = json.dumps([list(row) for row in connection.execute(sa.select(audit))], default=str)
    assert not TRACES.are_in(kept)


def test_what_a_crash_cut_off_is_known_until_it_is_done(store: Store) -> None:
    forgetting.begin(store, started(), ZOE, new_salt="s")
    assert [one.task for one in forgetting.unfinished(store)] == [{"identifiers": [*ZOE]}]

    forgetting.advance(store, "f1", {"rows": 1})
    assert [(one.state, one.task) for one in forgetting.unfinished(store)] == [("compacting", None)]

    forgetting.finish(store, "f1", {"rows": 1}, now=NOW)
    assert forgetting.unfinished(store) == []
    assert [one.receipt for one in forgetting.receipts(store)] == [{"rows": 1}]
    assert not TRACES.are_in(everything(store))
