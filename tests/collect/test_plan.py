"""The tracking plan and the catalog use the same names."""

from __future__ import annotations

from pathlib import Path

import pytest

from collect.plan import load_plan
from core.errors import Code, PilothouseError
from warehouse.catalog import load_catalog


def test_the_plan_and_the_catalog_list_the_same_events_under_the_same_names() -> None:
    planned, catalog = load_plan().events, load_catalog().events

    assert set(planned) == set(catalog)
    for name, event in catalog.items():
        assert set(planned[name].aliases) == set(event.aliases)
        types = {key: column.type for key, column in event.properties.items()}
        assert types.items() <= {key: p.type for key, p in planned[name].properties.items()}.items()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("version: 0\nevents: {}", "greater than or equal to 1"),
        ("version: 1\nevents: {a: {colour: red}}", "Extra inputs"),
        ("version: 1\nevents: {a: {aliases: {b: {}}}, b: {}}", "'b' means two events"),
        ("version: 1\nevents: {a: {aliases: {b: {x: y}}}}", "renames to unknown y"),
        ("version: 1\nevents: {a: {properties: {'x\"': {type: string}}}}", "quote"),
        ("version: [", "not valid"),
    ],
)
def test_a_plan_that_is_wrong_is_refused_with_its_reason(
    tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(text)

    with pytest.raises(PilothouseError, match=told) as refused:
        load_plan(file)

    assert refused.value.refusal.code is Code.SETTINGS_INVALID
