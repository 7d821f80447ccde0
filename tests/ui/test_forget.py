"""``pilothouse forget``: a person planted everywhere is gone everywhere, and stays gone."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
import sqlalchemy as sa
import yaml

from control.delivery_tables import dispatches
from control.store import open_store
from tests.ui.command_line import CommandLine
from tests.ui.on_their_way import plant_messages

USER, OLD_USER, DEVICE = "zoe-user-7731", "zoe-old-1188", "zoe-device-55f2"
EMAIL, OTHER = "zoë.quux@example.com", "someone-else-42"
PHONE = "+49 151 7731 1188"
IDENTIFIERS = (USER, OLD_USER, DEVICE, EMAIL)
SHAPES = {
    shape
    for one in IDENTIFIERS
    for shape in (
        one.encode(),
        json.dumps(one)[1:-1].encode(),
        base64.b64encode(one.encode()).rstrip(b"="),
    )
} | {PHONE.encode()}
PROMPT = f"Why did conversion drop on iOS this week? Ask {USER} as well."


def track(message: str, **changes: Any) -> dict[str, Any]:
    usual = {"type": "track", "event": "workout_completed", "messageId": message}
    properties = {"workout_type": "yoga", "duration_seconds": 60}
    return usual | {"userId": OTHER, "properties": properties} | changes


EVENTS: list[Any] = [
    track("z1", userId=None, anonymousId=DEVICE),
    {
        "type": "identify", "messageId": "z2", "userId": USER, "anonymousId": DEVICE,
        "traits": {"email": EMAIL, "phone": PHONE},
    },
    track("z3", userId=USER, anonymousId=DEVICE),
    {"type": "alias", "messageId": "z4", "previousId": OLD_USER, "userId": USER},
    track("z5", userId=OLD_USER),
    track("z6", userId=USER, event="swim_completed"),
    {"type": "track", "userId": USER, "messageId": "z7"},
    track("o1", properties={"workout_type": "run", "duration_seconds": 1, "with": USER}),
    track("o2"),
]  # fmt: skip


def sent(cli: CommandLine, folder: Path, events: list[Any]) -> dict[str, Any]:
    """Events as a file that lies outside the workspace."""
    folder.mkdir(exist_ok=True)
    file = folder / "events.ndjson"
    lines = [event if isinstance(event, str) else json.dumps(event) for event in events]
    file.write_text("\n".join(lines) + "\n")
    loaded: dict[str, Any] = cli.json("collect", "import", str(file))
    return loaded


def imported(cli: CommandLine, folder: Path, table: str, text: str) -> dict[str, Any]:
    file = folder / f"{table}.csv"
    file.write_text(text)
    (done,) = cli("import", table, str(file), "--json").document
    return dict(done)


TICKETS = (
    "id,user_id,created_at,csat,reason\n"
    f"t1,{USER},2026-06-01,5,bug\nt2,{OTHER},2026-06-01,5,about {EMAIL}\n"
    f"t3,{USER},2026-06-01,{USER},bug\nt4,{OTHER},tomorrow,5,bug\n"
)


@pytest.fixture(scope="session")
def planted_workspace(demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The person in every place that a workspace has; copy it before changing anything."""
    outside = tmp_path_factory.mktemp("outside")
    cli = CommandLine(outside.parent / f"{outside.name}-workspace")
    shutil.copytree(demo_workspace, cli.workspace)
    routing = {"crm": {"events": {"workout_completed": ["workout_type"]}, "history": True}}
    (cli.workspace / "routing.yaml").write_text(yaml.safe_dump({"destinations": routing}))
    sent(cli, outside, [*EVENTS, f"no json of {EMAIL}"])
    imported(cli, outside, "fct_support", TICKETS)
    cli("routing", "run")
    cli("kill", "--channel", "sms", "--reason", f"{EMAIL} complained")
    cli("ask", PROMPT)
    with duckdb.connect(str(cli.workspace / "warehouse.duckdb")) as warehouse:
        warehouse.execute("CREATE SCHEMA models_test")
        warehouse.execute(
            "CREATE TABLE models_test.score__v1 AS SELECT UNNEST([$1, $2]) AS user_id, 1 AS score",
            [USER, OTHER],
        )
        warehouse.execute(
            """
            CREATE TABLE old_notes AS SELECT UNNEST([$1, $2]) AS note, [$3, 'x'] AS names,
                {'who': 'nobody'} AS about
            """,
            [f"{USER} and {USER} called", "nothing", OTHER],
        )
        warehouse.execute(
            "CREATE TABLE lists AS SELECT 1 AS id, [$1, $2] AS members", [USER, OTHER]
        )
    mail = cli.workspace / "mailbox" / "2026-06-29"
    mail.mkdir(parents=True)
    (mail / "a.eml").write_text(f"To: {EMAIL.replace('example', 'EXAMPLE')}\n\nHi")
    (mail / "b.eml").write_text(f"To: {OTHER}@example.com\n\nHi")
    store = open_store(f"sqlite:///{cli.workspace}/control.db")
    plant_messages(store, USER, EMAIL, other=OTHER)
    store.close()
    letters = cli.workspace / "offline" / "letters" / "2026-06-29"
    letters.mkdir(parents=True)
    rows = f'reference,address,text\nm1,{EMAIL},"Dear\nyou"\nm2,{OTHER},Dear you\n'
    (letters / "a.csv").write_text(rows)
    (letters / ".b.making").write_text(rows)
    (cli.workspace / "server.log").write_text(f'{{"user": "{USER}"}}\n{{"user": "{OTHER}"}}\n')
    return cli.workspace


@pytest.fixture
def planted(planted_workspace: Path, tmp_path: Path, plain_environment: object) -> CommandLine:
    """A workspace of the test's own, with the person in every place."""
    return CommandLine(Path(shutil.copytree(planted_workspace, tmp_path / "workspace")))


def traces(folder: Path) -> list[str]:
    """Every file with a byte of the person, in any shape, and every table with a mention."""
    found = [
        str(file.relative_to(folder))
        for file in folder.rglob("*")
        if file.is_file() and _holds(file.read_bytes())
    ]
    for file in [*folder.rglob("*.duckdb")]:
        with duckdb.connect(str(file), read_only=True) as opened:
            tables = opened.execute(
                "SELECT schema_name, table_name FROM duckdb_tables()"
            ).fetchall()
            for schema, table in tables:
                text = str(opened.execute(f'SELECT * FROM "{schema}"."{table}"').fetchall())
                found += [f"{file.name}/{table}"] if _holds(text.encode()) else []
    return sorted(found)


def _holds(content: bytes) -> bool:
    lower = content.lower()
    return any(shape in content or shape.lower() in lower for shape in SHAPES)


class Forgotten(NamedTuple):
    """A workspace in which the person was forgotten, and what was there before."""

    cli: CommandLine
    traces_before: list[str]
    events_before: list[tuple[Any, ...]]
    receipt: dict[str, Any]


OF_OTHERS = "SELECT COUNT(*) FROM fct_events WHERE user_id LIKE 'u%'"


@pytest.fixture(scope="session")
def forgotten(planted_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Forgotten:
    """Tests only read it."""
    folder = tmp_path_factory.mktemp("forgotten") / "workspace"
    cli = CommandLine(Path(shutil.copytree(planted_workspace, folder)))
    before = traces(folder), cli.rows(OF_OTHERS)
    return Forgotten(cli, *before, cli.json("forget", EMAIL, "--reason", f"{EMAIL} asked us to"))


def test_no_byte_of_a_forgotten_person_is_left_anywhere(forgotten: Forgotten) -> None:
    before, receipt = forgotten.traces_before, forgotten.receipt
    files = ("control.db", "checkpoints.db", "server.log")
    for place in (*files, "mailbox/", "log/", "routed/", "rejected/", "offline/"):
        assert any(one.startswith(place) for one in before), place
    assert {"warehouse.duckdb/raw_events", "warehouse.duckdb/score__v1"} <= {*before}

    assert traces(forgotten.cli.workspace) == []
    assert receipt["found"] == []
    assert receipt["identifiers"] >= len(IDENTIFIERS)
    assert receipt["removed"]["raw_log"] == {"lines": 8, "mentions": 1}
    assert {"raw_log", "warehouse", "control", "checkpoints", "files"} <= {*receipt["removed"]}
    control = receipt["removed"]["control"]
    told_of = {"outbox": 1, "mailbox": 1, "inbox": 1, "dispatches": 1, "receipts": 2}
    assert control | told_of == control


def test_of_messages_on_their_way_only_those_to_others_are_left(forgotten: Forgotten) -> None:
    store = open_store(f"sqlite:///{forgotten.cli.workspace}/control.db")
    with store.read() as connection:
        left = connection.execute(
            sa.select(dispatches.c.intent_id, dispatches.c.detail).order_by("intent_id")
        ).all()
    store.close()

    assert [row.intent_id for row in left] == ["of-other"]
    assert "went together with a message to" in left[0].detail
    lists = forgotten.cli.workspace / "offline"
    assert [file.name for file in lists.rglob("*") if file.is_file()] == ["a.csv"]
    (file,) = lists.rglob("*.csv")
    assert file.read_text().splitlines() == ["reference,address,text", f"m2,{OTHER},Dear you"]


def test_what_is_about_others_stays(forgotten: Forgotten) -> None:
    cli = forgotten.cli

    theirs = "SELECT message_id FROM raw_events WHERE user_id = 'someone-else-42' ORDER BY 1"
    assert cli.rows(theirs) == [("o1",), ("o2",)]
    tickets = "SELECT ticket_id, ticket_reason FROM fct_support WHERE user_id LIKE 's%'"
    assert cli.rows(tickets) == [("t2", "about ")]
    assert cli.rows("SELECT user_id FROM models_test.score__v1") == [(OTHER,)]
    assert cli.rows("SELECT note FROM old_notes") == [(" and  called",), ("nothing",)]
    assert cli.rows(OF_OTHERS) == forgotten.events_before
    assert [file.name for file in (cli.workspace / "mailbox").rglob("*.eml")] == ["b.eml"]
    assert OTHER in (cli.workspace / "server.log").read_text()
    (rejected,) = (cli.workspace / "rejected").iterdir()
    assert rejected.read_text().splitlines()[1].startswith("5,")
    assert cli.json("audit", "verify")["intact"] is True
    assert cli("rules", "list").status == 0


def test_nothing_brings_a_forgotten_person_back(planted: CommandLine, tmp_path: Path) -> None:
    planted.json("forget", DEVICE, "--reason", "asked")
    ledger = planted.json("collect", "ledger")

    again = sent(planted, tmp_path / "outside", [*EVENTS[:7], track("o3")])
    clean = TICKETS.replace(f"about {EMAIL}", "bug")
    tickets = imported(planted, tmp_path / "outside", "fct_support", clean)
    reprocessed = planted("reprocess")

    assert (again["suppressed"], again["stored"]) == (7, 1)
    assert (tickets["counts"]["inserted"], tickets["counts"]["rejected"]) == (0, 3)
    assert reprocessed.status == 0
    assert traces(planted.workspace) == []
    for totals in ledger:
        outcomes = ("stored", "duplicate", "dead_letter", "suppressed")
        assert totals["received"] == sum(totals[name] for name in outcomes)


def test_forgetting_again_changes_nothing_and_the_unknown_are_refused(
    forgotten: Forgotten, tmp_path: Path
) -> None:
    cli = CommandLine(Path(shutil.copytree(forgotten.cli.workspace, tmp_path / "workspace")))

    again = cli.json("forget", USER, "--reason", "asked again")
    nobody = cli("forget", "nobody-at-all-9", "--reason", "x")

    assert again["removed"] == {place: {} for place in again["removed"]}
    assert (nobody.status, nobody.err.split(":")[0]) == (1, "UNKNOWN_USER")
    listed = cli.json("forget", "--list")
    assert [one["state"] for one in listed] == ["done", "done"]
    assert not _holds(json.dumps(listed).encode())


def test_only_an_admin_makes_somebody_forgotten_and_members_are_not(cli: CommandLine) -> None:
    marketer = cli("forget", "u0000001", "--reason", "x", "--as", "mara@demo")
    member = cli("forget", "mara@demo", "--reason", "x")

    assert marketer.err.startswith("NOT_ALLOWED")
    assert member.err.startswith("INVALID_ARGUMENT")
    assert cli("forget", "u0000001").status == 2
    assert cli("forget", "--list").out == "Nobody was forgotten yet.\n"


def test_somebody_whom_only_a_list_of_users_knows_is_found_by_their_address(
    cli: CommandLine, tmp_path: Path
) -> None:
    imported(
        cli, tmp_path, "dim_users", "id,email\ncrm-user-1,Crm.One@example.com\nx,y@z.example\n"
    )

    receipt = cli.json("forget", "crm.one@example.com", "--reason", "asked")

    assert receipt["removed"]["warehouse"]["dim_users"] == 1
    assert receipt["found"] == []
    again = imported(cli, tmp_path, "dim_users", "id,email\nother,CRM.one@example.com\n")
    assert again["counts"]["rejected"] == 1
    assert "example.com" not in Path(again["rejected_file"]).read_text()


def test_a_user_of_the_demo_is_gone_from_every_table(cli: CommandLine) -> None:
    (email,) = cli.rows("SELECT email FROM dim_users WHERE user_id = 'u0000100'")[0]

    receipt = cli.json("forget", "u0000100", "--reason", "asked")

    assert receipt["removed"]["warehouse"]["dim_users"] >= 1
    assert cli.rows("SELECT 1 FROM dim_users WHERE user_id = 'u0000100'") == []
    everything = b"".join(file.read_bytes() for file in cli.workspace.rglob("*") if file.is_file())
    assert b"u0000100" not in everything
    assert email is None or email.encode() not in everything
    with sqlite3.connect(cli.workspace / "control.db") as control:
        assert "u0000100" not in "\n".join(control.iterdump())
