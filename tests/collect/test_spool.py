"""A collector without a warehouse hands over what it took in: nothing is lost, nothing twice."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from collect.rawlog import RawLog
from collect.spec import Envelope, lines
from collect.spool import Spool, TakenOver, finished, take_over
from control.sources import DEMO_SOURCE
from core.errors import Code, PilothouseError
from tests.collect.world import NOON, World, balanced, track


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def spool(folder: Path) -> Iterator[Spool]:
    opened = Spool(folder)
    yield opened
    opened.close()


def _take_in(spool: Spool, *events: object) -> None:
    made = lines([*events], Envelope(DEMO_SOURCE.id, NOON))
    spool.log.append([line.data for line in made]).result()


def test_what_a_collector_took_in_is_loaded_by_the_server(
    world: World, spool: Spool, folder: Path
) -> None:
    _take_in(spool, track(messageId="a"), track(messageId="b"))
    _take_in(spool, track("never_planned", messageId="c"))
    spool.hand_over()

    taken = take_over(folder, world.log)

    assert (taken.segments, taken.torn) == (1, ())
    assert balanced(loaded := world.load())
    assert (loaded.requests, loaded.stored, loaded.dead_letter) == (2, 2, 1)
    assert finished(folder) == []


def test_events_of_both_collectors_stand_in_one_log(
    world: World, spool: Spool, folder: Path
) -> None:
    world.send(track(messageId="here"))
    _take_in(spool, track(messageId="there"))
    spool.hand_over()
    take_over(folder, world.log)
    world.send(track(messageId="here again"))

    world.load()
    loaded = world.rows("raw_events", "seq", "message_id")

    assert loaded == [(1, "here"), (2, "there"), (3, "here again")]
    before = world.contents()
    world.replay()
    assert world.contents() == before


def test_a_segment_that_is_still_written_is_left_alone(
    world: World, spool: Spool, folder: Path
) -> None:
    _take_in(spool, track())

    assert take_over(folder, world.log) == TakenOver(0, 0, ())

    spool.hand_over()
    assert take_over(folder, world.log).segments == 1


def test_a_crash_between_taking_over_and_removing_stores_nothing_twice(
    world: World, spool: Spool, folder: Path
) -> None:
    _take_in(spool, track(messageId="a"), track(messageId="b"))
    spool.hand_over()
    (segment,) = finished(folder)
    copy = segment.read_bytes()
    take_over(folder, world.log)
    segment.write_bytes(copy)
    take_over(folder, world.log)

    loaded = world.load()

    assert balanced(loaded)
    assert (loaded.stored, loaded.duplicate) == (2, 2)


def test_a_segment_that_is_still_copied_waits_and_holds_up_no_other(
    world: World, spool: Spool, folder: Path
) -> None:
    _take_in(spool, track(messageId="a"), track(messageId="b"))
    spool.hand_over()
    _take_in(spool, track(messageId="c"))
    spool.hand_over()
    first, _ = finished(folder)
    whole = first.read_bytes()
    first.write_bytes(whole[:-40])

    assert take_over(folder, world.log)[0::2] == (1, (first.name,))
    first.write_bytes(whole)
    assert take_over(folder, world.log).segments == 1
    assert world.load().stored == 3


def test_a_collector_that_was_cut_off_hands_over_after_its_next_start(
    world: World, tmp_path: Path
) -> None:
    cut_off = Spool(tmp_path / "first")
    _take_in(cut_off, track(messageId="a"))
    # What a kill leaves behind: a segment without an end, and nobody who holds the folder.
    shutil.copytree(tmp_path / "first", tmp_path / "again")
    cut_off.close()

    again = Spool(tmp_path / "again")
    _take_in(again, track(messageId="b"))
    again.hand_over()
    take_over(tmp_path / "again", world.log)

    assert world.load().stored == 2
    again.close()


def test_a_collector_that_stops_hands_over_all_it_has(world: World, tmp_path: Path) -> None:
    stopped = Spool(tmp_path / "spool")
    _take_in(stopped, track())
    stopped.close()

    take_over(tmp_path / "spool", world.log)

    assert world.load().stored == 1


def test_what_the_server_took_no_longer_counts_as_waiting(
    world: World, spool: Spool, folder: Path
) -> None:
    _take_in(spool, track())
    spool.hand_over()
    assert spool.log.unloaded_bytes > 0

    take_over(folder, world.log)
    spool.hand_over()

    assert spool.log.unloaded_bytes == 0


def test_two_collectors_do_not_share_a_folder(spool: Spool, folder: Path) -> None:
    with pytest.raises(PilothouseError) as refused:
        Spool(folder)

    assert refused.value.refusal.code is Code.WAREHOUSE_LOCKED


def test_an_idle_collector_makes_no_files(spool: Spool, folder: Path) -> None:
    for _ in range(3):
        spool.hand_over()

    assert len([*folder.glob("*.ndjson")]) == 1


def test_a_finished_segment_is_read_where_it_lies_like_any_other(tmp_path: Path) -> None:
    log = RawLog(tmp_path)
    log.append([b'{"n":0,"of":1,"word":"a"}']).result()
    log.finish_segment().result()
    log.append([b'{"n":0,"of":1,"word":"a"}']).result()

    piece = log.read(None)

    assert piece is not None
    assert [type(part) is bytes for part in piece.parts] == [False, True]
    assert log.read(piece.end) is None
    log.close()
