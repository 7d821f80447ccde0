"""What the law asks where the audience lives, held against messages and the contact policy."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from core.proposal import Proposal
from core.regulation_policies import REGULATION_POLICIES, open_hours
from core.regulations import Hours, Regulation
from core.rules import ContactPolicy, QuietHours
from core.sending import ChannelFacts, People
from core.settings import PolicySettings
from tests.core.sendings import CHANNELS, CONTACT, WEEKLY, found, rule, sends, verdict, worded


def law(needs: str, **more: Any) -> Regulation:
    given: dict[str, Any] = {
        "key": f"us_{needs}",
        "law": "TCPA",
        "countries": ("US",),
        "media": ("email", "sms"),
        "needs": needs,
        "says": "It asks for something.",
        "source": "https://example.org/law",
        "section": "section 1",
        "seen": "text",
    }
    return Regulation(**(given | more))


DAYTIME = Hours(start="08:00", end="21:00")
IN_US = (People(country="US", users=412), People(country="DE", users=9))
SHORT = ContactPolicy(key="c", caps=(WEEKLY,), quiet_hours=QuietHours(start="22:00", end="08:00"))
BARE = CHANNELS | {"email": ChannelFacts(medium="email")}


def under(*laws: Regulation, artifact: Any = None, **facts: Any) -> Proposal:
    return sends(artifact, **({"regulations": laws, "people": IN_US} | facts))


CASES: dict[str, tuple[Proposal, Proposal, str]] = {
    "regulation_of_consent": (
        under(law("opt_in", severity="block")),
        under(
            law("opt_in", severity="block"),
            consent_purposes={"email": None, "sms": "marketing"},
        ),
        "block",
    ),
    "regulation_of_hours": (
        under(law("hours", hours=DAYTIME)),
        under(law("hours", hours=DAYTIME), contact=SHORT),
        "warn",
    ),
    "regulation_of_the_sender": (
        under(law("sender")),
        under(law("sender"), channels=BARE),
        "warn",
    ),
    "regulation_of_unsubscribing": (
        under(law("unsubscribe")),
        under(law("unsubscribe"), channels=BARE),
        "warn",
    ),
    "regulation_of_age": (
        under(law("age", minimum_age=16), people=(People(country="US", users=3, age=16),)),
        under(law("age", minimum_age=16), people=(People(country="US", users=3, age=15),)),
        "warn",
    ),
    "countries_are_known": (
        under(law("sender")),
        under(law("sender"), people=(), countries_known=False),
        "info",
    ),
}


def test_every_policy_on_regulations_has_its_two_tests_here() -> None:
    assert {policy.__name__ for policy in REGULATION_POLICIES} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_what_the_law_asks_for_is_there(name: str) -> None:
    assert verdict(name, CASES[name][0]) is None


@pytest.mark.parametrize("name", CASES)
def test_what_the_law_asks_for_and_is_missing_is_told_with_how_to_mend_it(name: str) -> None:
    _, wrong, severity = CASES[name]

    finding = found(name, wrong)

    assert (finding.policy, finding.severity) == (name, severity)
    assert finding.message
    assert finding.fix


def test_a_gap_in_quiet_hours_is_told_with_who_is_in_it() -> None:
    finding = found("regulation_of_hours", under(law("hours", hours=DAYTIME), contact=SHORT))

    assert finding.message == (
        "412 of the audience are in US: It asks for something. (TCPA, section 1) "
        "The workspace leaves 21:00-22:00 open."
    )
    assert "https://example.org/law" in (finding.fix or "")


def test_a_law_counts_only_where_the_audience_and_the_message_are() -> None:
    hours = law("hours", hours=DAYTIME)

    for elsewhere in (
        under(hours, contact=SHORT, people=(People(country="DE", users=9),)),
        under(hours, contact=SHORT, people=(People(country=None, users=9),)),
        under(hours, contact=SHORT, artifact=rule(channels=("push",))),
        under(hours, contact=SHORT, artifact=rule(message_class="service")),
        under(hours, contact=SHORT, policies=PolicySettings(waived_regulations=("us_hours",))),
    ):
        assert verdict("regulation_of_hours", elsewhere) is None


def test_the_gravest_of_several_laws_decides_and_each_is_told_once() -> None:
    laws = (law("sender"), law("sender", key="de_sender", countries=("DE",), severity="block"))
    finding = found("regulation_of_the_sender", under(*laws, channels=BARE))

    assert finding.severity == "block"
    assert finding.message.count("of the audience are in") == 2


def test_a_message_that_says_how_to_get_no_more_of_them_keeps_the_law() -> None:
    for words in ("Reply STOP to end.", "Hier abmelden", "Unsubscribe at example.org"):
        written = rule(template=words)
        asked = under(law("unsubscribe"), channels=BARE, artifact=written)
        assert verdict("regulation_of_unsubscribing", asked) is None


def test_a_template_with_a_place_for_the_sender_keeps_the_law() -> None:
    letter = worded("Hello. $sender_address", sender_address={"constant": "1 Main Street"})
    asked = under(
        law("sender"), channels=BARE, artifact=rule(template_key="letter"), templates=letter
    )

    assert verdict("regulation_of_the_sender", asked) is None


def test_countries_that_are_no_codes_are_told_before_a_law_is_missed() -> None:
    people = (People(country="Germany", users=8), People(country="US", users=3))
    finding = found("countries_are_known", under(law("sender"), people=people))

    assert (finding.severity, finding.message[:1]) == ("warn", "8")
    assert "'Germany'" in finding.message
    nowhere = under(law("sender"), people=(People(country=None, users=8),))
    assert verdict("countries_are_known", nowhere) is None
    serving = under(law("sender"), people=people, artifact=rule(message_class="service"))
    assert verdict("countries_are_known", serving) is None


def test_who_is_younger_than_the_law_allows_is_counted() -> None:
    people = (People(country="US", users=3, age=12), People(country="US", users=8))
    finding = found("regulation_of_age", under(law("age", minimum_age=13), people=people))

    assert "3 of them are younger" in finding.message


def test_every_minute_that_the_law_keeps_quiet_has_to_be_quiet() -> None:
    night = CONTACT.quiet_hours

    assert open_hours(DAYTIME, night) == []
    assert open_hours(DAYTIME, None) == ["00:00-08:00", "21:00-24:00"]
    late = QuietHours(start="23:30", end="07:15")
    assert open_hours(DAYTIME, late) == ["07:15-08:00", "21:00-23:30"]
    noon = QuietHours(start="12:00", end="13:00")
    assert open_hours(Hours(start="10:00", end="12:30"), noon) == ["00:00-10:00", "13:00-24:00"]
    weekdays = Hours(start="08:00", end="21:00", days=(1, 2, 3, 4, 5, 6))
    assert open_hours(weekdays, night) == ["Sundays"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"needs": "hours"},
        {"needs": "sender", "hours": DAYTIME},
        {"needs": "age"},
        {"countries": ("usa",)},
        {"source": "a book"},
    ],
)
def test_a_regulation_that_says_half_is_no_regulation(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        law(**({"needs": "sender"} | wrong))


def test_what_a_destination_is_known_not_to_add_is_to_be_set_up_there() -> None:
    without = ChannelFacts(medium="email", destination="mail", lacks=("unsubscribe",))
    asked = under(law("unsubscribe"), channels=CHANNELS | {"email": without})

    finding = found("regulation_of_unsubscribing", asked)

    assert (finding.fix or "").startswith("Set up in mail that it is added, or write it.")
