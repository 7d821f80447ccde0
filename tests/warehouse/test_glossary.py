"""Everything that may be named can be found by its words; personal data is not offered."""

from __future__ import annotations

from warehouse.catalog import load_catalog
from warehouse.glossary import glossary

CATALOG = load_catalog()
TERMS = glossary(CATALOG)


def test_every_event_trait_entity_audience_metric_channel_and_action_is_listed() -> None:
    listed = {(term.kind, term.name) for term in TERMS}

    for kind, section in {
        "event": CATALOG.events,
        "trait": CATALOG.traits,
        "entity": CATALOG.entities,
        "audience": CATALOG.audiences,
        "funnel": CATALOG.funnels,
        "metric": CATALOG.metrics,
        "channel": CATALOG.channels,
        "action": CATALOG.actions,
    }.items():
        assert {(kind, name) for name in section} <= listed
    assert ("property", "workout_completed.duration_seconds") in listed
    assert ("column", "dim_users.country") in listed


def test_personal_columns_are_not_listed() -> None:
    assert "dim_users.email" not in {term.name for term in TERMS}


def test_nothing_is_listed_twice_and_everything_says_what_it_is() -> None:
    keys = [(term.kind, term.name) for term in TERMS]

    assert len(keys) == len(set(keys))
    assert all(term.text.strip() for term in TERMS)


def test_a_term_carries_the_words_people_use_and_its_aliases() -> None:
    (checkout,) = [term for term in TERMS if term.name == "checkout_started"]

    assert "Also sent as plan_selected." in checkout.text
    assert "go to checkout" in checkout.text
