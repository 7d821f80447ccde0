"""The raw log keeps what it acknowledged, through tears, full disks and the turn of segments."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from collect.rawlog import Position, RawLog, Slice


def request(*words: str) -> list[bytes]:
    return [
        b'{"n":%d,"of":%d,"word":"%s"}' % (place, len(words), word.encode())
        for place, word in enumerate(words)
    ]


def content(piece: Slice) -> bytes:
    return b"".join(part.read_bytes() if isinstance(part, Path) else part for part in piece.parts)


def words(log: RawLog, after: Position | None = None, limit: int = 10**9) -> list[str]:
    found = []
    while (piece := log.read(after, limit)) is not None:
        found += [line.split(b'"')[-2].decode() for line in content(piece).splitlines()]
        after = piece.end
    return found


def reopened(log: RawLog) -> RawLog:
    log.close()
    return RawLog(log.folder)


def test_what_was_acknowledged_is_read_in_order(tmp_path: Path) -> None:
    log = RawLog(tmp_path)
    for word in ("a", "b"):
        log.append(request(word, word + "2")).result()

    assert words(log) == ["a", "a2", "b", "b2"]
    assert words(reopened(log)) == ["a", "a2", "b", "b2"]


@pytest.mark.parametrize("kept", [1, 20, 45, 46, 60])
def test_a_request_that_a_crash_tore_is_cut_away_whole(tmp_path: Path, kept: int) -> None:
    log = RawLog(tmp_path)
    log.append(request("a", "b")).result()
    (segment,) = tmp_path.glob("*.ndjson")
    whole = segment.stat().st_size
    log.append(request("c", "d", "e")).result()
    log.close()
    with segment.open("r+b") as file:
        file.truncate(whole + kept)

    log = RawLog(tmp_path)
    assert words(log) == ["a", "b"]
    log.append(request("f")).result()

    assert words(log) == ["a", "b", "f"]
    assert b'{"seq":3,' in segment.read_bytes()


def test_lines_are_numbered_without_a_gap_across_segments(tmp_path: Path) -> None:
    log = RawLog(tmp_path, segment_bytes=100)
    for number in range(20):
        log.append(request(str(number))).result()
    log = reopened(log)
    log.append(request("last")).result()

    assert len(list(tmp_path.glob("*.ndjson"))) > 3
    assert words(log) == [*map(str, range(20)), "last"]
    assert log.read(None) is not None
    assert sum(path.read_bytes().count(b'"seq":21,') for path in tmp_path.glob("*.ndjson")) == 1


def test_a_slice_never_splits_a_request(tmp_path: Path) -> None:
    log = RawLog(tmp_path)
    log.append(request("a")).result()
    log.append(request(*map(str, range(50)))).result()
    first = log.read(None, 60)
    assert first is not None
    second = log.read(first.end, 60)

    assert content(first).count(b"\n") == 1
    assert second is not None
    assert content(second).count(b"\n") == 50


def test_a_slice_takes_finished_segments_as_they_lie_there(tmp_path: Path) -> None:
    log = RawLog(tmp_path, segment_bytes=100)
    for number in range(9):
        log.append(request(str(number))).result()
    *finished, _ = sorted(tmp_path.glob("*.ndjson"))

    piece = log.read(None)

    assert piece is not None
    assert list(piece.parts[: len(finished)]) == finished
    assert log.read(piece.end) is None
    short = log.read(None, finished[0].stat().st_size)
    assert short is not None
    assert short.parts == (finished[0],)


def test_a_large_open_segment_is_ended_to_be_read_where_it_lies(tmp_path: Path) -> None:
    log = RawLog(tmp_path)
    (segment,) = tmp_path.glob("*.ndjson")
    log.append(request("x" * 17 * 2**20)).result()
    piece = log.read(None)
    log.append(request("later")).result()

    assert piece is not None
    assert piece.parts == (segment,)
    assert words(log, piece.end) == ["later"]


def test_requests_at_the_same_time_are_all_kept_whole(tmp_path: Path) -> None:
    log = RawLog(tmp_path)

    def send(name: str) -> None:
        for number in range(20):
            log.append(request(f"{name}{number}a", f"{name}{number}b")).result()

    threads = [threading.Thread(target=send, args=(name,)) for name in "wxyz"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = words(log)
    assert len(found) == 160
    assert [word[:-1] for word in found[::2]] == [word[:-1] for word in found[1::2]]


def test_a_write_that_fails_leaves_the_log_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = RawLog(tmp_path)
    log.append(request("a")).result()

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("collect.rawlog.os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            log.append(request("lost")).result()
    log.append(request("b")).result()

    assert words(log) == ["a", "b"]
    assert words(reopened(log)) == ["a", "b"]
    assert log.queued_bytes == 0


def test_what_is_loaded_no_longer_counts_as_waiting(tmp_path: Path) -> None:
    log = RawLog(tmp_path, segment_bytes=100)
    for number in range(10):
        log.append(request(str(number))).result()
    waiting = log.unloaded_bytes
    piece = log.read(None)
    assert piece is not None
    log.loaded(piece.end)

    assert waiting == sum(path.stat().st_size for path in tmp_path.glob("*.ndjson"))
    assert log.unloaded_bytes == waiting - len(content(piece))


def test_where_no_new_segment_can_be_made_the_log_goes_on_in_the_old_one(tmp_path: Path) -> None:
    log = RawLog(tmp_path, segment_bytes=10)
    in_the_way = tmp_path / f"{2:016d}.ndjson"
    in_the_way.mkdir()
    log.append(request("a")).result()
    with pytest.raises(OSError, match="exists"):
        log.finish_segment().result()
    in_the_way.rmdir()
    log.append(request("b")).result()
    log.append(request("c")).result()

    assert words(log) == ["a", "b", "c"]
    assert len(list(tmp_path.glob("*.ndjson"))) == 3
