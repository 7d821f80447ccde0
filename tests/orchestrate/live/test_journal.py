"""The journal of decisions: on disk in the order of their coming, or an error for who waits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestrate.live.journal import Head, Journal, lines_of, pages


def head(name: str) -> Head:
    return Head(name, lambda: f"head {name}".encode())


def test_every_file_has_the_heads_of_its_lines(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for name, line in (("a", b"1"), ("b", b"2"), ("a", b"3")):
        journal.append(line, head(name))
    journal.turn()
    journal.append(b"4", head("a")).result(5)
    journal.close()

    assert [lines_of(page) for page in pages(tmp_path)] == [
        [b"head a", b"1", b"head b", b"2", b"3"],
        [b"head a", b"4"],
    ]


def test_files_that_were_written_out_are_dropped_and_later_ones_stay(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(b"1", head("a"))
    turned = journal.turn()
    journal.append(b"2", head("a")).result(5)

    journal.drop(turned.result(5))

    assert [lines_of(page) for page in pages(tmp_path)] == [[b"head a", b"2"]]
    journal.close()


def test_a_new_process_goes_on_in_a_new_file(tmp_path: Path) -> None:
    for line in (b"1", b"2"):
        journal = Journal(tmp_path)
        journal.append(line, head("a")).result(5)
        journal.close()

    assert [lines_of(page)[1:] for page in pages(tmp_path)] == [[b"1"], [b"2"]]


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    lines = [str(number).encode() for number in range(200)]

    with ThreadPoolExecutor(8) as pool:
        for done in list(pool.map(lambda line: journal.append(line, head("a")), lines)):
            done.result(5)
    journal.close()

    (page,) = pages(tmp_path)
    assert sorted(lines_of(page)[1:]) == sorted(lines)


def test_who_waits_is_told_that_a_line_could_not_be_written_and_later_ones_are(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "decisions"
    journal = Journal(folder)
    folder.rename(tmp_path / "away")
    with pytest.raises(OSError, match="No such file"):
        journal.append(b"1", head("a")).result(5)
    (tmp_path / "away").rename(folder)

    journal.append(b"2", head("a")).result(5)
    journal.close()

    assert [lines_of(page) for page in pages(folder)] == [[b"head a", b"2"]]
    with pytest.raises(OSError, match="closed"):
        journal.append(b"3", head("a")).result(5)


def test_a_line_that_a_crash_cut_off_is_none(tmp_path: Path) -> None:
    page = tmp_path / "000000000001.ndjson"
    page.write_bytes(b"head a\n1\n2")

    assert lines_of(page) == [b"head a", b"1"]
