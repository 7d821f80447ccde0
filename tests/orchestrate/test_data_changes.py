"""A change of the data layer goes the way of a rule, and is built before it goes live."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from control import audit, requests, versions
from control.people import Person
from control.requests import ChangeRequest
from control.store import Store
from control.tables import change_requests as request_rows
from control.tables import versions as version_rows
from core.artifacts import Finding
from core.conditions import EventCount
from core.data_changes import DataChange, DataEffect, TrackingPlanChange, TraitModelsChange
from core.errors import Code, PilothouseError, refuse
from core.lifecycle import State
from core.rules import EligibilityRule
from orchestrate import approvals, change_requests, rulebook
from orchestrate.data_diff import models_diff, plan_diff
from tests.at_once import at_once

NOW = datetime(2026, 1, 1)
EFFECT = DataEffect(summary="Momentum counts saved workouts.", as_of="2026-01-01T00:00:00")


class Builder:
    """Builds nothing, and says what was asked of it."""

    def __init__(self, rests_on: Mapping[str, str] | None = None, why_not: str = "") -> None:
        self.rests_on, self.why_not, self.built = rests_on or {}, why_not, list[str]()

    def __call__(self, request: ChangeRequest) -> Mapping[str, str]:
        self.built.append(request.id)
        if self.why_not:
            raise refuse(Code.INVALID_FILE, self.why_not)
        return self.rests_on


def _models(sql: str = "SELECT 1") -> TraitModelsChange:
    return TraitModelsChange(name="Momentum", models={"momentum_score": sql, "ltv": "SELECT 2"})


def _propose(store: Store, change: DataChange | None = None, **more: Any) -> str:
    given = {"author": "ana@demo", "prompt": "saved too", "effect": EFFECT, "now": NOW} | more
    return change_requests.submit(store, artifact=change or _models(), **given).id


def _approve(store: Store, request: str, approver: Person) -> None:
    approvals.decide(store, request, person=approver, verdict="approve", now=NOW)


def _publish(store: Store, approver: Person, change: DataChange | None = None) -> Any:
    request = _propose(store, change)
    _approve(store, request, approver)
    return rulebook.publish(store, request, now=NOW, prepare=Builder())


def _refused(code: Code) -> Any:
    return pytest.raises(PilothouseError, check=lambda error: error.refusal.code is code)


# Proposing


def test_a_marketer_may_not_change_what_every_rule_reads(store: Store) -> None:
    with _refused(Code.NOT_ALLOWED):
        _propose(store, author="mara@demo")

    assert _propose(store, author="ana@demo") == "CR-1"


def test_a_rule_cannot_pass_for_a_data_change(store: Store, pavel: Person) -> None:
    counted = EventCount(event="workout_completed")
    rule = EligibilityRule(key="trait_models", name="Sly", condition=counted)

    with _refused(Code.INVALID_ARGUMENT):
        change_requests.submit(store, artifact=rule, author="mara@demo", prompt="", now=NOW)


def test_the_database_itself_keeps_rules_and_data_apart(store: Store, pavel: Person) -> None:
    request = requests.get(store, _propose(store))
    _approve(store, request.id, pavel)
    row = {"key": "upgrade_nudge", "version": 1, "kind": request.kind, "content": request.content}
    more = {"content_hash": request.content_hash, "change_request_id": request.id}
    when = {"state": "live", "published_at": NOW, "published_by": "pavel@demo"}

    with pytest.raises(IntegrityError, match="another kind"), store.write() as connection:
        connection.execute(version_rows.insert().values(**row, **more, **when))


def test_a_blocking_finding_refuses_a_data_change(store: Store) -> None:
    finding = Finding(policy="removed_in_use", severity="block", message="Upgrade nudge reads it.")

    with _refused(Code.BLOCKED_BY_POLICY):
        _propose(store, findings=[finding])


def test_effects_are_read_back_as_what_they_were(store: Store) -> None:
    changed = requests.get(store, _propose(store))

    assert (changed.changes_data, changed.data_effect, changed.preview) == (True, EFFECT, None)
    assert changed.artifact == _models()
    with _refused(Code.INVALID_ARGUMENT):
        _ = changed.rule


def test_nobody_approves_the_data_change_that_they_proposed(store: Store, ada: Person) -> None:
    request = _propose(store, author="ada@demo")

    with _refused(Code.SELF_APPROVAL):
        _approve(store, request, ada)


def test_a_change_of_what_was_replaced_in_between_is_not_approved(
    store: Store, pavel: Person
) -> None:
    first, second = _propose(store, _models("SELECT 3")), _propose(store, _models("SELECT 4"))
    _approve(store, first, pavel)
    rulebook.publish(store, first, now=NOW, prepare=Builder())

    with _refused(Code.STALE_CHANGE_REQUEST):
        _approve(store, second, pavel)


# What an approver reads


def test_the_first_change_is_compared_with_what_is_built_in(store: Store) -> None:
    request = requests.get(store, _propose(store, _models("SELECT 3"), built_in=_models()))

    assert [(line.path, line.change) for line in request.rule_diff] == [
        ("momentum_score", "changed"),
        ("ltv", "same"),
    ]
    assert request.rule_diff[0].patch == "@@ -1 +1 @@\n-SELECT 1\n+SELECT 3"


def test_models_are_compared_as_text() -> None:
    live, proposed = {"a": "x\ny\n", "b": "z"}, {"a": "x\nw\n", "c": "z"}

    found = {line.path: (line.change, line.patch) for line in models_diff(live, proposed)}

    assert found["a"] == ("changed", "@@ -1,2 +1,2 @@\n x\n-y\n+w")
    assert found["b"][0] == "removed"
    assert found["c"] == ("added", "@@ -0,0 +1 @@\n+z")


def test_a_plan_is_compared_event_by_event_and_property_by_property() -> None:
    live = {"events": {"a": {"properties": {"p": {"type": "string"}}}, "gone": {}}, "ids": ["x"]}
    proposed = {
        "events": {"a": {"properties": {"p": {"type": "number"}}}, "new": {"aliases": {}}},
        "ids": ["x", "y"],
    }

    found = [(line.path, line.change) for line in plan_diff(live, proposed)]

    assert found == [
        ("events › a › properties › p › type", "changed"),
        ("events › new", "added"),
        ("events › gone", "removed"),
        ("ids", "changed"),
    ]


def test_a_list_of_named_things_is_compared_by_name() -> None:
    live = {"rules": [{"name": "b", "n": 1}]}
    proposed = {"rules": [{"name": "a", "n": 2}, {"name": "b", "n": 1}]}

    assert [(line.path, line.change) for line in plan_diff(live, proposed)] == [
        ("rules › a", "added")
    ]


# Publishing


def test_a_data_change_is_built_before_it_goes_live(store: Store, pavel: Person) -> None:
    request = _propose(store)
    builder = Builder()

    with _refused(Code.NOT_ALLOWED):
        rulebook.publish(store, request, now=NOW, prepare=builder)
    _approve(store, request, pavel)
    published = rulebook.publish(store, request, now=NOW, prepare=builder)
    again = rulebook.publish(store, request, now=NOW, prepare=builder)

    assert published == again == versions.current_data(store, TraitModelsChange)
    assert builder.built == [request]


def test_nobody_publishes_a_data_change_that_was_not_built(store: Store, pavel: Person) -> None:
    request = _propose(store)
    _approve(store, request, pavel)

    with _refused(Code.NOT_ALLOWED):
        rulebook.publish(store, request, now=NOW)

    assert versions.live_data(store) == []
    assert requests.get(store, request).state is State.APPROVED


def test_a_failing_audit_leaves_the_old_version_live_and_says_why(
    store: Store, pavel: Person
) -> None:
    first = _publish(store, pavel)
    request = _propose(store, _models("SELECT 3"))
    _approve(store, request, pavel)

    with _refused(Code.INVALID_FILE):
        rulebook.publish(store, request, now=NOW, prepare=Builder(why_not="Two rows for u1."))

    assert versions.current_data(store, TraitModelsChange) == first
    assert requests.get(store, request).state is State.EXPIRED
    last = audit.entries(store)[-1]
    assert (last.what, last.subject, last.note) == ("expire", request, "Two rows for u1.")


def test_a_rule_that_began_to_read_it_voids_the_approval(store: Store, pavel: Person) -> None:
    request = _propose(store, dependencies={"rule:nudge": "a" * 64})
    _approve(store, request, pavel)

    with _refused(Code.STALE_CHANGE_REQUEST):
        rulebook.publish(store, request, now=NOW, prepare=Builder({"rule:nudge": "b" * 64}))

    assert versions.live_data(store) == []


@pytest.mark.parametrize("edited", ["content", "effect", "dependencies"])
def test_editing_a_data_change_after_the_approval_voids_it(
    store: Store, pavel: Person, edited: str
) -> None:
    request = _propose(store, dependencies={"rule:nudge": "a" * 64})
    _approve(store, request, pavel)
    harmful = _models("SELECT 'everybody'").model_dump(mode="json")
    effect = EFFECT.model_copy(update={"summary": "Nothing."}).model_dump(mode="json")
    values = {"content": harmful, "effect": effect, "dependencies": {}}
    with store.write() as connection:
        connection.execute(request_rows.update().values({edited: values[edited]}))
    builder = Builder()

    with _refused(Code.STALE_CHANGE_REQUEST):
        rulebook.publish(store, request, now=NOW, prepare=builder)

    assert (builder.built, versions.live_data(store)) == ([], [])


def test_what_is_edited_while_it_is_built_does_not_go_live(store: Store, pavel: Person) -> None:
    request = _propose(store)
    _approve(store, request, pavel)

    def edit(_request: ChangeRequest) -> Mapping[str, str]:
        content = _models("SELECT 'other'").model_dump(mode="json")
        with store.write() as connection:
            connection.execute(request_rows.update().values(content=content))
        return {}

    with _refused(Code.STALE_CHANGE_REQUEST):
        rulebook.publish(store, request, now=NOW, prepare=edit)

    assert versions.live_data(store) == []


def test_of_two_approvers_of_a_data_change_one_decides_and_one_version_is_live(
    store: Store, pavel: Person, ada: Person
) -> None:
    request = _propose(store)

    def act(person: Person) -> str:
        _approve(store, request, person)
        return "approved"

    def publish() -> None:
        rulebook.publish(store, request, now=NOW, prepare=Builder())

    outcomes = at_once(partial(act, pavel), partial(act, ada))
    assert at_once(publish, publish) == [None, None]

    assert sorted(outcomes) == [Code.ALREADY_DECIDED, "approved"]
    assert len(versions.data_history(store, TraitModelsChange)) == 1


def test_a_crash_before_a_data_change_was_built_is_made_good_once(
    store: Store, pavel: Person
) -> None:
    request = _propose(store)
    _approve(store, request, pavel)
    builder = Builder()

    first = rulebook.reconcile(store, now=NOW, prepare=builder)
    second = rulebook.reconcile(store, now=NOW, prepare=builder)

    assert [version.change_request_id for version in first.published] == [request]
    assert (second.published, second.expired) == ((), {})
    assert builder.built == [request]


# What was shipped


def test_what_was_shipped_is_version_1_so_that_the_first_change_can_be_taken_back(
    store: Store, pavel: Person, ada: Person
) -> None:
    shipped = rulebook.begin(store, _models("SELECT 0"), now=NOW)
    assert rulebook.begin(store, _models("SELECT 9"), now=NOW) is None
    _publish(store, pavel)

    restored = rulebook.rollback(store, "trait_models", 1, person=ada, now=NOW)

    assert shipped is not None
    assert (shipped.version, restored.version) == (1, 3)
    assert restored.artifact == shipped.artifact == _models("SELECT 0")
    first, *_ = audit.entries(store)
    assert (first.what, first.who) == ("publish", "pilothouse")


@pytest.mark.parametrize(
    ("kind", "version", "by"),
    [
        ("trait_models", 2, "pilothouse"),
        ("trait_models", 1, "ana@demo"),
        ("eligibility_rule", 1, "pilothouse"),
    ],
    ids=["a later version", "a person's", "a rule"],
)
def test_the_database_itself_lets_nothing_else_pass_for_shipped(
    store: Store, kind: str, version: int, by: str
) -> None:
    row = {"key": kind, "version": version, "kind": kind, "content": _models().model_dump()}
    more = {"content_hash": "a" * 64, "change_request_id": None, "state": "live"}

    with pytest.raises(IntegrityError, match="needs its approval"), store.write() as connection:
        connection.execute(
            version_rows.insert().values(**row, **more, published_at=NOW, published_by=by)
        )


# Living beside rules


def test_rules_are_read_without_the_data_layer_and_the_data_layer_without_rules(
    store: Store, pavel: Person
) -> None:
    models = _publish(store, pavel)
    plan = _publish(store, pavel, TrackingPlanChange(name="Plan", plan={"version": 2}))
    counted = EventCount(event="workout_completed")
    rule = EligibilityRule(key="engaged", name="Engaged", condition=counted)
    request = change_requests.submit(store, artifact=rule, author="mara@demo", prompt="", now=NOW)
    _approve(store, request.id, pavel)
    published = rulebook.publish(store, request.id, now=NOW)

    assert versions.live(store) == versions.all_current(store) == [published]
    assert versions.live_data(store) == [plan, models]
    assert versions.current(store, "trait_models") is None
    with _refused(Code.UNKNOWN_KEY):
        versions.history(store, "tracking_plan")


def test_the_whole_set_rolls_back_and_is_never_paused(
    store: Store, pavel: Person, ada: Person
) -> None:
    _publish(store, pavel, _models("SELECT 1"))
    _publish(store, pavel, _models("SELECT 3"))

    restored = rulebook.rollback(store, "trait_models", 1, person=ada, now=NOW)

    assert restored.version == 3
    assert versions.data_version(store, TraitModelsChange, 1).artifact == restored.artifact
    with _refused(Code.INVALID_ARGUMENT):
        rulebook.pause(store, "trait_models", person=ada, now=NOW)
