"""Messages cut into requests: by count, by bytes, in their order."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from deliver.chunks import Item, cut, framed, grouped, items
from tests.deliver.destinations.fake import letter

SIZES = st.lists(st.integers(1, 60), max_size=40)


def _items(sizes: list[int]) -> list[Item]:
    return [Item(letter(i), json.dumps("x" * size).encode()) for i, size in enumerate(sizes)]


@given(SIZES, st.integers(1, 10), st.integers(70, 200))
def test_chunks_are_all_items_in_their_order_within_count_and_bytes(
    sizes: list[int], count: int, size: int
) -> None:
    every = _items(sizes)

    chunks = [*cut(every, count=count, size=size)]

    assert [one for chunk in chunks for one in chunk] == every
    for chunk in chunks:
        assert 1 <= len(chunk) <= count
        assert len(framed({}, "list", chunk)) <= size + len(b'{"list":[]}')


@given(SIZES)
def test_a_framed_chunk_is_the_document_with_the_items_as_a_list(sizes: list[int]) -> None:
    every = _items(sizes)

    whole = json.loads(framed({"broadcast": False, "z": "ü"}, "list", every))

    assert whole == {
        "broadcast": False,
        "z": "ü",
        "list": [json.loads(one.body) for one in every],
    }


@given(st.lists(st.integers(0, 4), max_size=30))
def test_what_is_to_be_kept_apart_never_shares_a_chunk(users: list[int]) -> None:
    every = [Item(letter(i, user_id=str(user)), b"1") for i, user in enumerate(users)]

    chunks = [*cut(every, count=10, size=100, apart=[lambda one: one.user_id])]

    assert [one for chunk in chunks for one in chunk] == every
    for chunk in chunks:
        assert len({one.message.user_id for one in chunk}) == len(chunk)


def test_groups_come_in_the_order_of_their_first_item() -> None:
    every = [Item(letter(i, action_key="bacba"[i]), b"1") for i in range(5)]

    found = [
        (key, [one.message.action_key for one in group])
        for key, group in grouped(every, lambda one: one.action_key)
    ]

    assert found == [("b", ["b", "b"]), ("a", ["a", "a"]), ("c", ["c"])]


def test_a_number_that_is_none_is_refused_with_the_reason() -> None:
    messages = [letter(0, variables={"left": float("nan")}), letter(1)]

    fit, refused = items(messages, lambda one: dict(one.variables), most_bytes=100)

    assert [one.message for one in fit] == [messages[1]]
    assert [one.intent_id for one in refused] == [messages[0].intent_id]
    assert "JSON" in str(refused[0].reason)
