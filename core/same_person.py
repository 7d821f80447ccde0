"""Whether two addresses are one person's. Pure.

An account more is no person more: letter case, blanks, look-alike forms of a letter, what
follows a plus sign and, where a provider ignores them, dots make no other person.
"""

from __future__ import annotations

import unicodedata

DOTS_DO_NOT_COUNT = frozenset({"gmail.com", "googlemail.com"})
"""Providers that deliver mail to the same box with and without the dots of a name."""
_ONE_NAME = "gmail.com"


def identity_of(address: str) -> str:
    """The one form that stands for a person, whichever of their addresses is given."""
    seen = unicodedata.normalize("NFKC", address)
    # What is not seen (joiners, directions of writing, blanks) tells nobody apart.
    visible = "".join(one for one in seen if unicodedata.category(one) != "Cf")
    local, _, domain = "".join(visible.split()).casefold().partition("@")
    bare = local.partition("+")[0]
    if domain in DOTS_DO_NOT_COUNT:
        return f"{bare.replace('.', '')}@{_ONE_NAME}"
    return f"{bare}@{domain}"


def same_person(one: str, other: str) -> bool:
    """Whether two addresses are one person's."""
    return identity_of(one) == identity_of(other)
