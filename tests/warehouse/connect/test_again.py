"""Imports again, and differently: what differs is updated, and nothing is there twice."""

from __future__ import annotations

from tests.warehouse.connect.imports_world import ImportsWorld

SUPPORT = "SELECT ticket_id, user_id, ticket_reason, created_at, csat_score FROM fct_support"
CAMPAIGNS = """
Campaign ID,Objective,Daily Budget,currencyCode,Start Date,end_date,Campaign Owner
spring,Sign-ups,1500.50,EUR,2026-03-01,2026-04-01,Growth
autumn,Revenue,200,USD,2026-09-01,,Growth
""".lstrip()


def test_the_same_file_again_changes_nothing(world: ImportsWorld) -> None:
    file = world.file("c.csv", CAMPAIGNS)
    world.bring("dim_campaigns", file)

    again = world.bring("dim_campaigns", file)

    assert (again.counts.unchanged, again.counts.inserted, again.counts.updated) == (2, 0, 0)
    assert world.rows("SELECT COUNT(*) FROM dim_campaigns") == [(2,)]


def test_a_row_that_changed_is_updated_and_columns_that_are_not_given_stay(
    world: ImportsWorld,
) -> None:
    world.bring("dim_campaigns", world.file("c.csv", CAMPAIGNS))

    done = world.bring("dim_campaigns", world.file("d.csv", "key,budget\nspring,9\nautumn,200\n"))

    assert (done.counts.updated, done.counts.unchanged) == (1, 1)
    assert world.rows("SELECT budget, owner FROM dim_campaigns WHERE campaign_key = 'spring'") == [
        (9.0, "Growth")
    ]


def test_a_trial_that_becomes_a_subscription_stays_one_row(world: ImportsWorld) -> None:
    head = "user_id,status,trial_start,started_at\n"
    world.bring("fct_subscriptions", world.file("a.csv", head + "u1,trialing,2026-01-01,\n"))

    world.bring(
        "fct_subscriptions", world.file("b.csv", head + "u1,active,2026-01-01,2026-01-15\n")
    )

    assert world.rows("SELECT status FROM fct_subscriptions") == [("active",)]


def test_two_rows_of_one_key_are_one_if_they_say_the_same(world: ImportsWorld) -> None:
    file = world.file("c.csv", "key,budget\na,1\na,1.0\na,2\n")

    done = world.bring("dim_campaigns", file)

    assert (done.counts.inserted, done.counts.repeated, done.counts.rejected) == (1, 1, 1)
    assert world.rejected() == [["4", "", "", "row 2 has the same key and says something else"]]


def test_a_dry_run_says_what_would_happen_and_changes_nothing(world: ImportsWorld) -> None:
    done = world.bring("dim_campaigns", world.file("c.csv", CAMPAIGNS), dry_run=True)

    assert (done.counts.inserted, done.dry_run) == (2, True)
    assert world.rows("SELECT COUNT(*) FROM dim_campaigns") == [(0,)]


def test_rejected_rows_of_an_earlier_time_are_gone_once_nothing_is_rejected(
    world: ImportsWorld,
) -> None:
    world.bring("dim_campaigns", world.file("c.csv", "key,budget\na,x\n"))
    assert world.rejected_file.exists()

    assert (
        world.bring("dim_campaigns", world.file("c.csv", "key,budget\na,1\n")).rejected_file is None
    )
    assert not world.rejected_file.exists()
