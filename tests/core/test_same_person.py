"""An account more is no person more."""

from __future__ import annotations

import pytest

from core.same_person import identity_of, same_person


@pytest.mark.parametrize(
    "other",
    [
        "MARA@Demo.Example",
        "  mara@demo.example\n",
        "mara+approver@demo.example",
        "mara+a+b@demo.example",
        "ｍａｒａ@demo.example",
        "ma\u200bra@demo.example",
        "\u202emara@demo.example",
    ],
)
def test_another_way_to_write_an_address_is_the_same_person(other: str) -> None:
    assert same_person("mara@demo.example", other)


def test_dots_count_unless_the_provider_ignores_them() -> None:
    assert same_person("m.a.ra@gmail.com", "Mara+x@googlemail.com")
    assert not same_person("m.ara@demo.example", "mara@demo.example")


@pytest.mark.parametrize("other", ["marta@demo.example", "mara@other.example", "mara", ""])
def test_other_people_stay_others(other: str) -> None:
    assert not same_person("mara@demo.example", other)


def test_what_stands_for_a_person_stands_for_itself() -> None:
    for address in ("M.A.R.A+1@Googlemail.com", "İnci@demo.example", "straße@demo.example"):
        assert identity_of(identity_of(address)) == identity_of(address)
