"""Who a draft would include or leave out, person by person, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from core.conditions import And, Attribute, InAudience, Op, Or
from core.errors import Code, PilothouseError
from core.masking import HIDDEN, Sight
from tests.ui import answers
from tests.ui.conftest import Visit, existing, proposed, shown
from ui.console.desk import Desk
from ui.console.sample import OF_EACH, Sampler, judge, sample
from warehouse.catalog import load_catalog
from warehouse.demo.generate import AS_OF, generate
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.runner import CheckedRunner

MOMENT = datetime(AS_OF.year, AS_OF.month, AS_OF.day)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouse]:
    """A small demo warehouse that this module only reads."""
    path = Path(tmp_path_factory.mktemp("sample")) / "warehouse.duckdb"
    made = DuckDBWarehouse(path, memory_limit_mb=512, must_exist=False)
    with made.cursor() as cursor:
        generate(cursor, users=2_000, days=30)
    yield made
    made.close()


@pytest.fixture
def sampler(warehouse: DuckDBWarehouse) -> Sampler:
    catalog = load_catalog()
    return Sampler(CheckedRunner(warehouse, catalog), catalog, lambda _key, _version: None, MOMENT)


def test_a_sample_has_people_on_both_sides_and_is_the_same_every_time(sampler: Sampler) -> None:
    first, again = (sample(answers.RULE, sampler) for _ in range(2))

    assert [one.included for one in first] == [True] * OF_EACH + [False] * OF_EACH
    assert first == again


def test_whoever_is_left_out_is_told_the_condition_that_fails(sampler: Sampler) -> None:
    outside = [one for one in sample(answers.RULE, sampler) if not one.included]

    assert all(one.reasons for one in outside)
    assert any("(has " in reason for one in outside for reason in one.reasons)


def test_a_combined_condition_and_an_audience_are_judged_too(sampler: Sampler) -> None:
    either = Or(of=(Attribute(column="country", value="DE"), answers.NO_OPEN_TICKETS))
    rule = answers.RULE.model_copy(
        update={"condition": And(of=(either, InAudience(key="trial_users")))}
    )

    assert {one.included for one in sample(rule, sampler)} == {True, False}


def test_nobody_by_that_id_is_a_refusal(sampler: Sampler) -> None:
    with pytest.raises(PilothouseError) as refused:
        judge(answers.RULE, ["nobody"], sampler)

    assert refused.value.refusal.code is Code.UNKNOWN_USER


def test_whoever_is_limited_to_a_country_is_shown_nobody_else(
    sampler: Sampler, warehouse: DuckDBWarehouse
) -> None:
    limited = sampler._replace(sight=Sight(limits={"country": ("US", "IN")}))
    query = "SELECT user_id, country IN ('US', 'IN') FROM dim_users ORDER BY user_id"
    theirs = dict(warehouse.fetch(query).rows)

    found = sample(answers.RULE, limited)

    assert found
    assert all(theirs[one.user_id] for one in found)
    outside = next(user for user, seen in theirs.items() if not seen)
    with pytest.raises(PilothouseError) as refused:
        judge(answers.RULE, [outside], limited)
    assert refused.value.refusal.code is Code.UNKNOWN_USER


def test_what_was_read_of_a_personal_column_is_shown_to_nobody(
    sampler: Sampler, warehouse: DuckDBWarehouse
) -> None:
    query = "SELECT user_id, email FROM dim_users WHERE email IS NOT NULL ORDER BY 1 LIMIT 1"
    ((user, address),) = warehouse.fetch(query).rows
    rule = answers.RULE.model_copy(
        update={"condition": Attribute(column="email", op=Op.NE, value="nobody")}
    )

    (judged,) = judge(rule, [user], sampler)

    told = " ".join(judged.reasons)
    assert address not in told
    assert not judged.included or HIDDEN in told


def test_an_approver_checks_one_person_on_the_card(
    visit: Visit,
    office: Desk,
    warehouse: DuckDBWarehouse,
    sampler: Sampler,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(office.workspace, "warehouse", warehouse, raising=False)
    monkeypatch.setattr(office.workspace, "as_of", lambda: MOMENT)
    request_id = proposed(office)
    page = visit("pavel@demo")
    page.query_params["request"] = request_id
    page.switch_page("../pages/approvals.py").run()

    page.text_input(key=f"user_{request_id}").set_value("nobody")
    page.button(key=f"check_{request_id}").click().run()
    assert "knows nobody by that id" in shown(page)

    page.button(key=f"sample_{request_id}").click().run()
    people = page.table[-1].value
    assert len(people) == 2 * OF_EACH
    assert existing(people["User"].iloc[0]).startswith("u")
