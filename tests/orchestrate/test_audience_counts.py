"""Who is meant by a proposal: counted in one pass, by action and country, beside what is live."""

from __future__ import annotations

from control import versions
from core.conditions import EVERYONE, Attribute
from core.rules import Action, DecisionPolicy, EligibilityRule, StopCondition
from core.sending import Input, People
from orchestrate.audience_counts import Counted, counted
from orchestrate.input_ages import input_ages
from orchestrate.proxies import associations, protected_columns
from tests.orchestrate.world import HAS_TICKET, LOOKED, NOW, TRAINED, World, single
from warehouse.catalog import Catalog
from warehouse.runner import CheckedRunner

DAY = 86_400


def count(world: World, artifact: DecisionPolicy | EligibilityRule) -> Counted:
    runner = CheckedRunner(world.warehouse, world.catalog)
    live = versions.live(world.store)
    return counted(artifact, runner, world.catalog, as_of=NOW, live=live)


def rule(**more: object) -> EligibilityRule:
    sent = Action(key="upgrade_nudge", name="Upgrade nudge", channels=("push",))
    given = {"key": "nudge", "name": "Nudge", "condition": LOOKED, "action": sent}
    return EligibilityRule.model_validate(given | more)


def lookers(world: World, *countries: str | None, zone: str | None = "Europe/London") -> None:
    """One user a country, who looked at the price."""
    for number, country in enumerate(countries):
        user = world.user(f"{zone}{number}", country=country, timezone=zone)
        world.did(user, "pricing_viewed")


def test_users_of_an_entry_are_counted_inside_and_outside_the_population(world: World) -> None:
    for user in ("u0", "u1", "u2"):
        world.user(user, consent="denied" if user == "u2" else "granted")
        world.did(user, "pricing_viewed")
    for user in ("u0", "u2"):
        world.did(user, "workout_completed")
    world.ticket("u0")
    done = StopCondition(key="ticket", name="Ticket", when=HAS_TICKET)
    nudge = single(world.catalog, population=TRAINED, stop_conditions=(done,))

    found = count(world, nudge)

    (facts,) = found.entries
    assert (facts.action, facts.eligible, facts.outside) == ("upgrade_nudge", 2, 1)
    assert (facts.stopped, facts.reachable) == (1, 1)
    assert found.users_total == 3


def test_an_audience_that_sends_nothing_has_people_and_no_entries(world: World) -> None:
    lookers(world, "US")

    found = count(world, rule(action=None))

    assert (found.entries, found.people) == ((), (People(country="US", users=1),))


def test_the_audience_is_counted_by_country_the_largest_first(world: World) -> None:
    lookers(world, "DE", "US", "US", None)
    lookers(world, "US", zone=None)
    world.user("idle", country="FR")

    found = count(world, rule())

    assert [(one.country, one.users) for one in found.people] == [
        ("US", 3),
        ("DE", 1),
        (None, 1),
    ]
    assert (found.without_zone, found.users_total) == (1, 6)


def test_without_a_column_of_the_country_nobody_is_anywhere(world: World) -> None:
    lookers(world, "US", "DE")
    users = world.catalog.layout.users.model_copy(update={"country": None, "zone": None})
    layout = world.catalog.layout.model_copy(update={"users": users})
    world.catalog = world.catalog.model_copy(update={"layout": layout})

    found = count(world, rule())

    assert (found.people, found.without_zone) == ((People(country=None, users=2),), 2)


def test_the_version_that_is_live_is_counted_at_the_same_moment(world: World) -> None:
    lookers(world, "US", "DE")
    world.user("idle")

    assert count(world, rule()).before is None
    world.publish(rule())
    assert count(world, rule(condition=EVERYONE)).before == 2


def test_live_policies_that_go_first_are_rivals(world: World) -> None:
    lookers(world, "US", "DE", "DE")
    world.did("Europe/London0", "workout_completed")
    world.publish(single(world.catalog, key="first", population=TRAINED))

    (rival,) = count(world, rule()).rivals
    assert (rival.key, rival.users, round(rival.share, 2)) == ("first", 1, 0.33)
    assert count(world, rule(action=None)).rivals == ()
    earlier = single(world.catalog, key="earlier", population=EVERYONE)
    assert count(world, earlier).rivals == ()
    later = single(world.catalog, key="later", population=EVERYONE)
    assert [one.key for one in count(world, later).rivals] == ["first"]


def test_the_age_of_what_is_read_is_told_beside_its_promise(world: World) -> None:
    world.did(world.user("u"), "pricing_viewed", days_ago=1.5)
    runner = CheckedRunner(world.warehouse, world.catalog)

    found = input_ages(
        {"fct_events", "fct_support", "dim_users", "gone"},
        runner,
        world.catalog,
        as_of=NOW,
        times=2,
    )

    assert found == (
        Input(table="fct_events", age_seconds=DAY * 3 // 2, promised_seconds=DAY),
        Input(table="fct_support", age_seconds=None, promised_seconds=DAY),
    )
    assert len(runner.ran) == 1


def protecting(catalog: Catalog, name: str) -> Catalog:
    """The catalog with one column of users that is protected."""
    users = catalog.tables["dim_users"]
    column = users.columns[name].model_copy(update={"data_class": "protected"})
    table = users.model_copy(update={"columns": users.columns | {name: column}})
    return catalog.model_copy(update={"tables": catalog.tables | {"dim_users": table}})


def test_a_condition_that_goes_with_a_protected_attribute_is_found(world: World) -> None:
    # Of 20 users of the web, 18 came by referral; of 20 others, 2 did.
    for number in range(40):
        of_web = number < 20
        referred = number % 10 != 0 if of_web else number % 10 == 0
        source = "referral" if referred else "google"
        world.user(f"u{number}", consent=None, utm_source=source, app_version="w" * of_web + "x")
    catalog = protecting(world.catalog, "app_version")
    runner = CheckedRunner(world.warehouse, catalog)
    referral = Attribute(column="utm_source", value="referral")

    (found,) = associations((referral, referral), runner, catalog, as_of=NOW)

    assert found.attribute == "dim_users.app_version"
    assert (round(found.strength, 3), found.users) == (0.8, 40)
    assert (found.most, round(found.lift, 2)) == ("wx", 1.8)
    assert len(runner.ran) == 1


def test_without_a_protected_column_nothing_is_asked(world: World) -> None:
    runner = CheckedRunner(world.warehouse, world.catalog)

    assert protected_columns(world.catalog) == ()
    assert associations((LOOKED,), runner, world.catalog, as_of=NOW) == ()
    own = protecting(world.catalog, "country")
    named = Attribute(column="country", value="US")
    assert associations((named,), runner, own, as_of=NOW) == ()
    assert runner.ran == []
