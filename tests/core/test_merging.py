"""Two changes of one rule are brought together, or the places where they meet are named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.merging import Conflict, merge

Document = dict[str, Any]
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.sampled_from("abc"))
KEYED = st.lists(
    st.fixed_dictionaries({"key": st.sampled_from("abc"), "n": st.integers(0, 2)}),
    unique_by=lambda item: item["key"],
    max_size=3,
)
VALUES = st.recursive(
    st.one_of(LEAVES, KEYED),
    lambda inside: st.one_of(
        st.lists(inside, max_size=3), st.dictionaries(st.sampled_from("abc"), inside, max_size=3)
    ),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(
    st.sampled_from(("name", "steps", "suppressions", "condition")), VALUES, max_size=4
)


def _json(document: Document) -> str:
    return json.dumps(document, sort_keys=True)


@given(base=DOCUMENTS, changed=DOCUMENTS)
def test_a_change_on_one_side_alone_is_taken_as_it_is(base: Document, changed: Document) -> None:
    for live, proposed in ((changed, base), (base, changed), (changed, changed)):
        merged = merge(base, live, proposed)

        assert merged.conflicts == ()
        assert _json(merged.document) == _json(changed)


@given(base=DOCUMENTS, live=DOCUMENTS, proposed=DOCUMENTS)
def test_who_is_live_and_who_is_proposed_decides_nothing_about_conflicts(
    base: Document, live: Document, proposed: Document
) -> None:
    one, other = merge(base, live, proposed), merge(base, proposed, live)

    assert {each.path for each in one.conflicts} == {each.path for each in other.conflicts}


def test_different_places_come_together() -> None:
    base = {"name": "Nudge", "condition": {"kind": "event_count", "n": 3, "event": "seen"}}
    live = base | {"name": "Upgrade nudge"}
    proposed = base | {"condition": {"kind": "event_count", "n": 5, "event": "seen"}}

    merged = merge(base, live, proposed)

    assert merged.conflicts == ()
    assert merged.document == {
        "name": "Upgrade nudge",
        "condition": {"kind": "event_count", "n": 5, "event": "seen"},
    }


def test_the_same_place_is_named_with_both_values() -> None:
    base, live, proposed = ({"condition": {"kind": "event_count", "n": n}} for n in (3, 4, 5))

    assert merge(base, live, proposed).conflicts == (Conflict("condition.n", 4, 5),)


def test_a_condition_that_became_another_kind_is_not_looked_into() -> None:
    base = {"condition": {"kind": "event_count", "n": 3}}
    live = {"condition": {"kind": "trait", "n": 3, "name": "ltv"}}
    proposed = {"condition": {"kind": "event_count", "n": 5}}

    (conflict,) = merge(base, live, proposed).conflicts

    assert conflict.path == "condition"


def test_suppressions_that_both_added_are_both_there() -> None:
    old, new, newer = ({"key": key, "n": 1} for key in ("old", "new", "newer"))

    merged = merge(
        {"suppressions": [old]}, {"suppressions": [old, new]}, {"suppressions": [newer, old]}
    )

    assert merged.conflicts == ()
    assert merged.document == {"suppressions": [old, new, newer]}


def test_an_order_that_both_changed_is_for_people_to_say() -> None:
    one, two, three = ({"action": {"key": key}, "tier": 1} for key in ("one", "two", "three"))

    (conflict,) = merge(
        {"entries": [one, two]}, {"entries": [two, one]}, {"entries": [one, two, three]}
    ).conflicts

    assert conflict == Conflict("entries (their order)", ["two", "one"], ["one", "two", "three"])


def test_what_one_removed_and_the_other_changed_is_for_people_to_say() -> None:
    base = {"stops": [{"key": "paid", "n": 1}]}

    (conflict,) = merge(base, {"stops": []}, {"stops": [{"key": "paid", "n": 2}]}).conflicts

    assert conflict == Conflict("stops[paid]", None, {"key": "paid", "n": 2})


def test_a_clause_that_moved_away_is_not_mixed_with_the_one_in_its_place() -> None:
    seen, paid = ({"kind": "event_count", "event": event, "n": 3} for event in ("seen", "paid"))
    base = {"of": [seen, paid]}

    merged = merge(base, {"of": [paid, seen]}, {"of": [seen | {"n": 5}, paid]})

    assert [conflict.path for conflict in merged.conflicts] == ["of[0]"]


@pytest.mark.parametrize("value", [True, 1.0, "1"])
def test_a_value_of_another_type_is_a_change(value: Any) -> None:
    assert merge({"value": 1}, {"value": 1}, {"value": value}).document == {"value": value}
