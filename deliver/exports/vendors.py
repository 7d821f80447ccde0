"""What each paid channel reads: which columns, under which names, and which of them are hashes."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from core.advertising import Identifier

VendorName = Literal["google", "meta", "ndjson"]
VENDORS: tuple[VendorName, ...] = get_args(VendorName)


class Column(NamedTuple):
    """One column of a file."""

    name: str
    identifier: Identifier
    hashed: bool = True


class Vendor(NamedTuple):
    """A format, and the version of the rules by which values are written before they are hashed."""

    name: VendorName
    rules: str
    suffix: Literal["csv", "ndjson"]
    columns: tuple[Column, ...]
    whole: frozenset[Identifier] = frozenset()
    """Identifiers that count only together."""


GOOGLE = Vendor(
    "google",
    "google-customer-match-1",
    "csv",
    (
        Column("Email", "email"),
        Column("Phone", "phone"),
        Column("First Name", "first_name"),
        Column("Last Name", "last_name"),
        Column("Country", "country", hashed=False),
        Column("Zip", "zip", hashed=False),
    ),
    whole=frozenset({"first_name", "last_name", "country", "zip"}),
)
META = Vendor(
    "meta",
    "meta-customer-list-1",
    "csv",
    (
        Column("email", "email"),
        Column("phone", "phone"),
        Column("fn", "first_name"),
        Column("ln", "last_name"),
        Column("ct", "city"),
        Column("st", "state"),
        Column("zip", "zip"),
        Column("country", "country"),
    ),
)
NDJSON = Vendor(
    "ndjson",
    "plain-1",
    "ndjson",
    tuple(Column(f"{identifier}_sha256", identifier) for identifier in get_args(Identifier)),
)
BY_NAME: dict[str, Vendor] = {vendor.name: vendor for vendor in (GOOGLE, META, NDJSON)}


def columns_of(vendor: Vendor, known: frozenset[Identifier]) -> tuple[Column, ...]:
    """The columns that a catalog can fill; of those that count together all or none."""
    left_out = vendor.whole if not vendor.whole <= known else frozenset[Identifier]()
    return tuple(
        one for one in vendor.columns if one.identifier in known and one.identifier not in left_out
    )
