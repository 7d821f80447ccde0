"""Sources: who may send, under which key."""

from __future__ import annotations

from datetime import datetime

import pytest

from control import audit, sources
from control.sources import DEMO_SOURCE, Source
from control.store import Store
from core.errors import Code, PilothouseError

NOW = datetime(2026, 6, 29)
SHOP = Source(id="shop", name="Shop", write_key="secret")


def test_a_source_is_added_once_and_the_audit_log_says_by_whom(store: Store) -> None:
    sources.add(store, SHOP, who="ada@demo", now=NOW)

    with pytest.raises(PilothouseError) as refused:
        sources.add(store, SHOP.model_copy(update={"id": "other"}), who="ada@demo", now=NOW)

    assert refused.value.refusal.code is Code.INVALID_ARGUMENT
    assert sources.list_all(store) == [SHOP]
    assert [(entry.who, entry.what) for entry in audit.entries(store)] == [
        ("ada@demo", "source_added")
    ]


def test_a_source_can_be_stopped_and_let_send_again(store: Store) -> None:
    sources.add(store, SHOP, who="ada@demo", now=NOW)

    sources.set_enabled(store, "Shop", False, who="ada@demo", now=NOW)
    assert [source.enabled for source in sources.list_all(store)] == [False]
    sources.set_enabled(store, "Shop", True, who="ada@demo", now=NOW)

    assert [source.enabled for source in sources.list_all(store)] == [True]
    with pytest.raises(PilothouseError, match="no source named 'Nobody'"):
        sources.set_enabled(store, "Nobody", True, who="ada@demo", now=NOW)


def test_the_demo_has_one_source_however_often_it_starts(store: Store) -> None:
    sources.add_demo_source(store)
    sources.add_demo_source(store)

    assert sources.list_all(store) == [DEMO_SOURCE]
    assert audit.entries(store) == []
