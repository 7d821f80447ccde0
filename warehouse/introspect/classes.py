"""How delicate a column is: by its name in several languages, and by what its values look like."""

from __future__ import annotations

from typing import NamedTuple

from warehouse.catalog import DataClass
from warehouse.introspect.choices import Confidence
from warehouse.introspect.facts import ColumnFacts
from warehouse.introspect.words import parts

_PERSONAL = frozenset(
    """
    email mail phone telephone telefon mobile handy fax firstname lastname surname fullname
    forename nickname username vorname nachname familienname street strasse str address adresse
    anschrift zip plz postcode postal postleitzahl ip latitude longitude lat lng lon geo passport
    ausweis iban bic twitter facebook instagram linkedin avatar photo foto contact kontakt
    """.split()
)
_SENSITIVE = frozenset(
    """
    password passwort pwd hash secret token apikey ssn tax steuer salary gehalt income einkommen
    credit card kreditkarte karte cvv cvc iban bic bank konto health gesundheit diagnosis diagnose
    medical blood criminal
    """.split()
)
_PROTECTED = frozenset(
    """
    gender sex geschlecht ethnicity race religion religious konfession nationality nationalitaet
    disability behinderung sexual orientation marital familienstand pregnant birth birthday dob
    birthdate geburtsdatum geburtstag age alter political union
    """.split()
)
_BY_NAME: tuple[tuple[DataClass, frozenset[str]], ...] = (
    ("protected", _PROTECTED),
    ("sensitive", _SENSITIVE),
)
"""The strictest class first."""
_NAME_OF_A_PERSON = frozenset({"first", "last", "full", "sur", "given", "family", "middle"})
_PATTERN_CLASSES: dict[str, tuple[DataClass, str]] = {
    "iban": ("sensitive", "bank account numbers"),
    "card": ("sensitive", "card numbers"),
    "email": ("personal", "e-mail addresses"),
    "ip": ("personal", "IP addresses"),
    "phone": ("personal", "telephone numbers"),
}
LONG_TEXT = 30


class Delicacy(NamedTuple):
    """A data class with what speaks for it."""

    data_class: DataClass
    confidence: Confidence
    reason: str


def delicacy_of(column: ColumnFacts, is_users: bool) -> Delicacy:
    """The class of a column; of two that fit the stricter one."""
    words = frozenset(parts(column.name))
    if column.type != "BOOLEAN":
        for data_class, known in _BY_NAME:
            if words & known:
                return Delicacy(data_class, "medium", "its name says so")
    by_values = _by_values(column)
    if by_values is not None and by_values.data_class == "sensitive":
        return by_values
    personal = words & _PERSONAL or ("name" in words and words & _NAME_OF_A_PERSON)
    if column.type != "BOOLEAN" and personal:
        confidence: Confidence = "high" if column.distinct > 20 else "medium"
        return Delicacy("personal", confidence, "its name says so")
    if by_values is not None:
        return by_values
    if is_users and words == {"name"}:
        return Delicacy("personal", "high", "the name of a user")
    return _free_text(column) or Delicacy("public", "high", "nothing in it points at a person")


def _by_values(column: ColumnFacts) -> Delicacy | None:
    if column.distinct <= 20:
        return None
    for pattern, (data_class, what) in _PATTERN_CLASSES.items():
        share = column.patterns.get(pattern, 0.0)
        moments = column.patterns.get("moment", 0.0)
        if share > 0.5 and moments < 0.5:
            told = f"{100 * share:.0f} % of the sampled values look like {what}"
            # Numbers may be order numbers: a telephone is told by its name.
            return Delicacy(data_class, "low" if pattern == "phone" else "medium", told)
    return None


def _free_text(column: ColumnFacts) -> Delicacy | None:
    words = frozenset(parts(column.name))
    is_long = column.average_length > LONG_TEXT and not column.values and not column.is_nested
    written = column.patterns.get("word", 0.0) < 0.9
    if is_long and written and not words & {"url", "link", "path", "id", "uuid"}:
        return Delicacy("personal", "low", "long texts may hold what people wrote about themselves")
    return None
