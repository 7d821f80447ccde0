"""Attempts of somebody who writes to the control store itself, past every page and command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from control import versions
from control.people import get
from control.requests import ChangeRequest
from control.review_terms_tables import request_authors, review_terms
from control.sign_offs_tables import sign_offs
from control.store import Store
from control.tables import change_requests, reviews
from control.tables import versions as version_rows
from core.errors import Code
from core.same_person import identity_of
from orchestrate import rulebook
from tests.control_stores import ENGINES, store_on
from tests.governance.attacks import (
    BOTH,
    NOW,
    account,
    approve,
    live,
    propose,
    repelled,
    rule,
    sent,
)


@pytest.fixture(scope="module", params=ENGINES)
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    with store_on(request.param, tmp_path_factory.mktemp("attacked")) as opened:
        yield opened


@contextmanager
def refused_by_the_database(store: Store, request: ChangeRequest, why: str) -> Iterator[Any]:
    """A write to the store: it is refused with a reason, and nothing went live or out."""
    with pytest.raises(IntegrityError, match=why), store.write() as connection:
        yield connection
    assert live(store, request.target_key) == []
    assert sent(store) == 0


def verdict(request: ChangeRequest, by: str, **more: Any) -> sa.Insert:
    """An approval as a row."""
    row = {
        "change_request_id": request.id,
        "verdict": "approve",
        "by": by,
        "comment": "",
        "at": NOW,
    }
    return reviews.insert().values(row | hashes(request) | more)


def agreement(request: ChangeRequest, by: str, signer: str = "") -> sa.Insert:
    """An approval before the last as a row."""
    row = {"change_request_id": request.id, "by": by, "comment": "", "at": NOW}
    row |= {"signer": signer or identity_of(by)}
    return sign_offs.insert().values(row | hashes(request))


def hashes(request: ChangeRequest) -> dict[str, str]:
    names = ("content_hash", "effect_hash", "dependency_hash")
    return {name: getattr(request, name) for name in names}


def of(table: sa.Table, request: ChangeRequest) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.change_request_id == request.id)


# Approvals that nobody gave.


@pytest.mark.parametrize("by", ["DBA+ok@demo", "dba@demo", " dba@DEMO"])
def test_a_row_approves_as_another_account_of_the_author(store: Store, by: str) -> None:
    account(store, "dba@demo", BOTH)
    account(store, by, BOTH)
    request = propose(store, by="dba@demo")

    with refused_by_the_database(store, request, "four eyes") as connection:
        connection.execute(verdict(request, by))


def test_a_row_approves_as_the_author_at_a_provider_that_ignores_dots(store: Store) -> None:
    account(store, "d.b.a@gmail.com", BOTH)
    account(store, "dba+1@googlemail.com", BOTH)
    request = propose(store, by="d.b.a@gmail.com")

    with refused_by_the_database(store, request, "four eyes") as connection:
        connection.execute(verdict(request, "dba+1@googlemail.com"))


def test_a_row_approves_as_somebody_who_is_no_approver(store: Store) -> None:
    request = propose(store)

    with refused_by_the_database(store, request, "only an approver") as connection:
        connection.execute(verdict(request, "ana@demo"))


def test_a_row_approves_a_grave_change_alone(store: Store) -> None:
    request = propose(store, grave=True)

    with refused_by_the_database(store, request, "too few") as connection:
        connection.execute(verdict(request, "pavel@demo"))


def test_rows_agree_to_a_grave_change_as_one_person_under_made_up_names(store: Store) -> None:
    request = propose(store, grave=True)
    account(store, "pavel+again@demo")
    with store.write() as connection:
        connection.execute(agreement(request, "pavel@demo", "somebody else"))
        connection.execute(agreement(request, "pavel+again@demo", "and another"))

    with refused_by_the_database(store, request, "too few") as connection:
        connection.execute(verdict(request, "pavel@demo"))


def test_a_row_agrees_as_the_author(store: Store) -> None:
    account(store, "own@demo", BOTH)
    request = propose(store, by="own@demo", grave=True)

    with refused_by_the_database(store, request, "four eyes") as connection:
        connection.execute(agreement(request, "own@demo", "not me"))


def test_a_row_agrees_as_somebody_who_is_no_approver(store: Store) -> None:
    request = propose(store, grave=True)

    with refused_by_the_database(store, request, "only an approver") as connection:
        connection.execute(agreement(request, "ana@demo"))


def test_a_row_agrees_to_other_content_and_counts_for_this(store: Store) -> None:
    request, other = propose(store, grave=True), propose(store, grave=True)
    forged = agreement(request, "ada@demo").values(content_hash=other.content_hash)

    with refused_by_the_database(store, request, "does not wait") as connection:
        connection.execute(forged)


def test_a_row_approves_other_content_than_the_request_has(store: Store) -> None:
    request, other = propose(store), propose(store)

    with refused_by_the_database(store, request, "too few") as connection:
        connection.execute(verdict(request, "pavel@demo", content_hash=other.content_hash))


# What approvals are held against.


def test_the_terms_of_a_grave_change_are_lowered(store: Store) -> None:
    request = propose(store, grave=True)

    with refused_by_the_database(store, request, "terms of a review stay") as connection:
        connection.execute(
            review_terms.update().where(of(review_terms, request)).values(approvers=1)
        )


def test_the_terms_of_a_grave_change_are_removed(store: Store) -> None:
    request = propose(store, grave=True)

    with refused_by_the_database(store, request, "terms of a review stay") as connection:
        connection.execute(review_terms.delete().where(of(review_terms, request)))


def test_the_terms_of_a_grave_change_are_written_over(store: Store) -> None:
    request = propose(store, grave=True)
    with store.read() as connection:
        (row,) = connection.execute(sa.select(review_terms).where(of(review_terms, request)))

    with refused_by_the_database(store, request, "(?i)stay|unique|duplicate") as connection:
        connection.execute(review_terms.insert().values(row._asdict() | {"approvers": 1}))


def test_an_author_is_struck_from_the_list(store: Store) -> None:
    request = propose(store)

    with refused_by_the_database(store, request, "an author stays one") as connection:
        connection.execute(request_authors.delete().where(of(request_authors, request)))


@pytest.mark.parametrize(
    "forged",
    [
        {"author": "ana@demo"},
        {"base_version": 7},
        {"content_hash": "0" * 64},
        {"target_key": "another"},
        {"kind": "decision_policy"},
    ],
    ids=["author", "base version", "content", "key", "kind"],
)
def test_a_request_becomes_another_while_it_waits(store: Store, forged: dict[str, Any]) -> None:
    request = propose(store)

    with refused_by_the_database(store, request, "a change request is kept") as connection:
        this = change_requests.c.id == request.id
        connection.execute(change_requests.update().where(this).values(forged))


def test_an_agreement_is_taken_back_to_be_given_by_another(store: Store) -> None:
    request = propose(store, grave=True)
    approve(store, request, get(store, "pavel@demo"))

    with refused_by_the_database(store, request, "an approval is final") as connection:
        connection.execute(sign_offs.delete().where(of(sign_offs, request)))


# Going live without anybody.


def test_a_request_is_set_to_approved_by_hand(store: Store) -> None:
    request = propose(store)
    with store.write() as connection:
        this = change_requests.c.id == request.id
        connection.execute(change_requests.update().where(this).values(state="approved"))

    with repelled(store, request, Code.NOT_ALLOWED, "only what is approved", "approver"):
        rulebook.publish(store, request.id, now=NOW)


def test_a_version_is_written_by_hand_from_what_one_of_two_approved(store: Store) -> None:
    request = propose(store, grave=True)
    approve(store, request, get(store, "pavel@demo"))

    with refused_by_the_database(store, request, "needs its approval") as connection:
        connection.execute(version_rows.insert().values(_version(request)))


def test_content_that_was_never_approved_passes_for_a_rollback(store: Store) -> None:
    request = propose(store)

    with refused_by_the_database(store, request, "needs its approval") as connection:
        forged = _version(request) | {"change_request_id": None}
        connection.execute(version_rows.insert().values(forged))


def test_a_superseded_version_is_set_to_live_again(store: Store) -> None:
    first = propose(store)
    approve(store, first, get(store, "pavel@demo"))
    rulebook.publish(store, first.id, now=NOW)
    second = propose(store, rule(first.target_key, 4))
    approve(store, second, get(store, "pavel@demo"))
    rulebook.publish(store, second.id, now=NOW)

    this = sa.and_(version_rows.c.key == first.target_key, version_rows.c.version == 1)
    with pytest.raises(IntegrityError, match="immutable"), store.write() as connection:
        connection.execute(version_rows.update().where(this).values(state="live"))

    assert [one.version for one in versions.live(store) if one.key == first.target_key] == [2]


def _version(request: ChangeRequest) -> dict[str, Any]:
    row = {"key": request.target_key, "version": 1, "kind": request.kind, "state": "live"}
    row |= {"content": request.content, "content_hash": request.content_hash}
    return row | {
        "change_request_id": request.id, "published_at": NOW, "published_by": "mara@demo",
    }  # fmt: skip
