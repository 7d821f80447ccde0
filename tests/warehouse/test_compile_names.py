"""Names, types and data of a condition: what is refused, what stays data, what it reads."""

from __future__ import annotations

import pytest

from core.conditions import (
    And,
    AsOf,
    Attribute,
    Calendar,
    Condition,
    ConsentIs,
    EventCount,
    EventSequence,
    Filter,
    HeldFor,
    InAudience,
    Op,
    Related,
    SinceEvent,
    SinceMoment,
    Trait,
)
from core.errors import Code, PilothouseError
from tests.orchestrate.world import NOW, World
from tests.warehouse.compiled import CATALOG, NEVER, OPEN_TICKET, TRAINED, audience
from warehouse.catalog import Audience
from warehouse.compile import (
    compile_audience,
    required,
    validate,
)


@pytest.mark.parametrize(
    ("condition", "code", "nearest"),
    [
        (EventCount(event="workout_complete"), Code.UNKNOWN_EVENT, "workout_completed"),
        (EventSequence(first="pricing_view", then="x"), Code.UNKNOWN_EVENT, "pricing_viewed"),
        (
            EventCount(event="app_opened", window=SinceEvent(event="ap_opened")),
            Code.UNKNOWN_EVENT,
            "app_opened",
        ),
        (Trait(name="churn_rsk", op=Op.GT, value=1), Code.UNKNOWN_TRAIT, "churn_risk"),
        (Attribute(column="contry", value="DE"), Code.UNKNOWN_COLUMN, "country"),
        (
            Attribute(column="current_subscription.plon", value="annual"),
            Code.UNKNOWN_COLUMN,
            "plan",
        ),
        (Attribute(column="ticket.status", value="open"), Code.UNKNOWN_TABLE, "subscription"),
        (Related(entity="tickets"), Code.UNKNOWN_TABLE, "ticket"),
        (
            Related(entity="ticket", where=(Filter(column="statos", value="open"),)),
            Code.UNKNOWN_COLUMN,
            "status",
        ),
        (
            Related(entity="ticket", where=(Filter(column="status", value="opened"),)),
            Code.UNKNOWN_VALUE,
            "open",
        ),
        (Attribute(column="device_os", value="iOs"), Code.UNKNOWN_VALUE, "ios"),
        (InAudience(key="trial_user"), Code.UNKNOWN_AUDIENCE, "trial_users"),
        (InAudience(key="trial_users", version=3), Code.UNKNOWN_AUDIENCE, "trial_users"),
        (ConsentIs(purpose="marketing", channel="emial"), Code.UNKNOWN_VALUE, "email"),
        (ConsentIs(purpose="marketting", channel="email"), Code.UNKNOWN_VALUE, "marketing"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_ones(
    condition: Condition, code: Code, nearest: str
) -> None:
    (refusal, *_) = validate(condition, CATALOG)

    assert refusal.code is code
    assert refusal.fix
    assert nearest in refusal.fix
    with pytest.raises(PilothouseError):
        compile_audience(condition, CATALOG, as_of=NOW)


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (Attribute(column="country", op=Op.GT, value="DE"), Code.INVALID_OPERATOR),
        (Attribute(column="marketing_opt_in", value="yes"), Code.TYPE_MISMATCH),
        (Attribute(column="marketing_opt_in", value=1), Code.TYPE_MISMATCH),
        (Trait(name="momentum_score", op=Op.GT, value="8"), Code.TYPE_MISMATCH),
        (Trait(name="momentum_score", op=Op.GT, value=True), Code.TYPE_MISMATCH),
        (Attribute(column="country", value=AsOf()), Code.TYPE_MISMATCH),
        (Attribute(column="signup_at", op=Op.GT, value="yesterday"), Code.TYPE_MISMATCH),
        (
            Attribute(column="signup_at", op=Op.LT, value="9999-12-31T23:00:00-14:00"),
            Code.TYPE_MISMATCH,
        ),
        (
            EventCount(event="app_opened", window=SinceMoment(column="country")),
            Code.TYPE_MISMATCH,
        ),
        (
            EventCount(event="app_opened", window=Calendar(unit="day", zone="Mars/Olympus")),
            Code.UNKNOWN_VALUE,
        ),
        (HeldFor(trait="activation_state", value="new", seconds=60), Code.UNDECIDABLE),
        (And(of=(TRAINED, NEVER)), Code.CONTRADICTION),
    ],
)
def test_a_comparison_that_makes_no_sense_is_refused(condition: Condition, code: Code) -> None:
    (refusal, *_) = validate(condition, CATALOG)

    assert refusal.code is code
    assert refusal.fix


def test_an_audience_that_contains_itself_is_refused() -> None:
    loop = Audience(description="Itself.", condition=InAudience(key="loop"))
    catalog = CATALOG.model_copy(update={"audiences": {"loop": loop}})

    (refusal,) = validate(InAudience(key="loop"), catalog)

    assert refusal.code is Code.UNDECIDABLE


def test_a_published_rule_is_an_audience_of_others(people: World) -> None:
    people.user("u1")
    people.did("u1", "workout_completed")

    def known(key: str, version: int | None) -> Condition | None:
        return TRAINED if (key, version) == ("trained", 2) else None

    found = audience(people, InAudience(key="trained", version=2), audiences=known)

    assert found == ["u1"]
    assert validate(InAudience(key="trained", version=3), CATALOG, known)


@pytest.mark.parametrize("text", ["O'Brien", "'; DROP TABLE dim_users; --", "a\\'b", "$1 %s {0}"])
def test_quotes_and_sql_in_values_stay_data(people: World, text: str) -> None:
    people.user("u1", app_version=text)
    people.user("u2", app_version="4.2.0")

    assert audience(people, Attribute(column="app_version", value=text)) == ["u1"]
    assert audience(people, Attribute(column="app_version", op=Op.IN, value=(text, "x"))) == ["u1"]
    with_property = EventCount(event="checkout_failed", where=(Filter(column="error", value=text),))
    assert audience(people, with_property) == []


def test_a_condition_says_what_it_reads() -> None:
    condition = And(
        of=(
            InAudience(key="trial_users"),
            EventCount(event="plan_selected", window=SinceMoment(column="signup_at")),
            Trait(name="ltv", op=Op.GT, value=1),
            OPEN_TICKET,
            ConsentIs(purpose="marketing", channel="email"),
        )
    )

    found = required(condition, CATALOG)

    assert found.traits == ("ltv",)
    assert found.events == ("checkout_started",)
    assert found.columns == (
        "dim_users.signup_at",
        "fct_consent.status",
        "fct_subscriptions.status",
        "fct_subscriptions.trial_end",
        "fct_support.status",
    )
