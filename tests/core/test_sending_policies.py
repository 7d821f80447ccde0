"""What guardrails say of messages: consent, caps, quiet hours, classes, destinations, reach."""

from __future__ import annotations

from datetime import datetime

import pytest

from core.proposal import Proposal
from core.rules import ContactPolicy, FrequencyCap, Offer, QuietHours
from core.sending import ChannelFacts, People, Rival
from core.sending_policies import SENDING_POLICIES
from core.settings import PolicySettings
from tests.core.sendings import (
    CHANNELS,
    CONTACT,
    WEEKLY,
    found,
    message,
    policy_of,
    rule,
    sends,
    verdict,
    worded,
)

FINE = sends()
SUMMER = Offer(
    key="summer", price=9.0, valid_from=datetime(2026, 6, 1), valid_until=datetime(2026, 9, 1)
)
BROKEN = CHANNELS | {"email": ChannelFacts(destination="mailer", unusable="It has no key.")}
UNZONED = (People(country="US", users=50),)
CASES: dict[str, tuple[Proposal, Proposal, str]] = {
    "consent_path": (FINE, sends(rule(channels=("in_app",))), "block"),
    "every_channel_asks_consent": (FINE, sends(rule(channels=("in_app", "email"))), "warn"),
    "contact_is_capped": (FINE, sends(contact=CONTACT.model_copy(update={"caps": ()})), "warn"),
    "quiet_hours_are_kept": (FINE, sends(contact=ContactPolicy(key="c", caps=(WEEKLY,))), "warn"),
    "time_zones_are_known": (
        sends(people=UNZONED, without_zone=10),
        sends(people=UNZONED, without_zone=11),
        "warn",
    ),
    "class_is_honest": (
        sends(rule(message_class="service")),
        sends(rule(message_class="service", offer=SUMMER)),
        "block",
    ),
    "destination_is_usable": (FINE, sends(channels=BROKEN), "block"),
    "reach_is_like_before": (sends(before=17), sends(before=16), "warn"),
    "nobody_is_asked_twice": (
        sends(rivals=(Rival(key="trial", users=24, share=0.49),)),
        sends(rivals=(Rival(key="trial", users=25, share=0.5),)),
        "warn",
    ),
}


def test_every_policy_on_sending_has_its_two_tests_here() -> None:
    assert {policy.__name__ for policy in SENDING_POLICIES} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_policy_on_sending_is_silent_about_what_is_right(name: str) -> None:
    assert verdict(name, CASES[name][0]) is None


@pytest.mark.parametrize("name", CASES)
def test_a_policy_on_sending_names_what_is_wrong_and_how_to_mend_it(name: str) -> None:
    _, wrong, severity = CASES[name]

    finding = found(name, wrong)

    assert (finding.policy, finding.severity) == (name, severity)
    assert finding.message
    assert finding.fix


def test_a_service_message_needs_no_consent_path() -> None:
    service = rule(channels=("in_app",), message_class="service")

    assert verdict("consent_path", sends(service)) is None
    assert verdict("every_channel_asks_consent", sends(service)) is None


def test_a_cap_on_one_channel_leaves_the_other_free() -> None:
    only_email = WEEKLY.model_copy(update={"channel": "email"})
    capped = CONTACT.model_copy(update={"caps": (only_email,)})

    assert verdict("contact_is_capped", sends(contact=capped)) is None
    both = sends(rule(channels=("email", "push")), contact=capped)
    assert "Nudge" in found("contact_is_capped", both).message


def test_a_cap_without_a_number_is_no_cap() -> None:
    open_end = CONTACT.model_copy(
        update={"caps": (FrequencyCap(key="open", n=None, window_seconds=60),)}
    )

    assert verdict("contact_is_capped", sends(contact=open_end))


def test_people_without_a_zone_get_nothing_where_no_fallback_is_named() -> None:
    nowhere = QuietHours(start="21:00", end="08:00", fallback_zone=None)
    contact = CONTACT.model_copy(update={"quiet_hours": nowhere})
    asked = sends(contact=contact, people=UNZONED, without_zone=1)

    assert "they get nothing" in found("time_zones_are_known", asked).message
    exempt = asked.model_copy(update={"artifact": rule(message_class="transactional")})
    assert verdict("time_zones_are_known", exempt) is None


def test_a_service_message_whose_goal_is_a_purchase_is_marketing() -> None:
    sells = rule(message_class="transactional", goal_event="subscription_started")
    asked = sends(sells, commercial_events=("subscription_started",))

    assert "people buy" in found("class_is_honest", asked).message


def test_a_service_message_whose_template_tells_an_offer_is_marketing() -> None:
    tells = worded("$price only", price={"offer": "price", "type": "number"})
    asked = sends(rule(message_class="service", template_key="letter"), templates=tells)

    assert "tells an offer" in found("class_is_honest", asked).message


def test_words_that_sell_are_a_warning_in_every_language_that_is_listed() -> None:
    for text in ("Flash SALE today", "Save 20 % off", "Nur heute: Rabatt!", "Código: descuento"):
        finding = found("class_is_honest", sends(rule(message_class="service", template=text)))
        assert finding.severity == "warn"
    for text in ("Your ticket is open", "We wholesale parts", "Coupons are not what this is"):
        assert verdict("class_is_honest", sends(rule(message_class="service", template=text))) is (
            None
        )


def test_the_words_that_sell_are_a_setting() -> None:
    asked = rule(message_class="service", template="Meet the new plan")
    stricter = PolicySettings(marketing_words=("new plan",))

    assert verdict("class_is_honest", sends(asked)) is None
    assert verdict("class_is_honest", sends(asked, policies=stricter))


def test_a_version_that_reaches_far_fewer_people_is_told_too() -> None:
    assert "reaches 50 people" in found("reach_is_like_before", sends(before=151)).message
    assert verdict("reach_is_like_before", sends(before=150)) is None
    assert verdict("reach_is_like_before", sends(audience=0, before=0)) is None


def test_only_channels_that_the_messages_use_have_to_be_usable() -> None:
    assert verdict("destination_is_usable", sends(rule(channels=("push",)), channels=BROKEN)) is (
        None
    )
    second = policy_of(message(channels=("push",)), message(key="other", name="Other"))
    assert "mailer" in found("destination_is_usable", sends(second, channels=BROKEN)).message
