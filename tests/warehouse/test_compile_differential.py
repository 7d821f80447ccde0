"""A condition's SQL and its meaning, said twice, agree for every user of an untidy warehouse."""

from __future__ import annotations

from functools import cache

import duckdb
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.conditions import Condition
from tests.core.strategies import trees
from tests.warehouse.condition_strategies import CATALOG, LEAVES
from tests.warehouse.messy_world import AS_OF, load, messy_rows
from tests.warehouse.reference_evaluator import Reference
from warehouse.compile import compile_audience, compile_flags, validate
from warehouse.sqlcheck import CheckedQuery, check


@cache
def warehouse() -> duckdb.DuckDBPyConnection:
    return load(messy_rows())


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(trees(LEAVES), st.booleans())
def test_the_sql_of_a_condition_gives_what_the_condition_means(
    condition: Condition, check_flags: bool
) -> None:
    assume(not validate(condition, CATALOG))
    reference = Reference(messy_rows(), AS_OF)
    expected = {user: reference.truth(condition, user) for user in reference.users()}

    flags = compile_flags({"wanted": condition}, CATALOG, as_of=AS_OF)
    audience = compile_audience(condition, CATALOG, as_of=AS_OF)

    assert dict(warehouse().execute(flags).fetchall()) == expected
    meant = sorted(user for user, truth in expected.items() if truth)
    assert [user for (user,) in warehouse().execute(audience).fetchall()] == meant
    # The check takes longer than all the rest, so each example checks one of its two queries.
    checked = check(flags if check_flags else audience, CATALOG, role="system")
    assert isinstance(checked, CheckedQuery)
