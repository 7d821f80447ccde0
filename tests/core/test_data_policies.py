"""What the guardrails say about a change of the data layer."""

from __future__ import annotations

from typing import Any, Literal

from core.data_changes import ChangedPart, DataEffect, Downstream, TableRows
from core.data_policies import DATA_POLICIES, DataLimits, data_findings

RULE = Downstream(kind="rule", key="nudge", name="Upgrade nudge", reads=("momentum_score",))


def _effect(**more: Any) -> DataEffect:
    return DataEffect(summary="A change.", as_of="2026-01-01T00:00:00", **more)


def _part(change: Literal["removed", "renamed", "changed"]) -> ChangedPart:
    return ChangedPart(kind="trait", name="momentum_score", change=change)


def _verdicts(effect: DataEffect, **limits: float) -> dict[str, str]:
    return {one.policy: one.severity for one in data_findings(effect, DataLimits(**limits))}


def test_a_change_that_nothing_reads_has_nothing_against_it() -> None:
    assert _verdicts(_effect(changed=(_part("changed"),))) == {}


def test_removing_what_a_live_rule_reads_is_blocked() -> None:
    found = _verdicts(_effect(changed=(_part("removed"),), downstream=(RULE,)))

    assert found["removed_in_use"] == "block"


def test_renaming_what_a_live_rule_reads_needs_a_judgement() -> None:
    found = _verdicts(_effect(changed=(_part("renamed"),), downstream=(RULE,)))

    assert found == {"renamed_in_use": "warn", "readers_are_told": "info"}


def test_a_reader_that_could_not_be_decided_any_more_blocks_with_its_reason() -> None:
    broken = RULE.model_copy(update={"broken": "at_risk is no value of it any more."})

    first = data_findings(_effect(changed=(_part("removed"),), downstream=(broken,)))[0]

    assert (first.policy, first.severity) == ("nothing_breaks", "block")
    assert first.message == "the rule Upgrade nudge: at_risk is no value of it any more."


def test_an_audience_that_moves_by_more_than_the_limit_needs_a_judgement() -> None:
    moved = RULE.model_copy(update={"before": 100, "after": 111})
    effect = _effect(changed=(_part("changed"),), downstream=(moved,))

    assert _verdicts(effect)["audiences_move_little"] == "warn"
    assert "audiences_move_little" not in _verdicts(effect, audience_moves=0.2)


def test_values_of_many_users_and_lost_rows_need_a_judgement() -> None:
    lost = TableRows(table="fct_events", before=10, after=9)
    effect = _effect(users_total=10, users_changed=3, tables=(lost,))

    assert _verdicts(effect) == {"few_users_change": "warn", "no_rows_lost": "warn"}
    assert _verdicts(effect, users_change=0.5, rows_lost=0.2) == {}


def test_every_policy_says_its_rule_in_one_sentence() -> None:
    for policy in DATA_POLICIES:
        assert policy.__doc__
        assert policy.__doc__.strip().endswith(".")
