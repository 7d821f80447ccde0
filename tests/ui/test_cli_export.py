"""``pilothouse export audience``: hashes of those who agreed, and of nobody else."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from core.assignment import bucket, in_range, share_end
from tests.ui.command_line import CommandLine
from warehouse.catalog import BUILT_IN

KEY = "upgrade_nudge"


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _write(cli: CommandLine, sql: str) -> None:
    with duckdb.connect(str(cli.workspace / "warehouse.duckdb")) as warehouse:
        warehouse.execute(sql)


def _agree(cli: CommandLine, whom: str = "TRUE", status: str = "granted", days: int = 9) -> None:
    _write(
        cli,
        f"""
        INSERT INTO fct_consent BY NAME
        SELECT user_id, 'advertising' AS purpose, 'ads' AS channel, '{status}' AS status,
            TIMESTAMP '2026-06-20' - INTERVAL {days} DAY AS effective_at,
            TIMESTAMP '2026-06-20' AS observed_at, 'test' AS source
        FROM dim_users WHERE {whom}
        """,
    )


def _audience(cli: CommandLine) -> set[str]:
    return set(cli.json("rules", "audience", KEY, "--ids")["user_ids"])


def _export(cli: CommandLine, out: str, *more: str, vendor: str = "google") -> dict[str, Any]:
    folder = str(cli.workspace / out)
    found: dict[str, Any] = cli.json(
        "export", "audience", KEY, "--for", vendor, "--out", folder, *more
    )
    return found


def _rows(cli: CommandLine, out: str, name: str = "audience.csv") -> list[dict[str, str]]:
    with (cli.workspace / out / name).open(newline="") as file:
        return list(csv.DictReader(file))


def _emails(cli: CommandLine) -> dict[str, str]:
    return dict(cli.rows("SELECT user_id, email FROM dim_users WHERE email IS NOT NULL"))


def _held_out(cli: CommandLine, users: set[str], salt: str, share: float) -> set[str]:
    """Of users, those in a holdout, by themselves or by an id that was merged into them."""
    merged = dict(cli.rows("SELECT user_id, merged_into FROM dim_users WHERE merged_into <> ''"))
    units = {user: user for user in users}
    for former in merged:
        person = former
        while person in merged:
            person = merged[person]
        units[former] = person
    end = share_end(share)
    return {
        person
        for unit, person in units.items()
        if person in users and in_range(bucket(salt, unit), "00000000", end)
    }


def _of_all(cli: CommandLine) -> set[str]:
    return _held_out(cli, _audience(cli), "global", 0.02)


def _of_rule(cli: CommandLine) -> set[str]:
    holdout = cli.json("rules", "show", KEY)["artifact"]["holdout"]
    return _held_out(cli, _audience(cli), holdout["salt"], holdout["share"])


def test_nobody_is_exported_without_a_word_on_advertising(ruled: CommandLine) -> None:
    found = _export(ruled, "out")

    assert found["exported_users"] == 0
    assert set(found["left_out"]) == {"CONSENT_UNKNOWN", "HELD_OUT_GLOBAL"}
    assert sum(found["left_out"].values()) == found["audience_size"]
    assert _rows(ruled, "out") == []


def test_who_agreed_and_is_not_held_out_is_exported_as_a_hash(ruled: CommandLine) -> None:
    _agree(ruled)
    everybody, emails = _audience(ruled), _emails(ruled)
    of_all, of_rule = _of_all(ruled), _of_rule(ruled)

    found = _export(ruled, "out")

    told = {_sha(emails[user]) for user in everybody - of_all - of_rule if user in emails}
    assert {row["Email"] for row in _rows(ruled, "out")} == told
    assert found["left_out"]["HELD_OUT_GLOBAL"] == len(of_all) > 0
    assert found["left_out"]["HELD_OUT_POLICY"] == len(of_rule - of_all) > 0
    assert found["exported_users"] + sum(found["left_out"].values()) == len(everybody)


def test_whoever_took_consent_back_is_left_out(ruled: CommandLine) -> None:
    _agree(ruled)
    _agree(ruled, "user_id < 'u0001000'", status="withdrawn", days=1)

    found = _export(ruled, "out")

    expected = {user for user in _audience(ruled) - _of_all(ruled) if user < "u0001000"}
    assert found["left_out"]["NO_CONSENT"] == len(expected)


def test_no_personal_data_is_in_any_file(ruled: CommandLine) -> None:
    _agree(ruled)
    for vendor in ("google", "meta", "ndjson"):
        _export(ruled, f"out-{vendor}", vendor=vendor)

    texts = [file.read_text() for file in ruled.workspace.glob("out-*/*")]

    assert len(texts) == 6
    users = [word for pair in _emails(ruled).items() for word in pair]
    assert not [text for text in texts if "@" in text or any(word in text for word in users)]


def test_the_same_data_gives_the_same_bytes(ruled: CommandLine) -> None:
    _agree(ruled)

    first, second = _export(ruled, "one"), _export(ruled, "two")

    assert first == second
    for name in ("audience.csv", "manifest.json"):
        one, two = (ruled.workspace / folder / name for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_the_manifest_says_what_is_in_the_folder(ruled: CommandLine) -> None:
    _agree(ruled)

    found = _export(ruled, "out")

    assert json.loads((ruled.workspace / "out" / "manifest.json").read_text()) == found
    content = (ruled.workspace / "out" / "audience.csv").read_bytes()
    file = found["files"]["audience.csv"]
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert file["rows"] == content.count(b"\n") - 1
    assert (found["version"], found["as_of"]) == (1, "2026-06-29T00:00:00")
    assert found["columns"] == [{"name": "Email", "hashed": True}]


@pytest.mark.parametrize("vendor", ["google", "meta", "ndjson"])
def test_what_changed_since_an_earlier_export_is_written_beside_it(
    ruled: CommandLine, vendor: str
) -> None:
    _agree(ruled)
    before = _export(ruled, "one", vendor=vendor)
    users = sorted((_audience(ruled) - _of_all(ruled) - _of_rule(ruled)) & set(_emails(ruled)))
    _agree(ruled, f"user_id = '{users[0]}'", status="withdrawn", days=1)
    _write(ruled, f"UPDATE dim_users SET email = 'new@x.org' WHERE user_id = '{users[1]}'")

    after = _export(ruled, "two", "--since", str(ruled.workspace / "one"), vendor=vendor)

    suffix = "ndjson" if vendor == "ndjson" else "csv"
    counts = {name: file["rows"] for name, file in after["files"].items()}
    assert counts[f"audience.{suffix}"] == before["files"][f"audience.{suffix}"]["rows"] - 1
    assert (counts[f"added.{suffix}"], counts[f"removed.{suffix}"]) == (1, 2)
    assert _sha("new@x.org") in (ruled.workspace / "two" / f"added.{suffix}").read_text()
    assert after["since"] == {"as_of": before["as_of"], "version": 1}


def test_what_is_no_earlier_export_is_refused_and_leaves_nothing(ruled: CommandLine) -> None:
    _agree(ruled)
    _export(ruled, "one")
    _export(ruled, "meta", vendor="meta")
    (ruled.workspace / "torn").mkdir()
    _export(ruled, "edited")
    with (ruled.workspace / "edited" / "audience.csv").open("a") as file:
        file.write("0\n")

    for folder, why in (("torn", "manifest"), ("meta", "'for' is meta"), ("edited", "is not what")):
        done = ruled(
            *("export", "audience", KEY, "--for", "google"),
            *("--out", str(ruled.workspace / "two"), "--since", str(ruled.workspace / folder)),
        )
        assert done.status == 1
        assert why in done.err
        assert not list(ruled.workspace.glob("*two*"))
    assert (
        _export(ruled, "two", "--since", str(ruled.workspace / "one"))["files"]["added.csv"]["rows"]
        == 0
    )


def test_no_export_is_written_over_another(ruled: CommandLine) -> None:
    _export(ruled, "out")

    done = ruled("export", "audience", KEY, "--for", "meta", "--out", str(ruled.workspace / "out"))

    assert done.status == 1
    assert "is there already" in done.err
    nowhere = ruled.workspace / "out" / "manifest.json" / "out"
    done = ruled("export", "audience", KEY, "--for", "meta", "--out", str(nowhere))
    assert done.status == 1
    assert "No folder can be made" in done.err


def test_only_an_approver_or_an_admin_exports_and_it_is_on_record(ruled: CommandLine) -> None:
    out = str(ruled.workspace / "out")

    refused = ruled("export", "audience", KEY, "--for", "google", "--out", out, "--as", "mara@demo")
    assert refused.status == 1
    assert "mara@demo may not export" in refused.err
    assert not Path(out).exists()

    _export(ruled, "out", "--as", "ada@demo")
    last = ruled.json("audit", "list")[-1]
    assert (last["who"], last["what"], last["subject"]) == ("ada@demo", "export audience", KEY)
    assert ruled("audit", "verify").status == 0


def test_what_is_not_live_is_not_exported(ruled: CommandLine) -> None:
    out = ("--for", "google", "--out", str(ruled.workspace / "out"))

    assert "No rule 'nobody' is live" in ruled("export", "audience", "nobody", *out).err
    ruled("kill", "--policy", KEY, "--reason", "a mistake")
    assert "A kill switch stops" in ruled("export", "audience", KEY, *out).err
    ruled("unkill", "--policy", KEY)
    ruled("rules", "pause", KEY)
    assert "is paused" in ruled("export", "audience", KEY, *out).err
    assert not (ruled.workspace / "out").exists()


def test_without_a_word_on_advertising_in_the_catalog_nothing_is_exported(
    ruled: CommandLine,
) -> None:
    folder = ruled.workspace / "catalog"
    shutil.copytree(BUILT_IN / "workout_app", folder)
    (folder / "advertising.yaml").unlink()
    (ruled.workspace / "pilothouse.toml").write_text(f'catalog = "{folder}"\n')

    out = str(ruled.workspace / "out")
    done = ruled("export", "audience", KEY, "--for", "google", "--out", out)

    assert done.status == 1
    assert "advertising.yaml" in done.err
