"""Whatever a genuine request holds, what can be read of it is taken and nothing breaks."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deliver.receipts.calls import DEEPEST, Call, Read, Unreadable
from deliver.receipts.receivers import READERS, batch_of
from tests.deliver.receipts.providers import (
    AT,
    EVERY,
    NOW,
    SECONDS,
    URL,
    Provider,
    call_of,
    read_of,
)
from tests.deliver.receipts.senders import (
    Told,
    by_sendgrid,
    with_token,
)


@EVERY
@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{", b"[" * 100_000, b"null", b'"text"'])
def test_a_body_that_is_nothing_of_the_kind_is_refused_with_the_reason(
    provider: Provider, body: bytes
) -> None:
    with_body = provider.opened(NOW)._replace(body=body)

    def taken() -> Read:
        read = READERS[provider.kind].read(call_of(with_body))
        if read.malformed:
            raise Unreadable(read.malformed[0])
        return read

    with pytest.raises(Unreadable, match=r"[a-z]"):
        taken()


def test_a_body_that_is_nested_too_deeply_is_refused() -> None:
    deep: Any = {}
    for _ in range(DEEPEST + 1):
        deep = {"data": deep}
    with pytest.raises(Unreadable, match="levels deep"):
        read_of("customerio", with_token(deep))


def test_one_bad_item_leaves_the_others_of_its_batch() -> None:
    good = {"event": "open", "timestamp": SECONDS, "intent_id": "i1"}
    bad: list[Any] = [7, {}, good | {"timestamp": "soon"}, good | {"timestamp": True}]
    silent = {"event": "processed", "timestamp": SECONDS}

    read = read_of("sendgrid", by_sendgrid(good, *bad, silent, good | {"event": "click"}, at=NOW))

    assert [fact.kind for fact in read.facts] == ["opened", "clicked"]
    assert read.ignored == 1
    assert len(read.malformed) == 4
    assert read.malformed[0] == "item 1: it is no object"


@pytest.mark.parametrize(
    "moment",
    [SECONDS, SECONDS * 1000, f"{SECONDS}", "2026-03-02T11:59:00Z", "2026-03-02T12:59+01:00"],
)
def test_a_moment_is_read_however_it_is_written(moment: object) -> None:
    event = {"event": "open", "timestamp": moment, "intent_id": "i1"}
    (fact,) = read_of("sendgrid", by_sendgrid(event, at=NOW)).facts
    assert fact.at == AT


def test_half_a_character_and_the_end_of_a_string_are_no_reason_to_lose_a_batch() -> None:
    event = {"event": "bounce", "timestamp": SECONDS, "intent_id": "i\0001", "reason": "\ud83d x"}
    (fact,) = read_of("sendgrid", by_sendgrid(event, at=NOW)).facts
    assert (fact.intent_id, fact.reason) == ("i1", "? x")


def test_a_number_of_thousands_of_digits_is_one_items_matter() -> None:
    body = (
        b'[{"event": "open", "timestamp": %s}, {"event": "open", "timestamp": %d, "intent_id": 7}]'
    )
    told = Told({}, body % (b"9" * 5_000, SECONDS))
    read = read_of("sendgrid", told)
    assert [fact.intent_id for fact in read.facts] == ["7"]
    assert len(read.malformed) == 1


WORDS = st.sampled_from(
    "event events data type kind metric topic timestamp time at id event_id intent_id email user "
    "message name delivered open opened bounce event_type users.messages.email.Open properties "
    "eventName emailOpen dataFields createdAt identifiers message_extras payload attributes".split()
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | WORDS
    | st.sampled_from([SECONDS, AT.isoformat(), "0001-01-01", "9999-12-31T23:59:59+00:01"])
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=12,
)


@EVERY
@settings(max_examples=60, deadline=None)
@given(document=ANYTHING)
def test_whatever_a_genuine_request_says_it_is_read_or_refused(
    provider: Provider, document: Any
) -> None:
    body = json.dumps(document).encode()
    try:
        read = READERS[provider.kind].read(Call(URL, {}, body, NOW))
    except Unreadable:
        return
    batch = batch_of("x", read, shift=timedelta(days=-300))
    for fact in batch.facts:
        assert fact.told_by
        "".join(str(one) for one in fact).encode()
