"""What guardrails say of the data that decides, and of the data that leaves."""

from __future__ import annotations

import pytest

from core.data_use_policies import DATA_USE_POLICIES
from core.proposal import Proposal
from core.sending import Association, ChannelFacts, Input
from core.settings import PolicySettings, SyncSettings
from tests.core.sendings import CHANNELS, found, rule, sends, verdict, worded

FINE = sends()
SMALL = Association(
    condition="the district is Riverside",
    attribute="dim_users.ethnicity",
    strength=0.29,
    users=500,
    most="b",
    lift=4.2,
)
OUTSIDE = CHANNELS | {"email": ChannelFacts(medium="email", destination="mailer", outside=True)}
CALLS = worded("Hello $name", name={"column": "first_name", "personal": True})
TOLD = SyncSettings(
    destination="braze",
    audiences=("r",),
    columns=("email",),
    purpose="marketing",
    channel="email",
    classes=("personal",),
)
DAY = 86_400
CASES: dict[str, tuple[Proposal, Proposal, str]] = {
    "protected_attribute": (FINE, sends(data_classes={"dim_users.gender": "protected"}), "block"),
    "sensitive_attribute": (FINE, sends(data_classes={"dim_users.email": "personal"}), "warn"),
    "no_declared_proxy": (FINE, sends(proxies={"dim_users.area": "ethnicity"}), "warn"),
    "no_hidden_proxy": (
        sends(associations=(SMALL,)),
        sends(associations=(SMALL.model_copy(update={"strength": 0.3}),)),
        "warn",
    ),
    "inputs_are_fresh": (
        sends(inputs=(Input(table="fct_events", age_seconds=2 * DAY, promised_seconds=DAY),)),
        sends(inputs=(Input(table="fct_events", age_seconds=2 * DAY + 1, promised_seconds=DAY),)),
        "warn",
    ),
    "personal_data_stays": (
        sends(rule(template_key="letter"), templates=CALLS),
        sends(rule(template_key="letter"), templates=CALLS, channels=OUTSIDE),
        "warn",
    ),
}


def test_every_policy_on_the_use_of_data_has_its_two_tests_here() -> None:
    assert {policy.__name__ for policy in DATA_USE_POLICIES} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_policy_on_data_is_silent_about_what_is_right(name: str) -> None:
    assert verdict(name, CASES[name][0]) is None


@pytest.mark.parametrize("name", CASES)
def test_a_policy_on_data_names_what_is_wrong_and_how_to_mend_it(name: str) -> None:
    _, wrong, severity = CASES[name]

    finding = found(name, wrong)

    assert (finding.policy, finding.severity) == (name, severity)
    assert finding.message
    assert finding.fix


def test_columns_of_a_telling_name_are_likely_proxies() -> None:
    reads = sends(data_classes={"dim_users.Postcode": "public", "dim_users.plan": "public"})

    assert "dim_users.Postcode" in found("no_declared_proxy", reads).message
    assert "dim_users.plan" not in found("no_declared_proxy", reads).message
    trusting = PolicySettings(proxy_names=())
    assert verdict("no_declared_proxy", reads.model_copy(update={"policies": trusting})) is None


def test_few_people_say_nothing_about_a_proxy() -> None:
    few = SMALL.model_copy(update={"strength": 0.9, "users": 99})

    assert verdict("no_hidden_proxy", sends(associations=(few,))) is None


def test_the_strongest_proxy_is_the_one_that_is_told() -> None:
    others = [SMALL.model_copy(update={"strength": one}) for one in (0.4, 0.7, 0.5)]

    assert "0.70" in found("no_hidden_proxy", sends(associations=tuple(others))).message


def test_a_table_without_rows_is_old_data() -> None:
    empty = Input(table="fct_events", age_seconds=None, promised_seconds=DAY)

    assert "fct_events has no row" in found("inputs_are_fresh", sends(inputs=(empty,))).message


def test_an_audience_that_is_told_with_personal_columns_leaves() -> None:
    told = sends(syncs={"crm": TOLD}, personal_columns={"email": "personal"})

    assert "to braze by the sync 'crm'" in found("personal_data_stays", told).message
    assert verdict("personal_data_stays", sends(syncs={"crm": TOLD})) is None
