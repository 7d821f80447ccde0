"""The catalog, found by the words people use, on this machine alone."""

from __future__ import annotations

import socket
from functools import cache

import numpy as np
import pytest

from agent.retrieval import WIDTH, HashedWords, Retrieval
from tests.tools.demo import DECISION, ELIGIBILITY
from warehouse.catalog import load_catalog


@cache
def retrieval() -> Retrieval:
    return Retrieval(load_catalog())


def found(query: str, limit: int = 8) -> list[str]:
    return [f"{term.kind}:{term.name}" for term in retrieval().search(query, limit)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("completed a workout", "event:workout_completed"),
        ("workuot completd", "event:workout_completed"),
        ("looked at pricing", "event:pricing_viewed"),
        ("churn risk", "trait:churn_risk"),
        ("support ticket", "entity:ticket"),
        ("trial users", "audience:trial_users"),
        ("conversion rate", "metric:conversion"),
        ("push notification", "channel:push"),
        ("upgrade nudge", "action:upgrade_nudge"),
    ],
)
def test_words_and_typos_find_what_they_mean(query: str, expected: str) -> None:
    assert expected in found(query, 6)


def test_the_prompts_find_the_events_and_audiences_they_need() -> None:
    assert {"event:workout_completed", "event:pricing_viewed"} <= set(found(ELIGIBILITY, 12))
    assert {"audience:trial_users", "action:second_workout_help"} <= set(found(DECISION, 12))


def test_a_limit_bounds_what_is_found() -> None:
    assert len(found("workout", 3)) == 3
    assert len(found("workout", 10_000)) == len(set(found("workout", 10_000))) > 50


def test_personal_columns_are_not_offered() -> None:
    assert "column:dim_users.email" not in found("email address of the user", 10_000)


def test_the_same_words_have_the_same_vector_of_length_one() -> None:
    first, again, empty = HashedWords()(["view pricing", "view pricing", ""])

    assert np.array_equal(first, again)
    assert first.shape == (WIDTH,)
    assert np.linalg.norm(first) == pytest.approx(1.0)
    assert not np.any(empty)


def test_searching_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)

    assert Retrieval(load_catalog()).search("workout", 2)
