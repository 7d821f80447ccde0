"""From somebody's tables to a draft: which part each plays, why, and what it is unsure of."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from core.errors import Code, PilothouseError
from tests.warehouse.introspect.shapes import (
    GERMAN,
    LOG_OF_MILLISECONDS,
    ONE_TABLE,
    STAR,
    USERS_ALONE,
    make,
)
from warehouse.catalog import Catalog, load_catalog
from warehouse.introspect import Choice, Draft, draft_catalog, write_draft


def drafted(folder: Path, sql: str, **named: str) -> tuple[Draft, Catalog]:
    """The draft of a shape, and the catalog that its files load as."""
    draft = draft_catalog(make(folder, sql), folder, **named)
    write_draft(draft, folder / "catalog")
    return draft, load_catalog(folder / "catalog")


def about(draft: Draft, what: str) -> Choice:
    """What was decided about one thing."""
    return next(choice for choice in draft.choices if choice.about == what)


# One log with properties as JSON and times as milliseconds.


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[Draft, Catalog]:
    return drafted(tmp_path_factory.mktemp("log"), LOG_OF_MILLISECONDS)


def test_users_are_found_by_name_by_what_refers_to_them_and_by_their_addresses(
    log: tuple[Draft, Catalog],
) -> None:
    choice = about(log[0], "users")

    assert (choice.value, choice.confidence) == ("users", "high")
    assert len(choice.reasons) == 3


def test_a_log_names_its_own_events_and_their_properties(log: tuple[Draft, Catalog]) -> None:
    events = log[1].events

    assert set(events) == {"Login", "Document Created", "Document Shared", "Subscription Purchased"}
    assert "create a document" in events["Document Created"].phrases
    assert events["Login"].properties["seats"].type == "integer"
    assert set(events["Login"].properties["source"].values or ()) == {"web", "app"}


def test_numbers_of_milliseconds_and_seconds_are_times_for_a_person_to_confirm(
    log: tuple[Draft, Catalog],
) -> None:
    draft, catalog = log

    assert "milliseconds since 1970" in about(draft, "events time").reasons[1]
    assert about(draft, "events time") in draft.to_confirm
    assert catalog.tables["users"].columns["created"].type == "timestamp"


def test_without_a_word_on_consent_nobody_is_written_to_and_that_is_said(
    log: tuple[Draft, Catalog],
) -> None:
    choice = about(log[0], "consent")

    assert choice.confidence == "low"
    assert "marketing reaches nobody" in choice.reasons[0]


def test_a_table_with_a_name_of_ours_gets_another_one(log: tuple[Draft, Catalog]) -> None:
    draft, catalog = log

    assert "team_events" in draft.views
    assert catalog.layout.events.table == "events"
    assert catalog.layout.users.zone == "tz"


def test_the_order_in_which_people_do_things_is_a_guess_and_says_so(
    log: tuple[Draft, Catalog],
) -> None:
    draft, catalog = log

    assert catalog.funnels["conversion_funnel"].steps[-1] == "Subscription Purchased"
    assert about(draft, "funnel").confidence == "low"


# A star of facts and dimensions, in camel case.


def test_a_star_schema_is_read_by_what_its_tables_are(tmp_path: Path) -> None:
    draft, catalog = drafted(tmp_path, STAR)

    assert about(draft, "users").value == "dim_customer"
    assert about(draft, "users.key").value == "customerKey"
    assert catalog.layout.users.key == "customer_key"
    assert set(catalog.events) == {"sale_made"}
    assert "buy" in catalog.events["sale_made"].phrases
    assert catalog.entities["sale"].user == "customer_key"
    assert "20260131" in about(draft, "fact_sales.dateKey").reasons[0]


def test_a_yes_or_no_of_letters_is_consent_and_its_missing_date_is_asked(tmp_path: Path) -> None:
    draft, catalog = drafted(tmp_path, STAR)

    assert catalog.tables["dim_customer"].columns["marketing_consent"].type == "boolean"
    assert about(draft, "consent").confidence == "low"


# Names in another language.


def test_names_in_another_language_are_read_by_their_values_and_asked(tmp_path: Path) -> None:
    draft, catalog = drafted(tmp_path, GERMAN)

    users = about(draft, "users")
    assert (users.value, users.confidence) == ("kunden", "low")
    assert users in draft.to_confirm
    assert about(draft, "bestellungen events").confidence == "low"
    assert catalog.tables["bestellungen"].columns["groesse"].type == "number"


def test_personal_data_is_classed_whatever_language_its_name_is_in(tmp_path: Path) -> None:
    columns = drafted(tmp_path, GERMAN)[1].tables["kunden"].columns

    classes = {name: column.data_class for name, column in columns.items()}
    assert classes["vorname"] == classes["mailadresse"] == "personal"
    assert classes["geburtsdatum"] == "protected"
    assert classes["angelegt"] == "public"


def test_every_unsure_choice_stands_in_the_files_as_a_question(tmp_path: Path) -> None:
    draft, _ = drafted(tmp_path, GERMAN)

    written = " ".join(
        " ".join(file.read_text().replace("#", "").split())
        for file in (tmp_path / "catalog").glob("*.yaml")
    )
    for choice in draft.to_confirm:
        assert f"confirm: {choice.about} is" in written, choice


# What a person says goes before what the draft thinks.


def test_a_table_that_a_person_names_is_taken_for_users(tmp_path: Path) -> None:
    draft, catalog = drafted(tmp_path, GERMAN, users="kunden")

    assert about(draft, "users").reasons == ("you named it",)
    assert catalog.layout.users.table == "kunden"


def test_a_table_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(PilothouseError) as refused:
        draft_catalog(make(tmp_path, GERMAN), tmp_path, users="customers")

    assert refused.value.refusal.code == Code.UNKNOWN_TABLE
    assert "kunden" in (refused.value.refusal.fix or "")


# What cannot be drafted.


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://shop", Code.INVALID_ARGUMENT),
        ("duckdb:///nowhere.duckdb", Code.WAREHOUSE_MISSING),
        ("duckdb:///notes.txt", Code.WAREHOUSE_MISSING),
        ("duckdb:///empty.duckdb", Code.WAREHOUSE_MISSING),
    ],
)
def test_a_warehouse_that_cannot_be_read_is_refused_plainly(
    tmp_path: Path, url: str, code: Code
) -> None:
    (tmp_path / "notes.txt").write_text("no database, but quite a long text " * 50)
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()

    with pytest.raises(PilothouseError) as refused:
        draft_catalog(url, tmp_path)

    assert refused.value.refusal.code == code
    assert refused.value.refusal.fix


def test_tables_without_users_are_refused_with_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(PilothouseError, match="looks like users"):
        draft_catalog(make(tmp_path, ONE_TABLE), tmp_path)


def test_users_without_anything_they_did_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PilothouseError, match="there are no events"):
        draft_catalog(make(tmp_path, USERS_ALONE), tmp_path)


def test_a_draft_never_replaces_what_a_person_wrote(tmp_path: Path) -> None:
    draft, _ = drafted(tmp_path, STAR)

    with pytest.raises(PilothouseError, match="is not empty"):
        write_draft(draft, tmp_path / "catalog")


def test_the_same_tables_give_the_same_files(tmp_path: Path) -> None:
    url = make(tmp_path, LOG_OF_MILLISECONDS)
    for name in ("one", "two"):
        write_draft(draft_catalog(url, tmp_path), tmp_path / name)

    texts = [
        {file.name: file.read_text() for file in (tmp_path / name).rglob("*.*")}
        for name in ("one", "two")
    ]
    assert texts[0] == texts[1]


# What would count twice, and who does not count.


def test_a_second_log_of_the_same_events_is_left_out_and_named(tmp_path: Path) -> None:
    twice = f"{LOG_OF_MILLISECONDS}; CREATE TABLE raw_events AS FROM events"

    draft, _ = drafted(tmp_path, twice)

    choice = about(draft, "events events")
    assert choice.confidence == "medium"
    assert choice.alternatives == ("raw_events",)
    assert "raw_events" not in (tmp_path / "catalog" / "views" / "events.sql").read_text()


def test_a_log_of_other_events_is_read_as_well(tmp_path: Path) -> None:
    web = (
        "CREATE TABLE web_events AS SELECT user_id, ts, 'Page Seen' AS event FROM events LIMIT 900"
    )

    left = "INSERT INTO web_events VALUES ('u-1', 1751000000000, 'Page Left')"

    _, catalog = drafted(tmp_path, f"{LOG_OF_MILLISECONDS}; {web}; {left}")

    assert {"Login", "Page Seen"} <= set(catalog.events)


@pytest.mark.parametrize(
    ("column", "canonical"),
    [
        ("CASE WHEN n % 7 = 0 THEN 'u-1' END AS merged_into", "merged_into IS NULL"),
        ("n % 9 = 0 AS is_deleted", "NOT COALESCE(is_deleted, FALSE)"),
    ],
)
def test_who_was_merged_or_deleted_does_not_count(
    tmp_path: Path, column: str, canonical: str
) -> None:
    shape = LOG_OF_MILLISECONDS.replace("AS created\n", f"AS created, {column}\n")

    draft, catalog = drafted(tmp_path, shape)

    assert catalog.layout.users.canonical == canonical
    assert about(draft, "users canonical") in draft.to_confirm
