"""How identifiers are written before they are hashed, as each vendor says."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pytest

from core.advertising import Identifier
from deliver.exports import selecting
from deliver.exports.vendors import BY_NAME, VENDORS, columns_of

SQL = Path(selecting.__file__).parent / "sql"
EMPTY = {
    "email": None,
    "phone": None,
    "first_name": None,
    "last_name": None,
    "country": None,
    "zip": None,
    "city": None,
    "state": None,
}


def _told(vendor: str, **known: str) -> dict[str, object]:
    """The one row that a vendor would read of a person."""
    with duckdb.connect() as engine:
        columns = ", ".join(f"CAST(${name} AS VARCHAR) AS {name}" for name in EMPTY)
        engine.execute(f"CREATE TEMP TABLE contacts AS SELECT {columns}", EMPTY | known)
        engine.execute((SQL / "reading.sql").read_text())
        found = engine.execute((SQL / f"{vendor}.sql").read_text())
        names = [column[0] for column in found.description or ()]
        (row,) = found.fetchall()
    return dict(zip(names, row, strict=True))


def _sha(text: str | None) -> str | None:
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("raw", "google", "meta"),
    [
        (" Jo.Doe@Gmail.com ", "jodoe@gmail.com", "jo.doe@gmail.com"),
        ("jo.doe+x@googlemail.com", "jodoe+x@googlemail.com", "jo.doe+x@googlemail.com"),
        ("Jo.Doe@Example.com", "jo.doe@example.com", "jo.doe@example.com"),
        ("zoë@ÉCOLE.fr", "zoë@école.fr", "zoë@école.fr"),
        ("jo doe@example.com", "jodoe@example.com", "jodoe@example.com"),
        ("no address", None, None),
        ("a@b", None, None),
        ("a@b@c.org", None, None),
        ("", None, None),
    ],
)
def test_an_address_is_trimmed_lowered_and_for_google_without_the_points_of_gmail(
    raw: str, google: str | None, meta: str | None
) -> None:
    assert _told("google", email=raw)["Email"] == _sha(google)
    assert _told("meta", email=raw)["email"] == _sha(meta)
    assert _told("ndjson", email=raw)["email_sha256"] == _sha(meta)


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("+44 20 7946 0958", "+442079460958"),
        ("0044 (20) 7946-0958", "+442079460958"),
        ("+1.212.555.0100", "+12125550100"),
        ("020 7946 0958", None),
        ("+0441234567", None),
        ("+12345", None),
        ("+1234567890123456", None),
        ("call me", None),
    ],
)
def test_a_phone_number_is_e164_and_for_meta_without_its_plus_sign(
    raw: str, number: str | None
) -> None:
    assert _told("google", phone=raw)["Phone"] == _sha(number)
    assert _told("ndjson", phone=raw)["phone_sha256"] == _sha(number)
    assert _told("meta", phone=raw)["phone"] == _sha(number and number[1:])


def test_google_reads_an_address_whole_with_country_and_code_as_they_are() -> None:
    whole = {"first_name": " Zoë ", "last_name": "O'Neil", "country": "gb", "zip": " sw1a  1aa"}

    told = _told("google", **whole)

    assert told["First Name"] == _sha("zoë")
    assert told["Last Name"] == _sha("o'neil")
    assert (told["Country"], told["Zip"], told["matchable"]) == ("GB", "SW1A 1AA", True)
    partly = _told("google", **(whole | {"zip": " "}))
    assert not any(partly.values())


def test_meta_reads_names_and_places_without_punctuation_and_all_of_it_as_hashes() -> None:
    told = _told(
        "meta",
        first_name="Anne-Marie",
        last_name=" O'Neil",
        city="St. John's",
        state="N.Y.",
        zip="10001-1234",
        country="US",
    )

    assert told == {
        "email": None,
        "phone": None,
        "fn": _sha("annemarie"),
        "ln": _sha("oneil"),
        "ct": _sha("stjohns"),
        "st": _sha("ny"),
        "zip": _sha("10001"),
        "country": _sha("us"),
        "matchable": True,
    }


@pytest.mark.parametrize("vendor", VENDORS)
def test_whom_nothing_identifies_is_nobody(vendor: str) -> None:
    assert not _told(vendor, country="United Kingdom", first_name="Jo")["matchable"]


def test_a_file_has_the_columns_that_the_catalog_can_fill() -> None:
    known: frozenset[Identifier] = frozenset({"email", "country", "first_name"})

    assert [one.name for one in columns_of(BY_NAME["google"], known)] == ["Email"]
    assert [one.name for one in columns_of(BY_NAME["meta"], known)] == ["email", "fn", "country"]
    whole = known | {"last_name", "zip"}
    names = ["Email", "First Name", "Last Name", "Country", "Zip"]
    assert [one.name for one in columns_of(BY_NAME["google"], whole)] == names


def test_every_column_is_a_hash_but_the_two_that_google_wants_as_they_are() -> None:
    plain = {
        (name, column.name)
        for name, vendor in BY_NAME.items()
        for column in vendor.columns
        if not column.hashed
    }

    assert plain == {("google", "Country"), ("google", "Zip")}
