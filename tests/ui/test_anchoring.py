"""The head of the audit log is noted outside of the store, often enough and never too often."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from control.audit import Act, append
from control.store import Store
from tests.control_stores import store_on
from ui import anchoring
from ui.anchoring import FILE, Anchors
from ui.restoring import older

NOW = datetime(2026, 6, 29)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with store_on("sqlite", tmp_path, people=False) as opened:
        yield opened


def did(store: Store, what: str, subject: str = "x") -> None:
    with store.write() as connection:
        append(connection, Act(NOW, "ada@demo", what, subject, note="why"))


def noted(folder: Path) -> list[tuple[int, str]]:
    return [(one.seq, one.what) for one in Anchors(folder).noted()]


def test_heads_are_noted_once_a_second_and_acts_that_matter_at_once(
    store: Store, tmp_path: Path
) -> None:
    anchors = Anchors(tmp_path)
    anchors.watch(store)
    for _ in range(20):
        did(store, "send")
    did(store, "kill", "channel push")
    did(store, "rollback", "next_best version 3")
    did(store, "send")

    assert noted(tmp_path) == [(1, ""), (21, "kill"), (22, "rollback")]
    anchors.close()
    assert noted(tmp_path)[3:] == [(23, "")]
    assert "why" not in (tmp_path / FILE).read_text()


def test_what_was_done_while_nobody_watched_is_noted_with_the_next_start(
    store: Store, tmp_path: Path
) -> None:
    did(store, "kill", "global *")
    did(store, "send")

    Anchors(tmp_path).watch(store)

    assert noted(tmp_path) == [(1, "kill"), (2, "")]
    assert older(store, Anchors(tmp_path)) is None


def test_a_line_that_a_crash_cut_short_is_left_out(store: Store, tmp_path: Path) -> None:
    Anchors(tmp_path).watch(store)
    did(store, "send")
    with (tmp_path / FILE).open("a") as opened:
        opened.write('{"seq": 2, "ha')

    assert noted(tmp_path) == [(1, "")]
    assert older(store, Anchors(tmp_path)) is None
    did(store, "kill", "global *")
    assert noted(tmp_path) == [(1, ""), (2, "kill")]


def test_a_long_file_is_thinned_out_and_keeps_what_matters(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anchoring, "MOST_LINES", 4)
    monkeypatch.setattr(anchoring, "KEPT_LINES", 2)
    monkeypatch.setattr(anchoring, "SECONDS", 0.0)
    first = Anchors(tmp_path)
    first.watch(store)
    did(store, "kill", "global *")
    for _ in range(6):
        did(store, "send")
    first.close()

    Anchors(tmp_path).watch(store)

    assert noted(tmp_path) == [(1, "kill"), (6, ""), (7, "")]


def test_a_file_that_cannot_be_written_stops_nobody(store: Store, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    Anchors(gone).watch(store)

    did(store, "kill", "global *")

    assert not gone.exists()
