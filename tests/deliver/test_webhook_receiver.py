"""The example receiver, over real HTTP, with what our own destination sends it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deliver.transport import Transport
from deliver.wire import Request
from examples.webhook_receiver import receiver as example
from tests.deliver.destinations.fake import letters
from tests.deliver.example_receiver import (
    FOREIGN,
    NEW,
    NOW,
    OLD,
    Running,
    answer_to,
    ids,
    sent_to,
    serving,
    took_by,
    webhook_to,
)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with serving(tmp_path) as one:
        yield one


@pytest.fixture(scope="module")
def transport() -> Iterator[Transport]:
    with Transport() as made:
        yield made


class TestTaking:
    def test_messages_are_taken_and_kept(self, running: Running, transport: Transport) -> None:
        outcomes = sent_to(webhook_to(running.url), transport, many=20)

        assert {one.result for one in outcomes} == {"accepted"}
        assert running.took() == ids(20)

    def test_a_message_that_comes_again_is_taken_once(
        self, running: Running, transport: Transport
    ) -> None:
        webhook = webhook_to(running.url)
        sent_to(webhook, transport, many=3)
        running.now = NOW + timedelta(hours=10)
        outcomes = sent_to(webhook, transport, at=running.now, many=3)

        assert {one.result for one in outcomes} == {"accepted"}
        assert running.took() == ids(3)
        assert sorted(line.split()[0] for line in running.said) == ["known"] * 3 + ["taken"] * 3

    def test_the_log_names_neither_address_nor_text(
        self, running: Running, transport: Transport
    ) -> None:
        sent_to(webhook_to(running.url), transport)

        assert not {"user-0", "@", "workouts"} & {*" ".join(running.said).split()}
        assert "@" not in "".join(running.said)

    def test_what_cannot_be_kept_is_sent_again(
        self, running: Running, transport: Transport
    ) -> None:
        with closing(sqlite3.connect(running.database)) as connection:
            connection.execute("drop table received")
            (outcome,) = sent_to(webhook_to(running.url), transport)
            assert (outcome.result, outcome.seconds) == ("retry_after", 30)
            connection.execute(example.TABLE)
        (outcome,) = sent_to(webhook_to(running.url), transport)
        assert outcome.result == "accepted"


class TestSignatures:
    @pytest.mark.parametrize("minutes", [-5, -1, 0, 5])
    def test_clocks_may_differ_by_five_minutes(
        self, running: Running, transport: Transport, minutes: int
    ) -> None:
        (outcome,) = sent_to(
            webhook_to(running.url), transport, at=NOW + timedelta(minutes=minutes)
        )
        assert outcome.result == "accepted"

    @pytest.mark.parametrize("seconds", [-301, 301, -86_400, 10**9])
    def test_a_request_of_another_time_is_refused(
        self, running: Running, transport: Transport, seconds: int
    ) -> None:
        (outcome,) = sent_to(
            webhook_to(running.url), transport, at=NOW + timedelta(seconds=seconds)
        )
        assert (outcome.result, outcome.pauses) == ("retry_after", True)
        assert "clock" in str(outcome.reason)
        assert not running.took()

    def test_a_recording_that_is_played_again_is_refused(
        self, running: Running, transport: Transport
    ) -> None:
        webhook = webhook_to(running.url)
        (planned,) = webhook.plan(letters(1), now=NOW).requests
        recorded = webhook.signed(planned, at=NOW)
        assert answer_to(transport, recorded).status == 200
        running.now = NOW + timedelta(minutes=6)
        assert answer_to(transport, recorded).status == 401

    def test_a_secret_is_changed_without_a_stop(
        self, running: Running, transport: Transport
    ) -> None:
        def result(*secrets: str) -> str:
            return sent_to(webhook_to(running.url, *secrets), transport)[0].result

        assert result(OLD) == "accepted"
        assert result(NEW, OLD) == "accepted"  # the sender first
        running.write(NEW, OLD)
        assert (result(OLD), result(NEW)) == ("accepted", "accepted")
        running.write(NEW)
        assert (result(NEW, OLD), result(OLD)) == ("accepted", "retry_after")

    def test_a_foreign_secret_is_refused(self, running: Running, transport: Transport) -> None:
        (outcome,) = sent_to(webhook_to(running.url, FOREIGN), transport)
        assert outcome.pauses
        assert not running.took()

    @pytest.mark.parametrize(
        "spoilt",
        [
            {"webhook-id": "other"},
            {"webhook-id": "a.b"},
            {"webhook-id": ""},
            {"webhook-timestamp": "soon"},
            {"webhook-timestamp": "9" * 400},
            {"webhook-timestamp": "²"},
            {"webhook-signature": ""},
            {"webhook-signature": "v1,AAAA v2,BBBB"},
        ],
    )
    def test_a_changed_request_is_refused(
        self, running: Running, transport: Transport, spoilt: dict[str, str]
    ) -> None:
        webhook = webhook_to(running.url)
        (planned,) = webhook.plan(letters(1), now=NOW).requests
        request = webhook.signed(planned, at=NOW)
        changed: Any = {**request.headers, **{k: v.encode("latin-1") for k, v in spoilt.items()}}
        assert answer_to(transport, request._replace(headers=changed)).status == 401
        assert answer_to(transport, request._replace(body=request.body + b" ")).status == 401
        assert not running.took()

    def test_without_its_secrets_nothing_is_lost(
        self, running: Running, transport: Transport
    ) -> None:
        running.secrets.unlink()
        (outcome,) = sent_to(webhook_to(running.url), transport)
        assert (outcome.result, outcome.pauses) == ("retry_after", False)


class TestOtherRequests:
    @pytest.mark.parametrize(
        "body",
        [b"", b"{}", b"[]", b"[" * 5_000, b"\xff", b'{"type":"a b","data":{}}', b'{"type":1}'],
    )
    def test_a_signed_body_that_is_no_message_is_refused(
        self, running: Running, transport: Transport, body: bytes
    ) -> None:
        request = webhook_to(running.url).signed(
            Request("POST", running.url, {}, body, ("i1",)), at=NOW
        )
        assert answer_to(transport, request).status == 400

    @pytest.mark.parametrize(
        ("method", "path", "body", "status"),
        [
            ("GET", "", b"", 405),
            ("DELETE", "", b"", 405),
            ("POST", "/elsewhere", b"{}", 404),
            ("POST", "", b"x" * 64_001, 413),
            ("POST", "", b"{}", 401),
        ],
    )
    def test_what_is_no_webhook_is_told_so(
        self,
        running: Running,
        transport: Transport,
        method: str,
        path: str,
        body: bytes,
        status: int,
    ) -> None:
        request = Request(method, running.url + path, {}, body, ("i1",))
        assert answer_to(transport, request).status == status


@contextmanager
def _process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    script = Path(example.__file__)
    command = [sys.executable, str(script), "--port", "0", "--secrets", "secrets.txt"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().rpartition(" ")[2].strip()
        finally:
            process.kill()


def test_what_was_taken_is_known_after_a_kill(tmp_path: Path, transport: Transport) -> None:
    (tmp_path / "secrets.txt").write_text(f"{OLD}\n", encoding="utf-8")
    for _ in range(2):
        with _process(tmp_path) as (process, url):
            at = datetime.now(UTC).replace(tzinfo=None)
            (outcome,) = sent_to(webhook_to(url), transport, at=at)
            assert outcome.result == "accepted"
            os.kill(process.pid, signal.SIGKILL)
    assert took_by(tmp_path / "received.sqlite") == ids(1)


def test_it_makes_secrets_that_our_destination_takes(capsys: pytest.CaptureFixture[str]) -> None:
    example.main(["--new-secret"])
    secret = capsys.readouterr().out.strip()
    assert webhook_to("http://127.0.0.1:1/", secret).secrets[0].get_secret_value() == secret


def test_without_a_secret_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="--new-secret"):
        example.main(["--secrets", str(tmp_path / "none.txt")])


def test_a_port_that_is_taken_is_told(running: Running) -> None:
    files = ["--secrets", str(running.secrets), "--database", str(running.database)]
    with pytest.raises(SystemExit, match="choose another"):
        example.main([*files, "--port", str(running.server.server_address[1])])
